// How a request ended, where an attempt with a PIN of this device may have ended it: what became of that attempt comes before whatever
// a later question about the request was answered.
import type { TransactionFailure } from "../../authenticator/transactions.ts";
import type { PasskeyFailure } from "../key-work/jobs.ts";
import type { Unreachable } from "../reached.ts";
import { type Attempted, type Consequence, consequenceOf, outcome } from "./consequence.ts";
import type { Model } from "./model.ts";
import type { OutcomeKind } from "./screen-parts.ts";
import { settledConsequence } from "./settled.ts";
import type { KeyState, Screen } from "./state.ts";
import type { AnswerScreen } from "./store.ts";

/** What is known of a request by its id: from the attempt, or from the list of those that wait. */
export function attemptedOf({ store, attempts }: Model, accountId: string, transactionId: string): Attempted {
  const listed = store.account(accountId)?.waiting.find((waiting) => waiting.transactionId === transactionId);
  const about = attempts.about(transactionId) ?? listed;
  return { accountId, ...(about && { purpose: about.purpose, relyingPartyName: about.relyingPartyName }) };
}

/** What became of the request's attempt; undefined where there is none that the person was not told of. */
export function fateOf(model: Model, transactionId: string, attempted: Attempted): Consequence | undefined {
  const settled = model.attempts.of(transactionId);
  const state = model.store.account(attempted.accountId)?.state;
  return settled && state && settledConsequence(settled, state, attempted);
}

/**
 * What a failure about a request means. That it is over may be the work of an attempt whose answer was lost; `early`: or of another window
 * or another device, for its time is not over.
 */
export function failureOf(
  model: Model,
  transactionId: string,
  failure: TransactionFailure | Unreachable | PasskeyFailure,
  attempted: Attempted,
  early = false,
): Consequence {
  const fate = fateOf(model, transactionId, attempted);
  if (fate?.kind === "screen") return fate;
  if (failure.code !== "no_such_transaction") return consequenceOf(failure, attempted);
  const there = answeredThere(model, transactionId, attempted);
  // A PIN was typed here, too: what it came to is not passed over in silence.
  if (there !== undefined && (early || there.name !== "home")) return { kind: "screen", screen: there };
  if (there !== undefined) return outcome("interrupted", attempted);
  if (model.attempts.isLost(transactionId)) return outcome("interrupted", attempted);
  return early ? outcome("answered-elsewhere", attempted) : consequenceOf(failure, attempted);
}

/**
 * Where the person answered it in another window of this browser: what they answered, or, where that is not heard yet, or something else is
 * said there, nothing at all.
 */
export function answeredThere(
  { windows }: Model,
  transactionId: string,
  { purpose, relyingPartyName }: Pick<Attempted, "purpose" | "relyingPartyName">,
): Screen | undefined {
  const told = windows.of(transactionId);
  if (told === undefined) return undefined;
  if (told.outcome === undefined) return { name: "home", check: "idle" };
  const about = { ...(purpose !== undefined && { purpose }), ...(relyingPartyName !== undefined && { relyingPartyName }) };
  return { name: "outcome", outcome: told.outcome, ...about };
}

/** The end of a request in front of the person that nothing done in this window brought about. */
export function endFromElsewhere(model: Model, screen: AnswerScreen, state: KeyState): Screen | undefined {
  const { store, attempts } = model;
  const { accountId, claimed } = screen;
  const { purpose, transactionId, expiresAt, relyingPartyName } = claimed;
  const pin = state.pins[purpose];
  const asksForPin = screen.name !== "certificate-choice";
  if (asksForPin && pin.state === "locked") return { name: "locked", accountId, purpose, until: pin.lockedUntil };
  if (asksForPin && pin.state === "dead") return { name: "dead", accountId, purpose };
  if (store.account(accountId)?.waiting.some((waiting) => waiting.transactionId === transactionId) === true) return undefined;
  const there = answeredThere(model, transactionId, claimed);
  if (there !== undefined) return there;
  const over = state.now >= expiresAt ? "timed-out" : "answered-elsewhere";
  // Another tab heard what became of the attempt that was made here.
  const kind = attempts.isLost(transactionId) ? "interrupted" : over;
  return { name: "outcome", outcome: kind, purpose, relyingPartyName };
}

/** Asked after an await, by what was listed before it. */
export function isBeforeItsTime({ store }: Model, accountId: string, transactionId: string): () => boolean {
  const listed = store.account(accountId)?.waiting.find((waiting) => waiting.transactionId === transactionId);
  return () => listed !== undefined && Date.now() + (store.account(accountId)?.clockSkew ?? 0) < listed.expiresAt;
}

/**
 * The end of the request, as it is shown: with the way back to where it began. Whatever still says that it waits is older: it is not opened
 * again, and not offered either, or whoever tapped it would read that somebody else had answered it.
 */
export function ended(
  { store, leftAlone, attempts, waysBack, windows, practising }: Model,
  transactionId: string,
  screen: Screen,
): Screen {
  leftAlone.add(transactionId);
  store.removeWaiting(transactionId);
  attempts.told(transactionId);
  windows.ended(transactionId, screen, waysBack.has(transactionId));
  const withWayBack = waysBack.from(transactionId, screen);
  if (withWayBack.name !== "outcome" || withWayBack.outcome === "not-presentable") return withWayBack;
  if (practising.has(transactionId)) return { ...withWayBack, practice: true };
  return REPORTABLE.includes(withWayBack.outcome) ? { ...withWayBack, transactionId } : withWayBack;
}

/** The page was reloaded when a request had ended, before the person went back to where it began. */
export async function showRestoredEnd(model: Model): Promise<boolean> {
  const { store, accounts, waysBack } = model;
  const restored = await waysBack.restore((id) => accounts.client(id).storage.read(), Date.now());
  if (restored === undefined) return false;
  const { accountId, claimed, transactionId } = restored;
  const { purpose } = claimed;
  const relyingPartyName = claimed.kind === "application" ? "" : claimed.relyingPartyName;
  store.patch({ selected: accountId });
  store.go(ended(model, transactionId, { name: "outcome", outcome: restored.outcome, purpose, relyingPartyName }));
  return true;
}

/** Ends of a request that somebody else may have begun: the person can say so there and then. */
const REPORTABLE: readonly OutcomeKind[] = ["refused", "wrong-code", "timed-out"];

/** The same for a consequence; where the person can try again, nothing has ended. */
export function end(model: Model, transactionId: string, consequence: Consequence): Consequence {
  if (consequence.kind === "screen") return { kind: "screen", screen: ended(model, transactionId, consequence.screen) };
  if (consequence.kind === "gone") model.attempts.told(transactionId);
  return consequence;
}

/** Told on a PIN pad: a wrong PIN, with the attempts that were left after it. Undefined where there is nothing to tell. */
export function attemptsLeftAfter(model: Model, accountId: string, transactionId: string): number | undefined {
  const fate = fateOf(model, transactionId, { accountId });
  if (fate?.kind !== "again") return undefined;
  model.attempts.told(transactionId);
  return fate.attemptsLeft;
}
