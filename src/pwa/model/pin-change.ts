// A new PIN for an account that stands: the old one, the new one twice, new keys under it. And keys that the account has none of, under
// the PIN that it has. The old PIN is proven in an attempt that counts; nothing of a PIN outlasts the change.
import { type Purpose, PURPOSES } from "../../account/purpose.ts";
import { missingSuites, standingVersion } from "../../authenticator/re-key.ts";
import { PIN_LENGTHS } from "../../split-key/pin-rules.ts";
import { type Jobs, type KeyWorkProgress, wipe } from "../key-work/jobs.ts";
import { runKeyWork } from "../key-work/key-work.ts";
import { whileChangingPin } from "../storage/pin-change-lock.ts";
import { consequenceOf } from "./consequence.ts";
import { checkedPin } from "./drawn-pin.ts";
import { keyStage } from "./enrolment-step.ts";
import { askToReload, follow, keepAsking, type Model } from "./model.ts";
import { withPasskey } from "./passkey.ts";
import type { PinChangeEnd, Problem } from "./screen-parts.ts";
import type { Screen } from "./state.ts";
import { EMPTY_PIN } from "./store.ts";

type ChangePin = Screen & { name: "change-pin" };
type AddKeys = Screen & { name: "add-keys" };

/** From the settings. A PIN that cannot be used cannot be changed either. */
export function startPinChange(model: Model, purpose: Purpose): void {
  const { store } = model;
  const accountId = store.state.selected;
  if (accountId === undefined || isUnusable(model, accountId, purpose)) return;
  store.changing.clear();
  store.go({ name: "change-pin", accountId, purpose, stage: "old", pin: EMPTY_PIN });
}

/** From home, and after those of the other PIN: for the first purpose that lacks some. */
export function startAddingKeys(model: Model): void {
  const { store } = model;
  const accountId = store.screen.name === "pin-changed" ? store.screen.accountId : store.state.selected;
  const state = accountId === undefined ? undefined : store.account(accountId)?.state;
  const purpose = state && PURPOSES.find((each) => missingSuites(state, each).length > 0);
  if (accountId === undefined || purpose === undefined || isUnusable(model, accountId, purpose)) return;
  store.go({ name: "add-keys", accountId, purpose, pin: EMPTY_PIN });
}

function isUnusable({ store }: Model, accountId: string, purpose: Purpose): boolean {
  const pin = store.account(accountId)?.state?.pins[purpose];
  if (pin?.state === "locked") store.go({ name: "locked", accountId, purpose, until: pin.lockedUntil });
  else if (pin?.state === "dead") store.go({ name: "dead", accountId, purpose });
  else return false;
  return true;
}

/** What the confirming button of the pad does. */
export async function confirmInChange(model: Model, screen: ChangePin | AddKeys): Promise<void> {
  const { store } = model;
  const isTooShort = store.pin.length < PIN_LENGTHS[screen.purpose].least;
  if (screen.name === "add-keys") {
    if (isTooShort) return;
    const { accountId } = screen;
    return withPasskey(model, { accountId, screen, least: PIN_LENGTHS[screen.purpose].least }, (passkey) =>
      addKeys(model, screen, passkey),
    );
  }
  switch (screen.stage) {
    case "old":
      return isTooShort ? undefined : takeOld(model, screen);
    case "choose":
      return checkNew(model, screen);
    case "drawn":
      return undefined;
    case "repeat":
      return checkRepetition(model, screen);
  }
}

/** Where only the old one was wrong, the new one is still there. */
async function takeOld(model: Model, screen: ChangePin): Promise<void> {
  const { store } = model;
  const { accountId, purpose } = screen;
  if (!store.changing.has("new")) {
    store.changing.set("old", store.pin.take());
    return chooseNew(model, screen);
  }
  return withPasskey(model, { accountId, screen, least: PIN_LENGTHS[purpose].least }, async (passkey) => {
    store.changing.set("old", store.pin.take());
    return makeNewKeys(model, screen, passkey);
  });
}

