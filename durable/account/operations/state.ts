// What an account says of itself to its device, and how its owner closes it, for good or because another one took its place.
import { renewalStart } from "../../../src/account/account-life.ts";
import { lockoutStatus } from "../../../src/account/lockout.ts";
import { isAtLeast, type Purpose, PURPOSES, SUITES } from "../../../src/account/purpose.ts";
import type { AnswerBody, PinState, RequestBody } from "../../../src/protocol/device-messages.ts";
import { type AccountContext, done, type OperationHandler, refusal } from "../account-context.ts";
import { closeAccount } from "../closing.ts";
import { MAXIMUM_WRONG_ANSWERS } from "./clone-challenge.ts";

export const getKeyState: OperationHandler<RequestBody<"getKeyState">> =
  (context, { renewal, newAccounts }) =>
  (now) => {
    const account = context.account.account();
    if (account === undefined) throw new Error("an account without a row");
    const active = account.status === "active";
    const watch = context.cloneWatch.read();
    // What a device reads needs no push any more.
    context.notices.settlePushes();
    const body: AnswerBody<"getKeyState"> = {
      status: account.status,
      closedReason: account.closedReason,
      documentNumber: account.documentNumber,
      level: account.identity?.level ?? "",
      now,
      expiresAt: active ? account.expiresAt : 0,
      ...(renewal === true && { renewFrom: active ? renewalStart(account) : 0 }),
      pins: { auth: pinState(context, "auth", now), sign: pinState(context, "sign", now) },
      suites: [...context.suites],
      keys: standingKeys(context),
      reKey: reKeyState(context, now),
      outOfStep: {
        count: watch.outOfStep,
        lastAt: watch.lastAt,
        unansweredForGood: watch.wrongAnswers >= MAXIMUM_WRONG_ANSWERS,
      },
      pushEndpointHash: context.push.read()?.endpointHash ?? "",
      notices: context.notices.undismissed().filter(({ kind }) => newAccounts === true || kind !== "new_account"),
      awaited: awaitedSignature(context, now),
    };
    return done(body);
  };

const standingKeys = ({ keys }: AccountContext): AnswerBody<"getKeyState">["keys"] =>
  PURPOSES.flatMap((purpose) => SUITES.map((suite) => keys.current(purpose, suite)))
    .filter((key) => key !== undefined)
    .map(({ purpose, suite, keyVersion }) => ({ purpose, suite, keyVersion }));

function reKeyState({ reKeys }: AccountContext, now: number): AnswerBody<"getKeyState">["reKey"] {
  const underWay = reKeys.read();
  if (underWay === undefined || underWay.state === "asked") return null;
  const { purpose, change, suites, state, until } = underWay;
  if (state === "allowed" && now >= until) return null;
  return { purpose, change, suites: [...suites], state, until: state === "allowed" ? until : 0 };
}

function awaitedSignature({ awaited }: AccountContext, now: number): AnswerBody<"getKeyState">["awaited"] {
  const waiting = awaited.read();
  if (waiting === undefined || waiting.stopped || now >= waiting.until) return null;
  return { relyingPartyName: waiting.relyingPartyName, until: waiting.until };
}

export const revokeKey: OperationHandler<RequestBody<"revokeKey">> = async (context, { successor: wanted }) => {
  const successor = wanted === undefined ? undefined : await successorOf(context, wanted);
  return (now) => {
    if (wanted !== undefined && successor === undefined) return refusal({ code: "unacceptable_successor" });
    closeAccount(context, successor === undefined ? "owner" : "renewed", now, successor === undefined ? {} : { successor });
    return done({ closed: true });
  };
};

/**
 * Handle of a newer account of the same person, of no lower level, that relying parties find now and that can be used. Newer, because of
 * two that name each other at the same time one is to stay.
 */
async function successorOf(context: AccountContext, wanted: string): Promise<string | undefined> {
  const { identity } = context.account.account() ?? {};
  if (identity === undefined) return undefined;
  const { PERSONS, ACCOUNTS } = context.environment;
  const accounts = await PERSONS.get(PERSONS.idFromName(identity.semanticsIdentifier)).accounts();
  const own = accounts.findIndex(({ handle }) => handle === context.handle);
  const found = own === -1 ? undefined : accounts.slice(own + 1).find(({ documentNumber }) => documentNumber === wanted);
  if (found === undefined || !isAtLeast(found.level, identity.level)) return undefined;
  const details = await ACCOUNTS.get(ACCOUNTS.idFromString(found.handle)).describe();
  const isUsable = details?.status === "active" && PURPOSES.every((purpose) => details.pins[purpose].state !== "dead");
  return isUsable ? found.handle : undefined;
}

function pinState(context: AccountContext, purpose: Purpose, now: number): PinState {
  const status = lockoutStatus(context.account.lockout(purpose), now);
  return {
    state: status.state,
    attemptsLeft: status.state === "usable" ? status.attemptsLeft : 0,
    lockedUntil: status.state === "locked" ? status.until : 0,
  };
}
