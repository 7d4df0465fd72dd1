// What the server said of an account changes the screen where it concerns what the person is doing, and nothing else: whoever types a
// PIN or waits for an answer is left alone. Another tab, a push, the live channel, a look at the clock: all come through here.
import type { Refreshed } from "./accounts.ts";
import { accountConsequence, closedReason } from "./consequence.ts";
import { awaitCertificates, continueEnrolment } from "./enrolment.ts";
import { enrolmentOver, follow, goHome, inBackground, isActive, isEnrolling, keepAsking, type Model } from "./model.ts";
import { settledConsequence } from "./settled.ts";
import type { KeyState, Screen } from "./state.ts";
import { isAnswering, isBusy, openNext, openTransaction, resendRefusals } from "./transactions.ts";

type Known = Extract<Refreshed, { kind: "known" }>;

export function react(model: Model, id: string, refreshed: Refreshed): void {
  switch (refreshed.kind) {
    case "unreachable":
      return withoutServer(model, id);
    case "failed":
      return inBackground(afterFailure(model, id, refreshed));
    case "known":
      return afterAnswer(model, id, refreshed);
  }
}

function withoutServer(model: Model, id: string): void {
  const { store } = model;
  const { name } = store.screen;
  if (name !== "starting" || store.state.selected !== id) return;
  if (store.state.accounts.some(isActive)) return goHome(model, "unreachable");
  inBackground(keepAsking(model, id));
}

async function afterFailure(model: Model, id: string, { failure }: Extract<Refreshed, { kind: "failed" }>): Promise<void> {
  const account = model.store.account(id);
  if (account === undefined || !concerns(model, id) || isBusy(model.store.screen)) return;
  if (failure.code === "unknown_channel" && isEnrolling(account)) return enrolmentOver(model, id);
  if (model.store.screen.name === "challenge") return;
  await follow(model, id, accountConsequence(failure, id), () => undefined);
}

function afterAnswer(model: Model, id: string, known: Known): void {
  const { store } = model;
  const { screen } = store;
  const { state } = known;
  inBackground(resendRefusals(model, id));
  if (isBusy(screen)) return afterApplication(model, id, known);
  if (landSettled(model, id, known)) return;
  if (concerns(model, id)) {
    forgetUnreachable(model);
    if (state.status === "closed") return store.go({ name: "closed", accountId: id, reason: closedReason(state.closedReason) });
    if (state.status !== "active") return duringEnrolment(model, id, known);
    if (isAnswering(screen)) return duringRequest(model, id, screen, state);
    if (screen.name === "starting") return started(model, known);
    if (screen.name === "application") return store.go({ name: "outcome", outcome: "account-active" });
    // It is in step after all.
    if (screen.name === "challenge") return goHome(model);
  }
  if (store.screen.name === "home") openNext(model);
}

/** Is the person looking at this account, and not at something that must not be taken away? */
function concerns({ store }: Model, id: string): boolean {
  const { screen } = store;
  switch (screen.name) {
    case "transaction":
    case "pin":
    case "challenge":
    case "delete-account":
      return screen.accountId === id;
    case "starting":
    case "home":
    case "application":
      return store.state.selected === id;
    case "welcome":
    case "identity":
    case "choose-pin":
    case "making-keys":
    case "locked":
    case "dead":
    case "outcome":
    case "closed":
      return false;
  }
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
function afterApplication({ store }: Model, id: string, { state }: Known): void {
  const { screen } = store;
  if (screen.name === "application" && store.state.selected === id && state.status === "active") {
    store.go({ name: "outcome", outcome: "account-active" });
  }
}

/** An attempt with a PIN that was interrupted: whoever waits for the account is told what became of it. */
function landSettled(model: Model, id: string, { settled, state, before }: Known): boolean {
  const { store } = model;
  const { screen } = store;
  if (settled === undefined || state.status !== "active" || !(concerns(model, id) || screen.name === "home")) return false;
  // The last step of an enrolment was a PIN too.
  if (screen.name === "application" || (before !== undefined && before.status !== "active")) return false;
  const { transactionId } = settled.request;
  const answering = isAnswering(screen) && screen.claimed.transactionId === transactionId ? screen : undefined;
  const consequence = settledConsequence(settled, state, {
    accountId: id,
    ...(answering && { purpose: answering.claimed.purpose, relyingPartyName: answering.shown.relyingPartyName }),
  });
  if (consequence === undefined) return false;
  store.patch({ selected: id });
  if (consequence.kind === "screen") store.go(consequence.screen);
  else inBackground(openTransaction(model, id, transactionId, consequence));
  return true;
}

function duringEnrolment(model: Model, id: string, { state, settled }: Known): void {
  const { screen } = model.store;
  // The person may be at the application again after a reload that cut an attempt with PIN2 short.
  const attemptsLeft =
    settled?.outcome.ok === false && settled.outcome.failure.code === "wrong_pin"
      ? settled.outcome.failure.attemptsLeft
      : undefined;
  if (screen.name === "starting") inBackground(continueEnrolment(model, id, state, attemptsLeft));
  else if (screen.name === "application" && state.status === "applying" && attemptsLeft !== undefined)
    model.store.stayWithPin(screen, { attemptsLeft });
  if (screen.name === "application" && state.status === "issuing") {
    model.store.stayWithPin(screen, { state: "working" });
    inBackground(awaitCertificates(model, id));
  }
}

function started(model: Model, { before }: Known): void {
  const { store } = model;
  // It became active while nobody looked: the enrolment ends with its own screen.
  if (before !== undefined && before.status !== "active") return store.go({ name: "outcome", outcome: "account-active" });
  goHome(model);
  openNext(model);
}

/** A lock or an answer that came from elsewhere, another tab for one, ends what is shown here. */
function duringRequest(model: Model, id: string, screen: Screen & { name: "transaction" | "pin" }, state: KeyState): void {
  const { store } = model;
  const { purpose, transactionId, expiresAt } = screen.claimed;
  const { relyingPartyName } = screen.shown;
  const pin = state.pins[purpose];
  if (pin.state === "locked") return store.go({ name: "locked", accountId: id, purpose, until: pin.lockedUntil });
  if (pin.state === "dead") return store.go({ name: "dead", accountId: id, purpose });
  if (store.account(id)?.waiting.some((waiting) => waiting.transactionId === transactionId) === true) return;
  const outcome = state.now >= expiresAt ? "timed-out" : "answered-elsewhere";
  store.go({ name: "outcome", outcome, purpose, relyingPartyName });
}