/** Also a step back from one that is shown or repeated: the old one, which was typed already, is not asked again. */
export function chooseNew({ store }: Model, { accountId, purpose }: ChangePin, refusal?: "differs"): void {
  store.changing.forget("new");
  store.go({ name: "change-pin", accountId, purpose, stage: "choose", pin: EMPTY_PIN, ...(refusal && { refusal }) });
}

async function checkNew(model: Model, screen: ChangePin): Promise<void> {
  const { store } = model;
  const { accountId, purpose } = screen;
  const { refusal: _, problem: __, ...asked } = screen;
  const pin = store.pin.take();
  let isChosen = false;
  try {
    if (store.changing.matches("old", pin)) return store.stayWithPin({ ...asked, refusal: "same_as_before" }, {});
    store.stayWithPin(asked, { length: pin.length, state: "working" });
    const here = store.visit();
    const checked = await checkedPin(model, asked, pin);
    if (!here()) return;
    if (checked === undefined) return store.stayWithPin({ ...asked, problem: askToReload(model) }, { state: "typing" });
    if (!checked.ok) return store.stayWithPin({ ...asked, refusal: checked.failure }, { state: "typing" });
    store.changing.set("new", pin);
    isChosen = true;
    store.go({ name: "change-pin", accountId, purpose, stage: "repeat", pin: EMPTY_PIN });
  } finally {
    if (!isChosen) pin.fill(0);
  }
}

async function checkRepetition(model: Model, screen: ChangePin): Promise<void> {
  const { store } = model;
  const { accountId } = screen;
  const repeated = store.pin.take();
  const same = store.changing.matches("new", repeated);
  repeated.fill(0);
  if (same) return withPasskey(model, { accountId, screen, least: 0 }, (passkey) => makeNewKeys(model, screen, passkey));
  chooseNew(model, screen, "differs");
}

async function makeNewKeys(model: Model, { accountId, purpose }: ChangePin, passkey?: ArrayBuffer): Promise<void> {
  const { store } = model;
  const [oldPin, newPin] = [store.changing.takeOne("old"), store.changing.copyOf("new")];
  const state = store.account(accountId)?.state;
  const again = (problem?: Problem, attemptsLeft?: number): void =>
    store.go({
      name: "change-pin",
      accountId,
      purpose,
      stage: "old",
      pin: { ...EMPTY_PIN, ...(attemptsLeft !== undefined && { attemptsLeft }) },
      ...(problem && { problem }),
    });
  try {
    // Wiped, because nobody was there.
    if (oldPin === undefined || newPin === undefined || state === undefined) return startPinChange(model, purpose);
    const input = { accountId, purpose, oldPin, newPin, ...(passkey && { passkey }) };
    store.go({ name: "changing-pin", accountId, purpose, change: "replace", stage: "waiting", waitsForNetwork: false });
    const here = store.visit();
    const done = await whileChangingPin(accountId, () => replace(model, input, here));
    if (!here()) return await accountRefreshed(model, accountId);
    if (done === undefined) return again({ kind: "other-window" });
    if (done.value === undefined) return again(askToReload(model));
    await ended(model, { accountId, purpose }, done.value, { done: "changed", again });
    await keepAsking(model, accountId);
  } finally {
    for (const pin of [oldPin, newPin]) if (pin !== undefined) wipe(pin);
  }
}

/** Undefined as in `work`. */
async function replace(model: Model, input: Jobs["change-pin"]["input"], here: () => boolean): Promise<Changed> {
  const { store, accounts } = model;
  const { accountId, purpose } = input;
  const { state, pinChange: earlier } = store.account(accountId) ?? {};
  // For whoever finds the page reloaded: what came of it is told at home.
  const keyVersion = state === undefined ? 0 : standingVersion(state, purpose);
  await accounts.setPinChange(accountId, { purpose, keyVersion, begunAt: Date.now() });
  let hasBegun = false;
  const isStarted = here();
  const changed = isStarted ? await work(model, here, "change-pin", input, () => void (hasBegun = true)) : undefined;
  // What was cut off, by the person's going too, is told when the server has said what came of it.
  if (isStarted && !here()) return undefined;
  if (isEndOf(changed)) await accounts.setPinChange(accountId, undefined);
  // No new key was made: there is no more to tell than before.
  else if (!hasBegun && !isLate(changed)) await accounts.setPinChange(accountId, earlier);
  return changed;
}

