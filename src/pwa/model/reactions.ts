// What the server said of an account changes the screen where it concerns what the person is doing, and nothing else: whoever types a
// PIN or waits for an answer is left alone, and a request in front makes room only for its own end. Another tab, a push, the live
// channel, a look at the clock: all come through here.
import { tellUnderstood } from "./account-notices.ts";
import type { Refreshed } from "./accounts.ts";
import { endOfWait, keepAskingWhileAwaiting, waitOf } from "./certificate-choice.ts";
import { accountConsequence, closedReason, isTooOldFor } from "./consequence.ts";
import { duringChoice, openListed } from "./device-choice.ts";
import { continueEnrolment } from "./enrolment.ts";
import { attemptsLeftAfter, ended, endFromElsewhere, fateOf } from "./fate.ts";
import { enrolmentOver } from "./identity-methods.ts";
import { follow, goHome, inBackground, isActive, isEnrolling, keepAsking, type Model } from "./model.ts";
import { showNext } from "./next.ts";
import { whoseLink } from "./device-links.ts";
import { followPinChange } from "./pin-change-told.ts";
import { resendRefusals } from "./refusals.ts";
import { finishRenewal } from "./renewal.ts";
import type { OutcomeKind } from "./screen-parts.ts";
import type { KeyState, Screen } from "./state.ts";
import { type AnswerScreen, isAnswering, isBusy } from "./store.ts";

type Known = Extract<Refreshed, { kind: "known" }>;

export function react(model: Model, id: string, refreshed: Refreshed): void {
  switch (refreshed.kind) {
    case "unreachable":
      return withoutServer(model, id);
    case "failed":
      if (isTooOldFor(refreshed.failure)) model.store.patch({ tooOld: true });
      return inBackground(afterFailure(model, id, refreshed));
    case "known":
      if (model.store.state.tooOld) model.store.patch({ tooOld: false });
      return afterAnswer(model, id, refreshed);
  }
}

function withoutServer(model: Model, id: string): void {
  const { store } = model;
  const { screen } = store;
  if (store.state.selected !== id) return;
  // Signed: its certificates are asked for until there is an answer.
  if (screen.name === "application" && isBusy(screen)) return store.stay({ ...screen, problem: { kind: "unreachable" } });
  if (screen.name !== "starting") return;
  if (store.state.accounts.some(isActive)) return goHome(model, "unreachable");
  store.stay({ name: "starting", problem: { kind: "unreachable" } });
  inBackground(keepAsking(model, id));
}

async function afterFailure(model: Model, id: string, { failure }: Extract<Refreshed, { kind: "failed" }>): Promise<void> {
  const { store } = model;
  const account = store.account(id);
  if (account === undefined || !concerns(model, id) || isBusy(store.screen)) return;
  if (failure.code === "unknown_channel" && isEnrolling(account)) return enrolmentOver(model, id);
  if (store.screen.name === "challenge") return;
  const consequence = accountConsequence(failure, id);
  // That a question about the account went wrong is no end of a request.
  if (consequence.kind === "screen" && consequence.screen.name === "outcome" && store.screen.name !== "starting") return;
  await follow(model, id, consequence, () => undefined);
}

function afterAnswer(model: Model, id: string, known: Known): void {
  const { store } = model;
  const { state, before } = known;
  inBackground(resendRefusals(model, id));
  inBackground(tellUnderstood(model, id));
  inBackground(finishRenewal(model, id));
  followPinChange(model, id);
  // The last step of an enrolment was a PIN too; its end has a screen of its own.
  if (state.status === "active" && before !== undefined && before.status !== "active") forgetAttempts(model, id);
  if (state.awaited === null) model.leftAlone.delete(waitOf(id));
  if (isBusy(store.screen)) return afterApplication(model, id, known);
  if (concerns(model, id)) {
    forgetUnreachable(model);
    const { screen } = store;
    if (state.status === "closed") return store.go({ name: "closed", accountId: id, reason: closedReason(state.closedReason) });
    if (state.status !== "active") return duringEnrolment(model, id, known);
    if (isAnswering(screen)) return duringRequest(model, screen, state);
    if (screen.name === "starting") return started(model, known);
    if (screen.name === "application") return store.go({ name: "outcome", outcome: "account-active" });
    // It is in step after all.
    if (screen.name === "challenge") return goHome(model);
    if (screen.name === "awaiting") return duringWait(model, screen, known);
  }
  if (store.screen.name === "use-device") duringChoice(model, store.screen, state);
  // Its account was made elsewhere meanwhile.
  if (store.screen.name === "no-account" && state.status === "active") return inBackground(whoseLink(model, store.screen.link));
  if (makesRoom(model, known)) goHome(model);
  showNext(model);
}

/**
 * Good news that was told goes when a new request comes: left in front, "Confirmed" would be taken for the answer to that one. So does
 * what asked the person to start again. Other ends stay to be read, and show what waits.
 */
function makesRoom({ store, leftAlone, refusals }: Model, { arrived }: Known): boolean {
  const { screen } = store;
  const isNew = arrived.some(({ transactionId }) => !leftAlone.has(transactionId) && !refusals.has(transactionId));
  if (IDLE.includes(screen.name)) return isNew;
  // One that was made and not turned on yet would be lost, and stay in the person's list.
  if (screen.name === "passkey" && screen.made === undefined && screen.prompting !== true) return isNew;
  // Whoever goes back to a page in a moment has it wait for nothing else.
  if (screen.name === "outcome" && screen.returnTo !== undefined) return false;
  // Whoever has just practised would take the real one for more of it.
  if (screen.name === "outcome" && screen.practice === true) return false;
  return screen.name === "outcome" && READ_AT_ONCE.includes(screen.outcome) && isNew;
}

