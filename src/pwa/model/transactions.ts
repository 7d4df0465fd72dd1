// A relying party's request: claimed for this device, shown, and refused or passed on to its PIN. What is signed is decided by the
// engine from what is shown here.
import { claimTransaction, presentation } from "../../authenticator/transactions.ts";
import type { ClaimedTransaction } from "../../protocol/device-messages.ts";
import { reached } from "../reached.ts";
import { choicesFor } from "./code-choice.ts";
import { outcome } from "./consequence.ts";
import { attemptedOf, attemptsLeftAfter, ended, failureOf, fateOf } from "./fate.ts";
import { follow, type Model } from "./model.ts";
import { refuseOn, tellRefusal } from "./refusals.ts";
import { type AnswerScreen, EMPTY_PIN, isAnswering, isBusy } from "./store.ts";

/** `at` the PIN: its text was read before an attempt that was cut off, and the PIN is asked again at once. */
export async function openTransaction(
  model: Model,
  accountId: string,
  transactionId: string,
  at: "request" | "pin" = "request",
): Promise<void> {
  const { store, accounts } = model;
  const attempted = attemptedOf(model, accountId, transactionId);
  const fate = fateOf(model, transactionId, attempted);
  store.patch({ selected: accountId });
  if (fate?.kind === "screen") {
    ended(model, transactionId);
    return store.go(fate.screen);
  }
  store.go({ name: "home", check: "checking" });
  const refusal = model.refusals.get(transactionId);
  if (refusal !== undefined) return tellRefusal(model, transactionId, refusal, attempted);
  const here = store.visit();
  const isEarly = isBeforeItsTime(model, accountId, transactionId);
  model.opening = transactionId;
  const claimed = await reached(() => claimTransaction(accounts.client(accountId), transactionId)).finally(() => {
    model.opening = undefined;
  });
  if (!here()) return;
  if (claimed.ok) return show(model, accountId, claimed.value, at);
  const failure = failureOf(model, transactionId, claimed.failure, attempted);
  const isGone = failure.kind === "screen" && failure.screen.name === "outcome" && failure.screen.outcome === "timed-out";
  const consequence = isGone && isEarly() ? outcome("answered-elsewhere", attempted) : failure;
  if (consequence.kind === "screen") ended(model, transactionId);
  await follow(model, accountId, consequence, () => store.go({ name: "home", check: "unreachable" }));
}

/** A request that is gone before its time was answered in another window or on another device. */
function isBeforeItsTime({ store }: Model, accountId: string, transactionId: string): () => boolean {
  const listed = store.account(accountId)?.waiting.find((waiting) => waiting.transactionId === transactionId);
  return () => listed !== undefined && Date.now() + (store.account(accountId)?.clockSkew ?? 0) < listed.expiresAt;
}

async function show(model: Model, accountId: string, claimed: ClaimedTransaction, at: "request" | "pin"): Promise<void> {
  const { store, accounts } = model;
  const { transactionId, purpose } = claimed;
  const shown = presentation(claimed);
  if (shown === undefined) {
    ended(model, transactionId);
    return store.go({ name: "outcome", outcome: "not-presentable", purpose });
  }
  const here = store.visit();
  const record = await accounts.client(accountId).storage.read();
  if (!here() || record === undefined) return;
  const codes = choicesFor(record, transactionId, shown);
  const request: Request = { accountId, claimed, shown, ...(codes !== undefined && { codes }) };
  if (at === "pin") askForPin(model, request);
  else store.go({ name: "transaction", ...request, busy: false });
  endInTime(model, accountId, claimed);
}

type Request = Pick<AnswerScreen, "accountId" | "claimed" | "shown" | "codes">;

const requestOf = ({ accountId, claimed, shown, codes }: AnswerScreen): Request => ({
  accountId,
  claimed,
  shown,
  ...(codes !== undefined && { codes }),
});

/** Says in time that the time is over; an answer that is on its way is left to the server. */
function endInTime(model: Model, accountId: string, { transactionId, expiresAt, purpose }: ClaimedTransaction): void {
  const { store, attempts, leftAlone } = model;
  const skew = store.account(accountId)?.clockSkew ?? 0;
  const end = (): void => {
    const { screen } = store;
    if (!isAnswering(screen) || screen.claimed.transactionId !== transactionId || isBusy(screen)) return;
    const { relyingPartyName } = screen.shown;
    leftAlone.add(transactionId);
    const kind = attempts.isLost(transactionId) ? "interrupted" : "timed-out";
    store.go({ name: "outcome", outcome: kind, purpose, relyingPartyName });
  };
  setTimeout(end, Math.max(0, expiresAt - skew - Date.now()));
}

/** Back from the PIN to what it is for. */
export function backToRequest({ store }: Model): void {
  const { screen } = store;
  if (screen.name === "pin" && !isBusy(screen)) store.go({ name: "transaction", ...requestOf(screen), busy: false });
}

/** From what was shown to its PIN. Where there are codes, only by choosing the right one. */
export function proceed(model: Model): void {
  const { screen } = model.store;
  if (screen.name === "transaction" && screen.codes === undefined && !screen.busy) askForPin(model, requestOf(screen));
}

function askForPin(model: Model, request: Request): void {
  const attemptsLeft = attemptsLeftAfter(model, request.accountId, request.claimed.transactionId);
  const pin = { ...EMPTY_PIN, ...(attemptsLeft !== undefined && { attemptsLeft }) };
  model.store.go({ name: "pin", ...request, pin });
}

export async function chooseCode(model: Model, code: string): Promise<void> {
  const { screen } = model.store;
  if (screen.name !== "transaction" || screen.busy || screen.codes?.includes(code) !== true) return;
  if (code === screen.shown.verificationCode) askForPin(model, requestOf(screen));
  else await refuseOn(model, screen, "WRONG_VC");
}
