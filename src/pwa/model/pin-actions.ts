// What the confirming button of a PIN pad does: the PIN is chosen, repeated, or goes to the key worker for one use. The bytes leave the
// page with the job; what is left of them here is overwritten.
import type { Purpose } from "../../account/purpose.ts";
import { reached } from "../reached.ts";
import { runKeyWork } from "../key-work/key-work.ts";
import { consequenceOf, outcome } from "./consequence.ts";
import { awaitCertificates, choosePin } from "./enrolment.ts";
import { keyProgress, NO_PROGRESS } from "./enrolment-step.ts";
import { enrolmentOver, follow, goHome, inBackground, keepAsking, type Model } from "./model.ts";
import type { PinEntryState, Problem } from "./state.ts";
import { EMPTY_PIN, pinScreen, type PinScreen } from "./store.ts";

/** No PIN is shorter: an attempt with less could only be a slip of the finger, and would be paid. */
const LEAST_DIGITS: Readonly<Record<Purpose, number>> = { auth: 4, sign: 5 };

export async function confirmPin(model: Model): Promise<void> {
  const { store } = model;
  const screen = pinScreen(store.screen);
  if (screen === undefined || store.pin.length === 0) return;
  switch (screen.name) {
    case "choose-pin":
      return screen.stage === "choose" ? checkChoice(model, screen) : checkRepetition(model, screen);
    case "application":
      return store.pin.length < LEAST_DIGITS.sign ? undefined : signApplication(model, screen);
    case "pin":
      return store.pin.length < LEAST_DIGITS[screen.claimed.purpose] ? undefined : approve(model, screen);
    case "challenge":
      return store.pin.length < LEAST_DIGITS.auth ? undefined : proveOwnership(model, screen);
  }
}

async function checkChoice({ store, stated }: Model, screen: PinScreen & { name: "choose-pin" }): Promise<void> {
  const { purpose } = screen;
  const account = store.state.selected === undefined ? undefined : store.account(store.state.selected);
  const pin = store.pin.take();
  const { refusal: _, ...asked } = screen;
  store.stayWithPin(asked, { length: pin.length, state: "working" });
  const here = store.visit();
  const otherPin = purpose === "sign" ? store.chosen.copyOf("auth") : undefined;
  const dateOfBirth = stated?.accountId === account?.id ? stated?.dateOfBirth : undefined;
  const checked = await runKeyWork("check-pin", {
    purpose,
    pin: pin.slice().buffer,
    ...(otherPin !== undefined && { otherPin }),
    ...(account?.owner !== undefined && { semanticsIdentifier: account.owner.semanticsIdentifier }),
    ...(dateOfBirth !== undefined && dateOfBirth !== "" && { dateOfBirth }),
  });
  if (!here()) return void pin.fill(0);
  if (!checked.ok) {
    pin.fill(0);
    return store.stayWithPin({ ...asked, refusal: checked.failure }, { state: "typing" });
  }
  store.chosen.set(purpose, pin);
  store.go({ name: "choose-pin", purpose, stage: "repeat", pin: EMPTY_PIN });
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
  // A reload or a timer took one of them away.
  if (accountId === undefined || pins === undefined) return choosePin(model, "auth");
  store.go({ name: "making-keys", progress: NO_PROGRESS, waitsForNetwork: false });
  const here = store.visit();
  const cancel = new AbortController();
  store.whenLeft(() => cancel.abort());
  const made = await runKeyWork(
    "make-keys",
    { accountId, pins },
    {
      signal: cancel.signal,
      progress(step) {
        const { screen } = store;
        if (!here() || screen.name !== "making-keys") return;
        const waitsForNetwork = step.step === "waiting-for-network";
        store.stay({ ...screen, progress: keyProgress(screen.progress, step), waitsForNetwork });
      },
    },
  ).catch((error: unknown) => {
    if (here()) throw error;
  });
  if (made === undefined || !here()) return;
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
  const { store } = model;
  const accountId = store.state.selected;
  if (accountId === undefined) return goHome(model);
  const pin = takeForWork(model, screen);
  const { problem: _, ...asked } = screen;
  const work = runKeyWork("approve", { accountId, claimed: screen.application, pin });
  const signed = await model.accounts.undisturbed(accountId, work);
  if (signed.ok) return awaitCertificates(model, accountId);
  const { code } = signed.failure;
  const locked = code === "wrong_pin" && signed.failure.lockedUntil > 0;
  // The server gives the enrolment up sooner than the lock ends.
  if (locked || code === "pin_locked" || code === "pin_dead" || code === "unknown_channel")
    return enrolmentOver(model, accountId);
  const attempted = { accountId, purpose: "sign" } as const;
  await follow(model, accountId, consequenceOf(signed.failure, attempted), tryAgain(model, asked, accountId));
}

async function approve(model: Model, screen: PinScreen & { name: "pin" }): Promise<void> {
  const { accountId, claimed, shown } = screen;
  const { problem: _, ...asked } = screen;
  const pin = takeForWork(model, screen);
  const approved = await model.accounts.undisturbed(accountId, runKeyWork("approve", { accountId, claimed, pin }));
  const attempted = { accountId, purpose: claimed.purpose, relyingPartyName: shown.relyingPartyName };
  const consequence = approved.ok ? outcome("confirmed", attempted) : consequenceOf(approved.failure, attempted);
  // What is known to wait is older than this.
  if (consequence.kind !== "again") model.leftAlone.add(claimed.transactionId);
  await follow(model, accountId, consequence, tryAgain(model, asked, accountId));
  if (consequence.kind !== "again") await model.accounts.refresh(accountId);
}

/** A challenge is good for once and five minutes, so a new one is drawn out of the server for every answer. */
async function proveOwnership(model: Model, screen: PinScreen & { name: "challenge" }): Promise<void> {
  const { store, accounts } = model;
  const { accountId } = screen;
  const { problem: _, ...asked } = screen;
  const pin = takeForWork(model, screen);
  const again = tryAgain(model, asked, accountId);
  const drawn = await reached(() => accounts.client(accountId).call("getKeyState", () => ({})));
  if (drawn.ok) {
    new Uint8Array(pin).fill(0);
    return goHome(model);
  }
  if (drawn.failure.code !== "out_of_step" || drawn.failure.challenge === undefined) {
    new Uint8Array(pin).fill(0);
    return follow(model, accountId, consequenceOf(drawn.failure, { accountId }), again);
  }
  const answered = await runKeyWork("answer-challenge", { accountId, challenge: drawn.failure.challenge, pin });
  if (answered.ok) return store.go({ name: "closed", accountId, reason: "cloned" });
  await follow(model, accountId, consequenceOf(answered.failure, { accountId, purpose: "auth" }), again);
}

function takeForWork({ store }: Model, screen: PinScreen): ArrayBuffer {
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
  };
