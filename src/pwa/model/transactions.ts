// A relying party's request: claimed for this device, shown, and refused or passed on to its PIN. What is signed is decided by the
// engine from what is shown here.
import {
  claimTransaction,
  type ListedTransaction,
  type Presentation,
  presentation,
  type Refusal,
  refuseTransaction,
} from "../../authenticator/transactions.ts";
import { codeChoices } from "../../authenticator/verification-code-choice.ts";
import type { ClaimedTransaction } from "../../protocol/device-messages.ts";
import { reached } from "../reached.ts";
import { consequenceOf, outcome } from "./consequence.ts";
import { follow, inBackground, type Model } from "./model.ts";
import type { Screen } from "./state.ts";
import { EMPTY_PIN } from "./store.ts";

type TransactionScreen = Extract<Screen, { name: "transaction" }>;
type AnswerScreen = TransactionScreen | Extract<Screen, { name: "pin" }>;

/** `atPin`: its text was read before a reload, and the PIN is asked again at once. */
export async function openTransaction(
  model: Model,
  accountId: string,
  transactionId: string,
  atPin?: { readonly attemptsLeft?: number },
): Promise<void> {
  const { store, accounts } = model;
  const listed = store.account(accountId)?.waiting.find((waiting) => waiting.transactionId === transactionId);
  store.patch({ selected: accountId });
  store.go({ name: "home", check: "checking" });
  const here = store.visit();
  model.opening = transactionId;
  const claimed = await reached(() => claimTransaction(accounts.client(accountId), transactionId)).finally(() => {
    model.opening = undefined;
  });
  if (!here()) return;
  if (claimed.ok) return show(model, accountId, claimed.value, atPin);
  const attempted = { accountId, ...(listed && { purpose: listed.purpose, relyingPartyName: listed.relyingPartyName }) };
  const consequence = isTakenElsewhere(claimed.failure, listed, store.account(accountId)?.clockSkew)
    ? outcome("answered-elsewhere", attempted)
    : consequenceOf(claimed.failure, attempted);
  if (consequence.kind === "screen") model.leftAlone.add(transactionId);
  await follow(model, accountId, consequence, () => store.go({ name: "home", check: "unreachable" }));
}

/** A request that is gone before its time was withdrawn because another device has it. */
const isTakenElsewhere = ({ code }: { readonly code: string }, listed: ListedTransaction | undefined, skew = 0): boolean =>
  code === "no_such_transaction" && listed !== undefined && Date.now() + skew < listed.expiresAt;

function show(
  model: Model,
  accountId: string,
  claimed: ClaimedTransaction,
  atPin: { readonly attemptsLeft?: number } | undefined,
): void {
  const { store, codes } = model;
  const shown = presentation(claimed);
  if (shown === undefined) return store.go({ name: "outcome", outcome: "not-presentable", purpose: claimed.purpose });
  if (atPin !== undefined) store.go({ name: "pin", accountId, claimed, shown, pin: { ...EMPTY_PIN, ...atPin } });
  else store.go({ name: "transaction", accountId, claimed, shown, busy: false, ...choicesFor(codes, claimed, shown) });
  endInTime(model, accountId, claimed);
}

/** Drawn once for a request, however often it is opened. */
function choicesFor(
  drawn: Model["codes"],
  { transactionId }: ClaimedTransaction,
  { interaction, verificationCode }: Presentation,
): { readonly codes?: readonly string[] } {
  if (interaction !== "confirmationMessageAndVerificationCodeChoice") return {};
  const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
  const codes = drawn.get(transactionId) ?? codeChoices(verificationCode, random);
  drawn.set(transactionId, codes);
  return { codes };
}

/** Says in time that the time is over; an answer that is on its way is left to the server. */
function endInTime(
  { store, leftAlone }: Model,
  accountId: string,
  { transactionId, expiresAt, purpose }: ClaimedTransaction,
): void {
  const skew = store.account(accountId)?.clockSkew ?? 0;
  const end = (): void => {
    const { screen } = store;
    if (!isAnswering(screen) || screen.claimed.transactionId !== transactionId || isBusy(screen)) return;
    const { relyingPartyName } = screen.shown;
    leftAlone.add(transactionId);
    store.go({ name: "outcome", outcome: "timed-out", purpose, relyingPartyName });
  };
  setTimeout(end, Math.max(0, expiresAt - skew - Date.now()));
}

