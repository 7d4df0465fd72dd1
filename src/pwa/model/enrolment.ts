// A new account: who the person is, two PINs, two keys, the application signed with PIN2. Each step follows from what the server says
// of the account, so that a reload at any of them goes on there; only the PINs are asked again, since they are nowhere.
import type { Purpose } from "../../account/purpose.ts";
import { assertIdentity, openAccount, type SelfAssertedIdentity } from "../../authenticator/enrolment.ts";
import type { Refusal } from "../../authenticator/server-connection.ts";
import { ServerUnreachable } from "../../authenticator/server-connection.ts";
import { claimTransaction, listTransactions } from "../../authenticator/transactions.ts";
import { failed, type Result } from "../../account/result.ts";
import type { ChannelFailure } from "../../authenticator/channel-client.ts";
import type { ClaimedTransaction } from "../../protocol/device-messages.ts";
import { server } from "../server.ts";
import { keepForGood } from "../storage/accounts.ts";
import { BrowserStorage } from "../storage/browser-storage.ts";
import { reached } from "../reached.ts";
import { consequenceOf } from "./consequence.ts";
import { enrolmentStep } from "./enrolment-step.ts";
import { enrollingAccount, enrolmentOver, follow, goHome, inBackground, isActive, keepAsking, type Model } from "./model.ts";
import type { IdentityForm, KeyState, Problem } from "./state.ts";
import { EMPTY_PIN } from "./store.ts";

const ISSUING_PAUSE_MS = 1_000;

/** A channel that was given up, or that another identity has taken: a new one is opened for this person. */
const CHANNEL_OF_NO_USE: readonly number[] = [404, 409];

/** Goes on with the enrolment that there is, or begins one. */
export async function startEnrolment(model: Model): Promise<void> {
  const enrolling = enrollingAccount(model);
  if (enrolling === undefined) return model.store.go({ name: "identity", busy: false });
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
  keepForGood().catch(() => false);
  try {
    const id = enrollingAccount(model)?.id ?? crypto.randomUUID();
    const refusal = await proveIdentity(model, id, identityOf(form));
    if (refusal !== undefined) return stay(refusal);
    await model.accounts.load();
    model.stated = { accountId: id, dateOfBirth: form.dateOfBirth };
    if (!here()) return;
    store.patch({ selected: id });
    choosePin(model, "auth");
  } catch (error) {
    if (!(error instanceof ServerUnreachable)) throw error;
    stay({ kind: "unreachable" });
  }
}

async function proveIdentity(model: Model, id: string, identity: SelfAssertedIdentity): Promise<Problem | undefined> {
  const storage = new BrowserStorage(id);
  const isNew = (await storage.read()) === undefined;
  if (isNew && !(await openChannel(model, id))) return { kind: "failed" };
  let refusal = await assertIdentity(server, storage, identity);
  if (!isNew && refusal !== undefined && CHANNEL_OF_NO_USE.includes(refusal.status)) {
    if (!(await openChannel(model, id))) return { kind: "failed" };
    refusal = await assertIdentity(server, storage, identity);
  }
  return refusal && { kind: "refused", detail: wordsOf(refusal) };
}

/** False where the server's signature on the handshake is wrong. */
async function openChannel(model: Model, id: string): Promise<boolean> {
  const opened = await openAccount(server, new BrowserStorage(id));
  if (opened.ok && model.store.account(id) === undefined) await model.accounts.add(id);
  return opened.ok;
}

const wordsOf = ({ title, detail }: Refusal): string => (detail === "" ? title : detail);

function identityOf(form: IdentityForm): SelfAssertedIdentity {
  const { country, dateOfBirth, level } = form;
  const [givenName, surname, personalCode] = [form.givenName.trim(), form.surname.trim(), form.personalCode.trim().toUpperCase()];
  return { givenName, surname, country, personalCode, level, ...(dateOfBirth !== "" && { dateOfBirth }) };
}

export function choosePin({ store }: Model, purpose: Purpose): void {
  store.go({ name: "choose-pin", purpose, stage: "choose", pin: EMPTY_PIN });
}

/** From where the server says that the account is. The screen is `starting`, or the one of the step before. */
export async function continueEnrolment(model: Model, id: string, state: KeyState, attemptsLeft?: number): Promise<void> {
  const { store } = model;
  switch (enrolmentStep(state, store.account(id)?.owner)) {
    case "identity":
      return store.go({ name: "identity", busy: false });
    case "choose-pins":
      return choosePin(model, "auth");
    case "application":
      return showApplication(model, id, attemptsLeft);
    case "issuing":
      return awaitCertificates(model, id);
    case "active":
      return store.go({ name: "outcome", outcome: "account-active" });
    case "closed":
      return goHome(model);
  }
}

async function showApplication(model: Model, id: string, attemptsLeft: number | undefined): Promise<void> {
  const { store } = model;
  const here = store.visit();
  const claimed = await reached(() => claimApplication(model, id));
  if (!here()) return;
  if (claimed.ok) {
    if (claimed.value.kind !== "application") return store.go({ name: "outcome", outcome: "failed" });
    const pin = { ...EMPTY_PIN, ...(attemptsLeft !== undefined && { attemptsLeft }) };
    return store.go({ name: "application", application: claimed.value, pin });
  }
  // Without PIN2 there is no application, and the server gives the enrolment up sooner than the lock ends.
  if (["pin_locked", "pin_dead", "unknown_channel"].includes(claimed.failure.code)) return enrolmentOver(model, id);
  const again = (): void => inBackground(keepAsking(model, id));
  await follow(model, id, consequenceOf(claimed.failure, { accountId: id, purpose: "sign" }), again);
}

async function claimApplication(model: Model, id: string): Promise<Result<ClaimedTransaction, ChannelFailure>> {
  const client = model.accounts.client(id);
  const listed = await listTransactions(client);
  if (!listed.ok) return listed;
  // An application has no relying party.
  const application = listed.value.find(({ relyingPartyName }) => relyingPartyName === "");
  return application === undefined
    ? failed({ code: "no_such_transaction" })
    : claimTransaction(client, application.transactionId);
}

/** The certificates come with the answer; where that failed, the server repeats it after two seconds. */
export async function awaitCertificates(model: Model, id: string): Promise<void> {
  const here = model.store.visit();
  const isPending = (): boolean => {
    const account = model.store.account(id);
    return here() && account !== undefined && !isActive(account) && account.state?.status !== "closed";
  };
  // When it is active, whoever hears of it shows that.
  for (let first = true; isPending(); first = false) {
    if (!first) await new Promise((resolve) => setTimeout(resolve, ISSUING_PAUSE_MS));
    if (isPending()) await model.accounts.refresh(id);
  }
}
