// A new account: who the person is, two PINs, their keys, the application signed with PIN2. Each step follows from what the server says
// of the account, so that a reload at any of them goes on there; only the PINs are asked again, since they are nowhere.
import type { Purpose } from "../../account/purpose.ts";
import { assertIdentity, openAccount, type SelfAssertedIdentity } from "../../authenticator/enrolment.ts";
import type { Refusal } from "../../authenticator/server-connection.ts";
import { ServerUnreachable } from "../../authenticator/server-connection.ts";
import { claimApplication, listTransactions } from "../../authenticator/transactions.ts";
import { failed, type Result, success } from "../../account/result.ts";
import type { ChannelFailure } from "../../authenticator/channel-client.ts";
import type { ClaimedTransaction } from "../../protocol/claimed-transaction.ts";
import { server } from "../server.ts";
import { BrowserStorage } from "../storage/browser-storage.ts";
import { reached } from "../reached.ts";
import { consequenceOf } from "./consequence.ts";
import { attemptsLeftAfter } from "./fate.ts";
import { enrolmentStep } from "./enrolment-step.ts";
import { askMethods, enrolmentOver } from "./identity-methods.ts";
import { enrollingAccount, follow, goHome, inBackground, keepAsking, type Model } from "./model.ts";
import type { IdentityForm } from "./person-actions.ts";
import type { IdentityRefusal, Problem } from "./screen-parts.ts";
import type { KeyState } from "./state.ts";
import { askToKeepStorage } from "./storage-keeping.ts";
import { EMPTY_PIN } from "./store.ts";

/** A channel that was given up, or that has an identity already: a new account is opened for this person. */
const [UNKNOWN, TAKEN] = [404, 409];
/** This deployment does not take the method, or not any more. */
const FORBIDDEN = 403;

/**
 * Goes on with the enrolment that there is, or begins one. `renews`: id of the account whose place it is to take. Without, the enrolment
 * takes nobody's place, whatever it was begun for.
 */
export async function startEnrolment(model: Model, renews?: string): Promise<void> {
  model.renewing = renews;
  const enrolling = enrollingAccount(model);
  if (enrolling !== undefined && enrolling.renews !== renews) await model.accounts.setOwn(enrolling.id, { renews });
  if (enrolling === undefined) return askMethods(model);
  model.store.patch({ selected: enrolling.id });
  model.store.go({ name: "starting" });
  await model.accounts.refresh(enrolling.id);
}

export async function submitIdentity(model: Model, form: IdentityForm): Promise<void> {
  const { store } = model;
  if (store.screen.name !== "identity" || store.screen.busy) return;
  store.stay({ name: "identity", busy: true });
  const here = store.visit();
  const stay = (problem: Problem): void => {
    if (here()) store.stay({ name: "identity", busy: false, problem });
  };
  // Now, because the person has just pressed a button; nothing waits for the answer.
  inBackground(askToKeepStorage(model));
  try {
    const proven = await proveIdentity(model, identityOf(form));
    if (!proven.ok) {
      const notTaken = proven.failure.kind === "refused";
      return notTaken && here() ? await askMethods(model, proven.failure) : stay(proven.failure);
    }
    const id = proven.value;
    await model.accounts.load();
    if (!here()) return;
    store.patch({ selected: id });
    choosePin(model, "auth");
  } catch (error) {
    if (!(error instanceof ServerUnreachable)) throw error;
    stay({ kind: "unreachable" });
  }
}

/** The account's id in this browser: of the enrolment that was begun, or of a new one. */
async function proveIdentity(model: Model, identity: SelfAssertedIdentity): Promise<Result<string, Problem>> {
  const { id: begun, renews = model.renewing } = enrollingAccount(model) ?? {};
  const storage = begun === undefined ? undefined : new BrowserStorage(begun);
  if (begun !== undefined && storage !== undefined && (await storage.read()) !== undefined) {
    const refusal = await assertIdentity(server, storage, identity);
    if (refusal === undefined) return success(begun);
    if (refusal.status !== UNKNOWN && refusal.status !== TAKEN) return failed(problemOf(refusal));
    await leaveBehind(model, begun, refusal.status === UNKNOWN);
  }
  return openWith(model, identity, renews);
}

/** Always under an id of its own: the record of another window's enrolment, keys and all, is never written over. */
async function openWith(
  model: Model,
  identity: SelfAssertedIdentity,
  renews: string | undefined,
): Promise<Result<string, Problem>> {
  const id = crypto.randomUUID();
  const storage = new BrowserStorage(id);
  // The server's signature on the handshake is wrong.
  if (!(await openAccount(server, storage)).ok) return failed({ kind: "failed" });
  await model.accounts.add(id, renews);
  const refusal = await assertIdentity(server, storage, identity);
  return refusal === undefined ? success(id) : failed(problemOf(refusal));
}

