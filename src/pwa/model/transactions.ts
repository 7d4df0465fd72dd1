// A relying party's request: claimed for this device, shown, and refused or passed on to its PIN. What is signed is decided by the
// engine from what is shown here.
import { presentation } from "../../authenticator/presentation.ts";
import { claimTransaction } from "../../authenticator/transactions.ts";
import type { ClaimedTransaction } from "../../protocol/claimed-transaction.ts";
import { reached } from "../reached.ts";
import { choicesFor, EMPTY_CODE, isChoice, TRIES, typingFor } from "./code-choice.ts";
import { attemptedOf, attemptsLeftAfter, end, ended, failureOf, fateOf, isBeforeItsTime } from "./fate.ts";
import { endInTime } from "./in-time.ts";
import { follow, inBackground, type Model } from "./model.ts";
import { isAsPractised } from "./practising.ts";
import { refuseOn, tellNotPresentable, tellRefusal } from "./refusals.ts";
import type { Screen } from "./state.ts";
import { EMPTY_PIN, isBusy } from "./store.ts";

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
    return store.go(ended(model, transactionId, fate.screen));
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
  if (claimed.ok) return showClaimed(model, accountId, claimed.value, at);
  const consequence = end(model, transactionId, failureOf(model, transactionId, claimed.failure, attempted, isEarly()));
  await follow(model, accountId, consequence, () => store.go({ name: "home", check: "unreachable" }));
}

/** What was claimed, by its id or by a link. */
export async function showClaimed(
  model: Model,
  accountId: string,
  claimed: ClaimedTransaction,
  at: "request" | "pin" = "request",
): Promise<void> {
  const { store, accounts, waysBack } = model;
  const { transactionId, purpose } = claimed;
  const here = store.visit();
  const record = await accounts.client(accountId).storage.read();
  if (!here() || record === undefined) return;
  const notPresentable = (): void => {
    store.go(ended(model, transactionId, { name: "outcome", outcome: "not-presentable", purpose }));
    inBackground(tellNotPresentable(model, accountId, transactionId));
  };
  if (!isAsPractised(model, claimed)) return notPresentable();
  waysBack.remember(record, accountId, claimed);
  if (claimed.kind === "certificate-choice") {
    store.go({ name: "certificate-choice", accountId, claimed, busy: false });
    return endInTime(model, accountId, claimed);
  }
  const shown = presentation(claimed);
  if (shown === undefined || claimed.kind === "application") return notPresentable();
  const codes = choicesFor(record, transactionId, shown);
  const typing = typingFor(store.account(accountId), shown);
  const request: Request = {
    accountId,
    claimed,
    shown,
    ...(typing !== undefined ? { typing } : codes !== undefined && { codes }),
  };
  if (at === "pin") askForPin(model, request);
  else store.go({ name: "transaction", ...request, busy: false });
  endInTime(model, accountId, claimed);
}

type RequestScreen = Extract<Screen, { readonly name: "transaction" | "pin" }>;
type Request = Pick<RequestScreen, "accountId" | "claimed" | "shown" | "codes" | "typing">;

/** Codes that were typed are not typed already on the way back. */
const requestOf = ({ accountId, claimed, shown, codes, typing }: RequestScreen): Request => ({
  accountId,
  claimed,
  shown,
  ...(codes !== undefined && { codes }),
  ...(typing !== undefined && { typing: EMPTY_CODE }),
});

/** Back from the PIN to what it is for. */
export function backToRequest({ store }: Model): void {
  const { screen } = store;
  if (screen.name === "pin" && !isBusy(screen)) store.go({ name: "transaction", ...requestOf(screen), busy: false });
}

/** From what was shown to its PIN. Where there are codes, or one is typed, only by the right one. */
export function proceed(model: Model): void {
  const { screen } = model.store;
  if (screen.name !== "transaction" || screen.codes !== undefined || screen.typing !== undefined || screen.busy) return;
  askForPin(model, requestOf(screen));
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

/** Where three were to choose from, a wrong code ends the request, typed or not: a right one could be found by trying. */
export async function confirmCode(model: Model): Promise<void> {
  const { store, wrongCodes } = model;
  const { screen } = store;
  if (screen.name !== "transaction" || screen.busy || screen.typing === undefined) return;
  const { typing, shown, claimed } = screen;
  if (typing.digits.length !== shown.verificationCode.length) return;
  if (typing.digits === shown.verificationCode) return askForPin(model, requestOf(screen));
  if (isChoice(shown)) return refuseOn(model, screen, "WRONG_VC");
  const wrong = (wrongCodes.get(claimed.transactionId) ?? 0) + 1;
  wrongCodes.set(claimed.transactionId, wrong);
  // The server takes WRONG_VC only where there was a choice.
  if (wrong >= TRIES) return refuseOn(model, screen, "USER_REFUSED", "wrong-code");
  store.stay({ ...screen, typing: { digits: "", triesLeft: TRIES - wrong } });
}
