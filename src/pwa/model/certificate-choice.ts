// A relying party wants to know with which certificate the person will sign: no PIN, but the person's word. After a device link the
// signature itself follows, and is waited for here.
import { confirmCertificateChoice, stopWaiting as stopWaitingForIt } from "../../authenticator/transactions.ts";
import { reached } from "../reached.ts";
import { choiceConfirmed, consequenceOf, outcome } from "./consequence.ts";
import { end, failureOf } from "./fate.ts";
import { follow, goHome, inBackground, keepAsking, type Model } from "./model.ts";
import type { KeyState, Screen } from "./state.ts";

/** How often the server is asked besides the live channel, which may be away. */
const ASK_EVERY_MS = 4000;

export async function confirmChoice(model: Model): Promise<void> {
  const { store, accounts, attempts, windows } = model;
  const { screen } = store;
  if (screen.name !== "certificate-choice" || screen.busy) return;
  const { accountId, claimed } = screen;
  const { transactionId, relyingPartyName } = claimed;
  const attempted = { accountId, purpose: "sign", relyingPartyName } as const;
  store.stay({ name: "certificate-choice", accountId, claimed, busy: true });
  const here = store.visit();
  attempts.made(transactionId, attempted);
  windows.answering(transactionId);
  const confirmed = await reached(() => confirmCertificateChoice(accounts.client(accountId), transactionId));
  if (!confirmed.ok && confirmed.failure.code === "unreachable") attempts.lost(transactionId);
  if (!here()) return;
  const found = confirmed.ok
    ? choiceConfirmed(confirmed.value.awaits, attempted)
    : failureOf(model, transactionId, confirmed.failure, attempted);
  const consequence = end(model, transactionId, found);
  await follow(model, accountId, consequence, (problem = { kind: "failed" }) => {
    store.stay({ name: "certificate-choice", accountId, claimed, busy: false, problem });
    inBackground(keepAsking(model, accountId));
  });
  keepAskingWhileAwaiting(model);
  // Else it is asked for as soon as there is a server.
  if (consequence.kind !== "again") await accounts.refresh(accountId);
}

/** Also after a reload: from the account's state. */
export function showAwaiting(model: Model, accountId: string, relyingPartyName: string): void {
  const { store } = model;
  store.patch({ selected: accountId });
  store.go({ name: "awaiting", accountId, relyingPartyName, busy: false });
  keepAskingWhileAwaiting(model);
}

/** Until the screen is left: every answer may call it anew, and one loop is enough. */
export function keepAskingWhileAwaiting(model: Model): void {
  const { store, asking } = model;
  if (store.screen.name !== "awaiting") return;
  const { accountId } = store.screen;
  const wait = waitOf(accountId);
  if (asking.has(wait)) return;
  asking.add(wait);
  const asked = askWhileAwaiting(model, accountId).finally(() => {
    asking.delete(wait);
    // Left and come back to between two questions: nobody else asks for this visit.
    if (store.screen.name === "awaiting" && store.screen.accountId === accountId) keepAskingWhileAwaiting(model);
  });
  inBackground(asked);
}

/** What is heard finds its own way (`duringWait` in reactions.ts). */
async function askWhileAwaiting({ store, accounts }: Model, accountId: string): Promise<void> {
  for (const here = store.visit(); here();) {
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    if (here() && document.visibilityState === "visible") await accounts.refresh(accountId);
  }
}

export async function stopWaiting(model: Model): Promise<void> {
  const { store, accounts, waysBack } = model;
  const { screen } = store;
  if (screen.name !== "awaiting" || screen.busy) return;
  const { accountId, relyingPartyName } = screen;
  store.stay({ name: "awaiting", accountId, relyingPartyName, busy: true });
  const here = store.visit();
  const stopped = await reached(() => stopWaitingForIt(accounts.client(accountId)));
  if (!here()) return;
  const attempted = { accountId, purpose: "sign", relyingPartyName } as const;
  const consequence = stopped.ok ? outcome("waiting-stopped", attempted) : consequenceOf(stopped.failure, attempted);
  if (consequence.kind === "screen") return store.go(waysBack.fromWait(accountId, consequence.screen));
  await follow(model, accountId, consequence, (problem = { kind: "failed" }) =>
    store.stay({ name: "awaiting", accountId, relyingPartyName, busy: false, problem }),
  );
}

/** The relying party asked for nothing, in the time that it had; or another window of this browser stopped waiting. */
export function endOfWait(
  { waysBack }: Model,
  { accountId, relyingPartyName }: Screen & { name: "awaiting" },
  state: KeyState,
  before: KeyState | undefined,
): Screen | undefined {
  const until = before?.awaited?.until;
  if (until === undefined || state.now < until) return undefined;
  return waysBack.fromWait(accountId, { name: "outcome", outcome: "nothing-came", purpose: "sign", relyingPartyName });
}

/** In `leftAlone`: the person went away from the waiting. */
export const waitOf = (accountId: string): string => `awaited ${accountId}`;

/** Back home, where the request will appear all the same. */
export function leaveWaiting(model: Model, { accountId }: Screen & { name: "awaiting" }): void {
  model.leftAlone.add(waitOf(accountId));
  goHome(model);
}
