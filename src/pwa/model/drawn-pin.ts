// A PIN that the app makes for whoever asks for one: drawn at random under the rules of every PIN, shown once, and repeated by hand like one
// that was chosen. Its digits lie where those of a typed one lie (kept-pins.ts) and are overwritten with them; nowhere are they one string.
import { PIN_LENGTHS } from "../../split-key/pin-rules.ts";
import { runKeyWork } from "../key-work/key-work.ts";
import type { Jobs } from "../key-work/jobs.ts";
import type { Model } from "./model.ts";
import { EMPTY_PIN, isBusy, type PinScreen } from "./store.ts";

/** On which a PIN is chosen. */
export type ChoosingScreen = Extract<PinScreen, { readonly name: "choose-pin" | "change-pin" }>;

/** The rules refuse two of a hundred: so many in a row are not chance. */
const MOST_DRAWN = 20;
/** The largest multiple of ten that a byte can count to: what is above it would make 0 to 5 more frequent than 6 to 9. */
const EVEN = 250;
const ZERO = 0x30;

/** That many digits in ASCII, each as likely as any other. `fill`: puts random bytes into an array. */
export function drawDigits(
  count: number,
  fill: (bytes: Uint8Array<ArrayBuffer>) => unknown = (bytes) => crypto.getRandomValues(bytes),
): Uint8Array<ArrayBuffer> {
  const digits = new Uint8Array(count);
  const drawn = new Uint8Array(1);
  for (let place = 0; place < count;) {
    fill(drawn);
    const byte = drawn[0] ?? EVEN;
    if (byte < EVEN) digits[place++] = ZERO + (byte % 10);
  }
  drawn.fill(0);
  return digits;
}

/** By the rules for PINs, of which the key worker knows; undefined where it did not load. `pin` stays as it is. */
export function checkedPin(
  { store }: Model,
  screen: ChoosingScreen,
  pin: Uint8Array<ArrayBuffer>,
): Promise<Jobs["check-pin"]["result"] | undefined> {
  const { purpose } = screen;
  const accountId = screen.name === "change-pin" ? screen.accountId : store.state.selected;
  const { semanticsIdentifier, dateOfBirth } = (accountId === undefined ? undefined : store.account(accountId)?.owner) ?? {};
  const otherPin = screen.name === "choose-pin" && purpose === "sign" ? store.chosen.copyOf("auth") : undefined;
  return runKeyWork("check-pin", {
    purpose,
    pin: pin.slice().buffer,
    ...(otherPin !== undefined && { otherPin }),
    ...(semanticsIdentifier !== undefined && { semanticsIdentifier }),
    ...(dateOfBirth !== undefined && { dateOfBirth }),
  });
}

/** Where a PIN is chosen, and again where one is shown already. What was typed before is overwritten. */
export async function drawPin(model: Model): Promise<void> {
  const { store } = model;
  const screen = choosing(model);
  if (screen === undefined || screen.stage === "repeat") return;
  const { refusal: _, problem: __, ...asked } = screen;
  store.pin.clear();
  store.stayWithPin(asked, { state: "working" });
  const here = store.visit();
  for (let drawn = 0; drawn < MOST_DRAWN; drawn++) {
    const pin = drawDigits(PIN_LENGTHS[asked.purpose].least);
    const checked = await checkedPin(model, asked, pin);
    if (here() && checked?.ok === true && !isOld(model, asked, pin)) return show(model, asked, pin);
    pin.fill(0);
    if (!here()) return;
    if (checked === undefined) {
      store.patch({ updateReady: true });
      return store.stayWithPin({ ...asked, problem: { kind: "reload" } }, { state: "typing" });
    }
  }
  store.stayWithPin({ ...asked, problem: { kind: "failed" } }, { state: "typing" });
}

const isOld = ({ store }: Model, { name }: ChoosingScreen, pin: Uint8Array): boolean =>
  name === "change-pin" && store.changing.matches("old", pin);

function show({ store }: Model, screen: ChoosingScreen, pin: Uint8Array<ArrayBuffer>): void {
  if (screen.name === "choose-pin") store.chosen.set(screen.purpose, pin);
  else store.changing.set("new", pin);
  store.go({ ...screen, stage: "drawn", pin: EMPTY_PIN });
}

/** Its digit at that place, counted from 0, for the screen that shows it; undefined where it was overwritten meanwhile. */
export function drawnDigit({ store }: Model, place: number): number | undefined {
  const { screen } = store;
  if ((screen.name !== "choose-pin" && screen.name !== "change-pin") || screen.stage !== "drawn") return undefined;
  const byte = screen.name === "choose-pin" ? store.chosen.byteOf(screen.purpose, place) : store.changing.byteOf("new", place);
  return byte === undefined ? undefined : byte - ZERO;
}

/** The person has seen it: from here on it is in their head, and is typed. */
export function rememberDrawnPin(model: Model): void {
  const screen = choosing(model);
  if (screen?.stage !== "drawn") return;
  const { refusal: _, problem: __, ...shown } = screen;
  model.store.go({ ...shown, stage: "repeat", pin: EMPTY_PIN });
}

function choosing({ store: { screen } }: Model): ChoosingScreen | undefined {
  return (screen.name === "choose-pin" || screen.name === "change-pin") && !isBusy(screen) ? screen : undefined;
}