/** Back from the PIN to what it is for. */
export function backToRequest({ store, codes }: Model): void {
  const { screen } = store;
  if (screen.name !== "pin" || isBusy(screen)) return;
  const { accountId, claimed, shown } = screen;
  const drawn = codes.get(claimed.transactionId);
  store.go({ name: "transaction", accountId, claimed, shown, busy: false, ...(drawn !== undefined && { codes: drawn }) });
}

export const isAnswering = (screen: Screen): screen is AnswerScreen => screen.name === "transaction" || screen.name === "pin";

export const isBusy = (screen: Screen): boolean =>
  ("busy" in screen && screen.busy) || ("pin" in screen && screen.pin.state === "working");

/** From what was shown to its PIN. Where there are codes, only by choosing the right one. */
export function proceed({ store }: Model): void {
  const { screen } = store;
  if (screen.name === "transaction" && screen.codes === undefined && !screen.busy) askForPin(store, screen);
}

function askForPin(store: Model["store"], { accountId, claimed, shown }: TransactionScreen): void {
  store.go({ name: "pin", accountId, claimed, shown, pin: EMPTY_PIN });
}

export async function chooseCode(model: Model, code: string): Promise<void> {
  const { screen } = model.store;
  if (screen.name !== "transaction" || screen.busy || screen.codes?.includes(code) !== true) return;
  if (code === screen.shown.verificationCode) askForPin(model.store, screen);
  else await sendRefusal(model, screen, "WRONG_VC");
}

export async function refuse(model: Model): Promise<void> {
  const { screen } = model.store;
  if (isAnswering(screen) && !isBusy(screen)) await sendRefusal(model, screen, refusalOn(screen));
}

/** A confirmation is refused on a screen of its own; on that of a PIN it is the whole request. */
const refusalOn = ({ name, shown }: AnswerScreen): Refusal =>
  name === "transaction" && shown.interaction !== "displayTextAndPIN" ? "USER_REFUSED_INTERACTION" : "USER_REFUSED";

async function sendRefusal(model: Model, screen: AnswerScreen, refusal: Refusal): Promise<void> {
  const { store, accounts } = model;
  const { accountId, claimed, shown } = screen;
  const { transactionId, purpose } = claimed;
  // Also from the PIN: its digits are overwritten first.
  if (screen.name === "transaction") store.stay({ ...screen, busy: true });
  else store.go({ name: "transaction", accountId, claimed, shown, busy: true });
  const here = store.visit();
  const refused = await reached(() => refuseTransaction(accounts.client(accountId), transactionId, refusal));
  if (!here()) return;
  const attempted = { accountId, purpose, relyingPartyName: shown.relyingPartyName };
  // What is known to wait is older than this.
  model.leftAlone.add(transactionId);
  // A wrong choice stays one: without a network it is told later, and the codes are not shown again.
  if (!refused.ok && refused.failure.code === "unreachable") model.refusals.set(transactionId, refusal);
  // An earlier attempt with the PIN may have arrived after all.
  const overtaken = accounts.takeSettled(accountId);
  const unreachable = (): void => store.go({ name: "home", check: "unreachable" });
  if (refused.ok) {
    const kind = refusal === "WRONG_VC" ? "wrong-code" : "refused";
    store.go({ name: "outcome", outcome: kind, purpose, relyingPartyName: shown.relyingPartyName });
  } else if (overtaken?.outcome.ok === true) await follow(model, accountId, outcome("confirmed", attempted), unreachable);
  else await follow(model, accountId, consequenceOf(refused.failure, attempted), unreachable);
  await accounts.refresh(accountId);
}

/** Tells what could not be told when the person refused. */
export async function resendRefusals({ store, accounts, refusals }: Model, accountId: string): Promise<void> {
  for (const { transactionId } of store.account(accountId)?.waiting ?? []) {
    const refusal = refusals.get(transactionId);
    if (refusal === undefined) continue;
    const refused = await reached(() => refuseTransaction(accounts.client(accountId), transactionId, refusal));
    if (refused.ok || refused.failure.code !== "unreachable") refusals.delete(transactionId);
  }
}

/** The first request that waits for any of the accounts and that nobody went away from. */
export function openNext(model: Model): void {
  // Claiming takes a request from the person's other devices: only what is looked at does that.
  if (document.visibilityState !== "visible" || model.opening !== undefined) return;
  for (const { id, waiting } of model.store.state.accounts) {
    const next = waiting.find(({ transactionId }) => !model.leftAlone.has(transactionId) && !model.refusals.has(transactionId));
    if (next !== undefined) return inBackground(openTransaction(model, id, next.transactionId));
  }
}