/** Forgotten where nobody can go on with it. Another window may have finished it meanwhile: then it stays, as what it is now. */
async function leaveBehind({ accounts }: Model, id: string, isUnknown: boolean): Promise<void> {
  const record = await new BrowserStorage(id).read();
  const isOfNoUse = isUnknown || record?.owner === undefined;
  if (isOfNoUse && (record?.keys ?? []).length === 0) await accounts.forget(id);
  else await accounts.refresh(id);
}

const IDENTITY_REFUSALS: readonly IdentityRefusal[] = [
  "personalCode-malformed",
  "personalCode-no_such_date",
  "personalCode-wrong_check_digit",
  "personalCode-no_such_birth",
  "dateOfBirth-no_such_birth",
  "dateOfBirth-contradiction",
];

/** Whatever else it is that the server does not like about a field. */
const OF_FIELD: Readonly<Record<string, IdentityRefusal>> = {
  "#/givenName": "name",
  "#/surname": "name",
  "#/personalCode": "personalCode-malformed",
  "#/dateOfBirth": "dateOfBirth-no_such_birth",
};

/** The server's own sentence is English, and written for programmers: what happened is said in the person's language instead. */
function problemOf({ status, error }: Refusal): Problem {
  if (status === FORBIDDEN) return { kind: "refused" };
  const pointer = error?.pointer ?? "";
  const reason =
    IDENTITY_REFUSALS.find((known) => known === `${pointer.slice("#/".length)}-${error?.code}`) ??
    (Object.hasOwn(OF_FIELD, pointer) ? OF_FIELD[pointer] : undefined);
  return reason === undefined ? { kind: "failed" } : { kind: "identity-refused", reason };
}

function identityOf(form: IdentityForm): SelfAssertedIdentity {
  const { country, dateOfBirth, level } = form;
  const [givenName, surname, personalCode] = [form.givenName.trim(), form.surname.trim(), form.personalCode.trim().toUpperCase()];
  return { givenName, surname, country, personalCode, level, ...(dateOfBirth !== "" && { dateOfBirth }) };
}

/** From PIN1 on: what was chosen before is overwritten. */
export function choosePin({ store }: Model, purpose: Purpose, problem?: Problem): void {
  if (purpose === "auth") store.chosen.clear();
  else store.chosen.forget(purpose);
  store.go({ name: "choose-pin", purpose, stage: "choose", pin: EMPTY_PIN, ...(problem && { problem }) });
}

/** From where the server says that the account is. The screen is `starting`, or the one of the step before. */
export async function continueEnrolment(model: Model, id: string, state: KeyState): Promise<void> {
  const { store } = model;
  switch (enrolmentStep(state, store.account(id)?.owner)) {
    case "identity":
      return askMethods(model);
    case "choose-pins":
      return choosePin(model, "auth");
    case "application":
      return showApplication(model, id);
    case "issuing":
      return keepAsking(model, id);
    case "active":
      return store.go({ name: "outcome", outcome: "account-active" });
    case "closed":
      return goHome(model);
  }
}

async function showApplication(model: Model, id: string): Promise<void> {
  const { store } = model;
  const here = store.visit();
  const claimed = await reached(() => claimWaitingApplication(model, id));
  if (!here()) return;
  if (claimed.ok) {
    if (claimed.value.kind !== "application") return store.go({ name: "outcome", outcome: "failed" });
    const attemptsLeft = attemptsLeftAfter(model, id, claimed.value.transactionId);
    const pin = { ...EMPTY_PIN, ...(attemptsLeft !== undefined && { attemptsLeft }) };
    return store.go({ name: "application", application: claimed.value, pin });
  }
  // Without PIN2 there is no application, and the server gives the enrolment up sooner than the lock ends.
  if (["pin_locked", "pin_dead", "unknown_channel"].includes(claimed.failure.code)) return enrolmentOver(model, id);
  const again = (): void => inBackground(keepAsking(model, id));
  await follow(model, id, consequenceOf(claimed.failure, { accountId: id, purpose: "sign" }), again);
}

async function claimWaitingApplication(model: Model, id: string): Promise<Result<ClaimedTransaction, ChannelFailure>> {
  const client = model.accounts.client(id);
  const listed = await listTransactions(client);
  if (!listed.ok) return listed;
  // An application has no relying party.
  const application = listed.value.find(({ relyingPartyName }) => relyingPartyName === "");
  return application === undefined
    ? failed({ code: "no_such_transaction" })
    : claimApplication(client, application.transactionId);
}
