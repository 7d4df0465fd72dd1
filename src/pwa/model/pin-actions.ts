// What the confirming button of a PIN pad does: the PIN is chosen, repeated, or goes to the key worker for one use. The bytes leave the
// page with the job; what is left of them here is overwritten.
import type { Purpose } from "../../account/purpose.ts";
import type { Settled } from "../../authenticator/channel-client.ts";
import type { SignedTransaction } from "../../protocol/claimed-transaction.ts";
import { PIN_LENGTHS } from "../../split-key/pin-rules.ts";
import { type Jobs, type KeyWorkProgress, type PasskeyBuffer, wipe } from "../key-work/jobs.ts";
import { runKeyWork } from "../key-work/key-work.ts";
import { reached } from "../reached.ts";
import { type Attempted, consequenceOf, outcome } from "./consequence.ts";
import { checkedPin } from "./drawn-pin.ts";
import { choosePin } from "./enrolment.ts";
import { keyProgress, NO_PROGRESS } from "./enrolment-step.ts";
import { end, failureOf } from "./fate.ts";
import { enrolmentOver } from "./identity-methods.ts";
import { askToReload, follow, goHome, inBackground, keepAsking, type Model } from "./model.ts";
import { withPasskey } from "./passkey.ts";
import { confirmInChange } from "./pin-change.ts";
import { tellNotPresentable } from "./refusals.ts";
import type { PinEntryState, Problem } from "./screen-parts.ts";
import { EMPTY_PIN, pinScreen, type PinScreen, type Store } from "./store.ts";

export async function confirmPin(model: Model): Promise<void> {
  const { store } = model;
  const screen = pinScreen(store.screen);
  if (screen === undefined || store.pin.length === 0) return;
  // No PIN is shorter: an attempt with less could only be a slip of the finger, and would be paid.
  const isTooShort = (purpose: Purpose): boolean => store.pin.length < PIN_LENGTHS[purpose].least;
  switch (screen.name) {
    case "choose-pin":
      if (screen.stage === "drawn") return undefined;
      return screen.stage === "choose" ? checkChoice(model, screen) : checkRepetition(model, screen);
    case "application":
      return isTooShort("sign") ? undefined : signApplication(model, screen);
    case "pin": {
      const { accountId, claimed } = screen;
      if (isTooShort(claimed.purpose)) return undefined;
      const { least } = PIN_LENGTHS[claimed.purpose];
      return withPasskey(model, { accountId, screen, least }, (passkey) => approve(model, screen, passkey));
    }
    case "change-pin":
    case "add-keys":
      return confirmInChange(model, screen);
    case "challenge": {
      if (isTooShort("auth")) return undefined;
      const { least } = PIN_LENGTHS.auth;
      const { accountId } = screen;
      return withPasskey(model, { accountId, screen, least }, (passkey) => proveOwnership(model, screen, passkey));
    }
  }
}

async function checkChoice(model: Model, screen: PinScreen & { name: "choose-pin" }): Promise<void> {
  const { store } = model;
  const { purpose } = screen;
  const pin = store.pin.take();
  let isChosen = false;
  try {
    const { refusal: _, problem: __, ...asked } = screen;
    store.stayWithPin(asked, { length: pin.length, state: "working" });
    const here = store.visit();
    const checked = await checkedPin(model, asked, pin);
    if (!here()) return;
    if (checked === undefined) return store.stayWithPin({ ...asked, problem: askToReload(model) }, { state: "typing" });
    if (!checked.ok) return store.stayWithPin({ ...asked, refusal: checked.failure }, { state: "typing" });
    store.chosen.set(purpose, pin);
    isChosen = true;
    store.go({ name: "choose-pin", purpose, stage: "repeat", pin: EMPTY_PIN });
  } finally {
    if (!isChosen) pin.fill(0);
  }
}

async function checkRepetition(model: Model, { purpose }: PinScreen & { name: "choose-pin" }): Promise<void> {
  const { store } = model;
  const repeated = store.pin.take();
  const same = store.chosen.matches(purpose, repeated);
  repeated.fill(0);
  if (!same) return store.go({ name: "choose-pin", purpose, stage: "choose", pin: EMPTY_PIN, refusal: "differs" });
  if (purpose === "auth") return choosePin(model, "sign");
  await makeKeys(model);
}

async function makeKeys(model: Model): Promise<void> {
  const { store } = model;
  const accountId = store.state.selected;
  const pins = store.chosen.take();
  // Wiped, because nobody was there.
  if (accountId === undefined || pins === undefined) return choosePin(model, "auth");
  store.go({ name: "making-keys", progress: NO_PROGRESS, waitsForNetwork: false });
  const here = store.visit();
  const cancel = new AbortController();
  store.whenLeft(() => cancel.abort());
  const progress = (step: KeyWorkProgress): void => {
    const { screen } = store;
    if (!here() || screen.name !== "making-keys") return;
    const waitsForNetwork = step.step === "waiting-for-network";
    store.stay({ ...screen, progress: keyProgress(screen.progress, step), waitsForNetwork });
  };
  const made = await runKeyWork("make-keys", { accountId, pins }, { signal: cancel.signal, progress }).catch((error: unknown) => {
    if (here()) throw error;
    return undefined;
  });
  if (!here()) return;
  if (made === undefined) return choosePin(model, "auth", askToReload(model));
  if (made.ok) return awaitEnrolment(model, accountId);
  if (made.failure.code === "unknown_channel") return enrolmentOver(model, accountId);
  await follow(model, accountId, consequenceOf(made.failure, { accountId }), () => goHome(model));
}

/** The keys are made: the server says what is next. */
async function awaitEnrolment({ store, accounts }: Model, accountId: string): Promise<void> {
  store.go({ name: "starting" });
  await accounts.refresh(accountId);
}