type Changed = Jobs["change-pin"]["result"] | undefined;

const isLate = (changed: Changed): boolean => changed?.ok === false && changed.failure.code === "certificates_late";

/** The person hears on the screen of the change which PIN holds. */
const isEndOf = (changed: Changed): boolean =>
  changed !== undefined &&
  (changed.ok || changed.failure.code === "exchanged_before" || changed.failure.code === "exchange_given_up");

/** Under the PIN that there is; then those of the other one, where some are missing, too. */
async function addKeys(model: Model, { accountId, purpose }: AddKeys, passkey?: ArrayBuffer): Promise<void> {
  const { store } = model;
  const pin = store.pin.take().buffer;
  const again = (problem?: Problem, attemptsLeft?: number): void =>
    store.go({
      name: "add-keys",
      accountId,
      purpose,
      pin: { ...EMPTY_PIN, ...(attemptsLeft !== undefined && { attemptsLeft }) },
      ...(problem && { problem }),
    });
  store.go({ name: "changing-pin", accountId, purpose, change: "add", stage: "waiting", waitsForNetwork: false });
  const here = store.visit();
  const input = { accountId, purpose, pin, ...(passkey && { passkey }) };
  const done = await whileChangingPin(accountId, () => work(model, here, "add-keys", input)).finally(() => wipe(pin));
  if (!here()) return accountRefreshed(model, accountId);
  if (done === undefined) return again({ kind: "other-window" });
  if (done.value === undefined) return again(askToReload(model));
  await accountRefreshed(model, accountId);
  const state = store.account(accountId)?.state;
  const next = done.value.ok && state ? PURPOSES.find((each) => missingSuites(state, each).length > 0) : undefined;
  // A stop between: the pad of the other PIN, put under fingers that still type this one, would cost an attempt.
  const isOne = next !== undefined && next !== purpose;
  await ended(model, { accountId, purpose }, done.value, { done: isOne ? "added-one" : "added", again });
}

/** Undefined where the worker did not load, and where the person has left. */
async function work<Name extends "change-pin" | "add-keys">(
  { store, accounts }: Model,
  here: () => boolean,
  job: Name,
  input: Jobs[Name]["input"],
  begun: () => void = () => undefined,
): Promise<Jobs[Name]["result"] | undefined> {
  const cancel = new AbortController();
  store.whenLeft(() => cancel.abort());
  const progress = (step: KeyWorkProgress): void => {
    if (step.step !== "waiting-for-network") begun();
    const { screen } = store;
    if (!here() || screen.name !== "changing-pin") return;
    const waitsForNetwork = step.step === "waiting-for-network";
    store.stay({ ...screen, waitsForNetwork, ...(step.step !== "waiting-for-network" && { stage: keyStage(step) }) });
  };
  const working = runKeyWork(job, input, { signal: cancel.signal, progress }).catch((error: unknown) => {
    if (here()) throw error;
    return undefined;
  });
  return accounts.undisturbed(input.accountId, working);
}

async function ended(
  model: Model,
  { accountId, purpose }: Pick<ChangePin, "accountId" | "purpose">,
  result: Jobs["change-pin" | "add-keys"]["result"],
  { done, again }: { done: PinChangeEnd; again: (problem: Problem | undefined, attemptsLeft: number | undefined) => void },
): Promise<void> {
  const end = (of: PinChangeEnd): void => model.store.go({ name: "pin-changed", accountId, purpose, end: of });
  if (result.ok) end(done);
  else if (result.failure.code === "exchanged_before") end("changed-before");
  else if (result.failure.code === "exchange_given_up") end("given-up");
  else if (result.failure.code === "certificates_late") end("late");
  else await follow(model, accountId, consequenceOf(result.failure, { accountId, purpose }), again);
  await accountRefreshed(model, accountId);
}

async function accountRefreshed({ accounts }: Model, accountId: string): Promise<void> {
  await accounts.refresh(accountId);
}