const READ_AT_ONCE: readonly OutcomeKind[] = ["confirmed", "account-active", "timed-out", "failed"];

/** Where the person only looks, at what is there the next time, too. */
const IDLE: readonly Screen["name"][] = [
  "settings",
  "account-details",
  "notifications",
  "about",
  "history",
  "history-entry",
  "pin-changed",
];

/** Is the person looking at this account, and not at something that must not be taken away? */
function concerns({ store }: Model, id: string): boolean {
  const { screen } = store;
  switch (screen.name) {
    case "use-device":
    case "transaction":
    case "pin":
    case "certificate-choice":
    case "awaiting":
    case "challenge":
    case "delete-account":
    case "history":
    case "history-entry":
    case "disown":
    case "passkey":
    case "passkey-lost":
    case "account-details":
    case "notifications":
    case "change-pin":
    case "add-keys":
      return screen.accountId === id;
    case "starting":
    case "home":
    case "settings":
    case "application":
      return store.state.selected === id;
    case "welcome":
    case "identity-methods":
    case "identity":
    case "choose-pin":
    case "making-keys":
    case "locked":
    case "dead":
    case "outcome":
    case "closed":
    case "link-opening":
    case "link-accounts":
    case "no-account":
    case "scan":
    case "practice":
    case "about":
    case "changing-pin":
    case "pin-changed":
      return false;
  }
}

function forgetAttempts({ attempts }: Model, id: string): void {
  for (const transactionId of attempts.untold(id)) attempts.told(transactionId);
}

/** The server answers again: nothing is said any more of its not answering. */
function forgetUnreachable({ store }: Model): void {
  const { screen } = store;
  if (screen.name === "home" && screen.check === "unreachable") store.stay({ name: "home", check: "idle" });
  if (!("problem" in screen) || screen.problem?.kind !== "unreachable") return;
  const { problem: _, ...reachable } = screen;
  store.stay(reachable);
}

/** The application is signed and its certificates are awaited. */
function afterApplication(model: Model, id: string, { state }: Known): void {
  const { store } = model;
  if (store.screen.name !== "application" || store.state.selected !== id) return;
  if (state.status === "active") store.go({ name: "outcome", outcome: "account-active" });
  else forgetUnreachable(model);
}

function duringEnrolment(model: Model, id: string, { state }: Known): void {
  const { store } = model;
  const { screen } = store;
  if (screen.name === "starting") return inBackground(continueEnrolment(model, id, state));
  if (screen.name !== "application") return;
  // Signed in another tab, or by an attempt whose answer was lost.
  if (state.status === "issuing") {
    store.pin.clear();
    store.stayWithPin(screen, { state: "working" });
    return inBackground(keepAsking(model, id));
  }
  const { transactionId } = screen.application;
  const attemptsLeft = attemptsLeftAfter(model, id, transactionId);
  model.attempts.stillOpen(transactionId);
  if (attemptsLeft !== undefined) store.stayWithPin(screen, { attemptsLeft });
}

function started(model: Model, { before }: Known): void {
  const { store } = model;
  // It became active while nobody looked: the enrolment ends with its own screen.
  if (before !== undefined && before.status !== "active") return store.go({ name: "outcome", outcome: "account-active" });
  goHome(model);
  showNext(model);
}

/** Its own attempt's fate, a lock, or an answer that came from elsewhere ends what is shown. Else the digits that were typed stay. */
function duringRequest(model: Model, screen: AnswerScreen, state: KeyState): void {
  const { store, attempts } = model;
  const { accountId, claimed } = screen;
  const { purpose, transactionId, relyingPartyName } = claimed;
  const fate = fateOf(model, transactionId, { accountId, purpose, relyingPartyName });
  const end = fate?.kind === "screen" ? fate.screen : endFromElsewhere(model, screen, state);
  if (end !== undefined) {
    store.go(ended(model, transactionId, end));
    return showNext(model);
  }
  attempts.stillOpen(transactionId);
  // What a wrong PIN left is said on the PIN's screen. Another tab may have used some of it.
  if (screen.name !== "pin") return;
  const { attemptsLeft: now } = state.pins[purpose];
  const attemptsLeft = attemptsLeftAfter(model, accountId, transactionId) ?? (screen.pin.attemptsLeft && now);
  if (attemptsLeft !== undefined) store.stayWithPin(screen, { attemptsLeft: Math.min(attemptsLeft, now) });
}

/** The signature after a certificate choice opens by itself; where it does not come, that is said. */
function duringWait(model: Model, screen: Screen & { name: "awaiting" }, { state, before }: Known): void {
  const { store, leftAlone, refusals } = model;
  const { accountId, relyingPartyName } = screen;
  const next = store
    .account(accountId)
    ?.waiting.find(
      ({ transactionId, relyingPartyName: party }) =>
        party === relyingPartyName && !leftAlone.has(transactionId) && !refusals.has(transactionId),
    );
  if (next !== undefined) return inBackground(openListed(model, accountId, next.transactionId));
  if (state.awaited !== null) return keepAskingWhileAwaiting(model);
  const end = endOfWait(model, screen, state, before);
  if (end !== undefined) return store.go(end);
  goHome(model);
  showNext(model);
}