async function signApplication(model: Model, screen: PinScreen & { name: "application" }): Promise<void> {
  const { store, accounts } = model;
  const accountId = store.state.selected;
  if (accountId === undefined) return goHome(model);
  const { problem: _, ...asked } = screen;
  const again = tryAgain(model, asked, accountId);
  const attempted = { accountId, purpose: "sign", relyingPartyName: "" } as const;
  const signed = await attempt(model, screen, screen.application, attempted);
  if (signed === undefined) return again(askToReload(model), undefined);
  if (signed.ok) {
    await accounts.refresh(accountId);
    return keepAsking(model, accountId);
  }
  const { code } = signed.failure;
  const locked = code === "wrong_pin" && signed.failure.lockedUntil > 0;
  // The server gives the enrolment up sooner than the lock ends.
  if (locked || code === "pin_locked" || code === "pin_dead" || code === "unknown_channel")
    return enrolmentOver(model, accountId);
  // Nobody is told: an application is left, and its account never comes to be.
  if (code === "not_presentable") return store.go({ name: "outcome", outcome: "application-wrong" });
  await follow(model, accountId, consequenceOf(signed.failure, attempted), again);
}

async function approve(model: Model, screen: PinScreen & { name: "pin" }, passkey?: PasskeyBuffer): Promise<void> {
  const { accountId, claimed, shown } = screen;
  const { problem: _, ...asked } = screen;
  const again = tryAgain(model, asked, accountId);
  const attempted = { accountId, purpose: claimed.purpose, relyingPartyName: shown.relyingPartyName };
  const approved = await attempt(model, screen, claimed, attempted, passkey);
  if (approved === undefined) return again(askToReload(model), undefined);
  const consequence = end(
    model,
    claimed.transactionId,
    approved.ok ? outcome("confirmed", attempted) : failureOf(model, claimed.transactionId, approved.failure, attempted),
  );
  if (!approved.ok && approved.failure.code === "not_presentable") {
    inBackground(tellNotPresentable(model, accountId, claimed.transactionId));
  }
  await follow(model, accountId, consequence, again);
  if (consequence.kind !== "again") await model.accounts.refresh(accountId);
}

/** One attempt with the PIN that was typed. What became of an earlier one of the same request is in its result. */
async function attempt(
  { store, accounts, attempts, windows, preparing }: Model,
  screen: PinScreen,
  claimed: SignedTransaction,
  { accountId, purpose, relyingPartyName }: Required<Attempted>,
  passkey?: PasskeyBuffer,
): Promise<Jobs["approve"]["result"] | undefined> {
  const { transactionId } = claimed;
  const pin = takeForWork(store, screen);
  attempts.made(transactionId, { purpose, relyingPartyName });
  windows.answering(transactionId);
  const settled = (of: Settled): void => attempts.settled(accountId, of);
  const input = { accountId, claimed, pin, ...(passkey !== undefined && { passkey }) };
  const work = runKeyWork("approve", input, { settled }, preparing.take(claimed));
  const result = await accounts.undisturbed(accountId, work);
  const isLost = result !== undefined && !result.ok && result.failure.code === "unreachable";
  if (result?.ok !== true && !isLost) windows.stillAsked(transactionId);
  if (result === undefined) return undefined;
  attempts.told(transactionId);
  if (isLost) attempts.lost(transactionId);
  return result;
}

/** A challenge is good for once and five minutes, so a new one is drawn out of the server for every answer. */
async function proveOwnership(model: Model, screen: PinScreen & { name: "challenge" }, passkey?: PasskeyBuffer): Promise<void> {
  const { store, accounts } = model;
  const { accountId } = screen;
  const { problem: _, ...asked } = screen;
  const again = tryAgain(model, asked, accountId);
  const pin = takeForWork(store, screen);
  try {
    const drawn = await reached(() => accounts.client(accountId).call("getKeyState", () => ({})));
    if (drawn.ok) return goHome(model);
    if (drawn.failure.code !== "out_of_step" || drawn.failure.challenge === undefined) {
      return await follow(model, accountId, consequenceOf(drawn.failure, { accountId }), again);
    }
    const { challenge } = drawn.failure;
    const answered = await runKeyWork("answer-challenge", {
      accountId,
      challenge,
      pin,
      ...(passkey !== undefined && { passkey }),
    });
    if (answered === undefined) return again(askToReload(model), undefined);
    if (answered.ok) return store.go({ name: "closed", accountId, reason: "cloned" });
    await follow(model, accountId, consequenceOf(answered.failure, { accountId, purpose: "auth" }), again);
  } finally {
    wipe(pin);
  }
}

function takeForWork(store: Store, screen: PinScreen): ArrayBuffer {
  const pin = store.pin.take();
  store.stayWithPin(screen, { length: pin.length, state: "working" });
  return pin.buffer;
}

/** The PIN is asked again. After a lost answer its fate is asked for meanwhile. */
const tryAgain =
  (model: Model, asked: PinScreen, accountId: string) =>
  (problem: Problem | undefined, attemptsLeft: number | undefined): void => {
    const { attemptsLeft: before } = asked.pin;
    const left = attemptsLeft ?? before;
    const pin: PinEntryState = { ...EMPTY_PIN, ...(left !== undefined && { attemptsLeft: left }) };
    model.store.stay({ ...asked, pin, ...(problem !== undefined && { problem }) });
    if (problem?.kind === "unreachable" && asked.name !== "challenge") inBackground(keepAsking(model, accountId));
    // Another window may have turned it on, or off and on again.
    if (problem?.kind === "passkey") inBackground(model.accounts.load());
  };
