// What the person's history says, how the person says of an entry that it was not theirs, and whose notifications they refuse from then on.
// All of it is the Person object's, which is asked for the person of this account and nobody else.
import type { Disowning } from "../../../src/account/past-transaction.ts";
import type { RequestBody } from "../../../src/protocol/device-messages.ts";
import { type AccountContext, done, type OperationHandler, refusal } from "../account-context.ts";
import { record } from "../audit.ts";
import { recordRepeated } from "../repeated-events.ts";

export const getHistory: OperationHandler<RequestBody<"getHistory">> = async (context, { before, limit, accounts }) => {
  const page = await personOf(context).transactions(context.handle, limit, before, accounts);
  return () => done(page);
};

/** Asked of the Person object, said in the account's own commit: what is in the audit log is told until it is heard, and nothing else is. */
export const disown: OperationHandler<RequestBody<"disown">> = async (context, { id, refuseParty = false }) => {
  const past = await personOf(context).transaction(context.handle, id);
  return (now) => {
    if (past === undefined) return refusal({ code: "no_such_entry" });
    const { relyingPartyUUID: relyingParty, kind: transaction } = past;
    if (context.disowned.add(id, now))
      record(context, { kind: "transaction_disowned", detail: { relyingParty, transaction } }, now);
    const refusalOfParty = refuseParty ? { refusal: { id: crypto.randomUUID(), since: now } } : {};
    if (refuseParty) recordRepeated(context, { kind: "party_refused", detail: { relyingParty } }, now, relyingParty);
    context.outbox.post("disown", nameOf(context), { transactionId: id, ...refusalOfParty } satisfies Disowning);
    return done({ disowned: true });
  };
};

export const listRefusedParties: OperationHandler<RequestBody<"listRefusedParties">> = async (context) => {
  const parties = await personOf(context).refusedParties(context.handle);
  return () => done({ parties });
};

export const allowParty: OperationHandler<RequestBody<"allowParty">> = async (context, { party }) => {
  const relyingParty = await personOf(context).refusedParty(context.handle, party);
  return (now) => {
    if (relyingParty !== undefined) {
      recordRepeated(context, { kind: "party_allowed", detail: { relyingParty } }, now, relyingParty);
      context.outbox.post("allow", nameOf(context), party);
    }
    return done({ allowed: true });
  };
};

function personOf(context: AccountContext): ReturnType<AccountContext["environment"]["PERSONS"]["get"]> {
  const { PERSONS } = context.environment;
  return PERSONS.get(PERSONS.idFromName(nameOf(context)));
}

function nameOf({ account }: AccountContext): string {
  const person = account.account()?.identity?.semanticsIdentifier;
  if (person === undefined) throw new Error("an active account without an identity");
  return person;
}
