// The PIN pad: own keys, and the digits, Backspace and Enter of a keyboard. A digit goes straight to the model; here only how
// many there are is known, and shown as strokes, the way a tally was cut.
import { useLayoutEffect } from "preact/hooks";
import type { Purpose } from "../../account/purpose.ts";
import { PIN_LENGTHS } from "../../split-key/pin-rules.ts";
import { text, type TextKey } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { PinEntryState, Problem } from "../model/screen-parts.ts";
import { PrimaryButton, QuietButton } from "./frame.tsx";
import { Icon } from "./icons.tsx";
import { problemWords } from "./notice.tsx";

const ROWS = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

interface PinPadContent {
  readonly pin: PinEntryState;
  readonly purpose: Purpose;
  readonly actions: Actions;
  /** What the confirming button says. */
  readonly confirm: string;
  readonly cancel?: { readonly name: string; readonly go: () => void } | undefined;
  readonly message?: PadMessage | undefined;
}

/** Said between what was typed and the keys. `bad`: a refusal, or a wrong PIN. */
export interface PadMessage {
  readonly words: string;
  readonly bad: boolean;
  /** What can be done about it: the page loaded again; what there is where a passkey is gone; a PIN that the app makes. */
  readonly way?: Way | undefined;
}

type Way = "reload" | "passkey-lost" | "draw";

export function PinPad({ pin, purpose, actions, confirm, cancel, message }: PinPadContent) {
  const working = pin.state !== "typing";
  useKeyboard({ ...actions, confirm: actions.confirmPin }, working);
  return (
    <div class="pin">
      <Strokes pin={pin} least={PIN_LENGTHS[purpose].least} />
      <p class={message?.bad === true ? "pin-message bad" : "pin-message"} role="alert">
        {message?.words}{" "}
        {message?.way !== undefined && (
          <button type="button" class="link" onClick={actions[WAYS[message.way].go]}>
            {text(WAYS[message.way].name)}
          </button>
        )}
      </p>
      <Keys name={text("pin.pad")} actions={actions} working={working} />
      <div class={cancel === undefined ? "actions" : "actions halves"}>
        {cancel !== undefined && (
          <QuietButton onClick={cancel.go} busy={pin.state === "working"}>
            {cancel.name}
          </QuietButton>
        )}
        <PrimaryButton onClick={actions.confirmPin} busy={working || pin.length === 0}>
          {confirm}
        </PrimaryButton>
      </div>
    </div>
  );
}

const WAYS = {
  reload: { name: "app.loadAnew", go: "update" },
  "passkey-lost": { name: "passkey.gone", go: "passkeyLost" },
  draw: { name: "choosePin.draw", go: "drawPin" },
} as const satisfies Readonly<Record<Way, { readonly name: TextKey; readonly go: keyof Actions }>>;

interface KeysContent {
  /** For the ear. */
  readonly name: string;
  readonly actions: Pick<Actions, "press" | "erase">;
  readonly working: boolean;
}

export const Keys = ({ name, actions, working }: KeysContent) => (
  <div class="pad" role="group" aria-label={name}>
    {ROWS.map((digit) => (
      <DigitKey key={digit} digit={digit} press={actions.press} working={working} />
    ))}
    <DigitKey digit={0} press={actions.press} working={working} />
    <button type="button" class="key erase" aria-label={text("pin.deleteDigit")} {...keyOf(working, actions.erase)}>
      <Icon name="erase" />
    </button>
  </div>
);

/**
 * Before anything was typed, as many as the shortest PIN has digits. They shake once for every wrong PIN: with other attempts left they
 * are a new element.
 */
function Strokes({ pin, least }: { readonly pin: PinEntryState; readonly least: number }) {
  const wrong = pin.attemptsLeft !== undefined && pin.length === 0 && pin.state === "typing";
  const shown = Array.from({ length: Math.max(least, pin.length) }, (_, index) => index);
  return (
    <div class="entered">
      <div key={pin.attemptsLeft} class={strokesClass(wrong, pin.state !== "typing")} aria-hidden="true">
        {shown.map((index) => (
          <i key={index} class={index < pin.length ? "stroke cut" : "stroke"} />
        ))}
      </div>
      <p class="heard" role="status">
        {pin.state === "typing" && digitsEntered(pin.length)}
      </p>
    </div>
  );
}

const strokesClass = (wrong: boolean, working: boolean) => `strokes${wrong ? " wrong" : ""}${working ? " working" : ""}`;

const digitsEntered = (count: number) => (count === 0 ? "" : text("pin.entered", { count }));

const DigitKey = ({
  digit,
  press,
  working,
}: {
  readonly digit: number;
  readonly press: Actions["press"];
  readonly working: boolean;
}) => (
  <button type="button" class={digit === 0 ? "key zero" : "key"} {...keyOf(working, () => press(digit))}>
    {digit}
  </button>
);

/** Pressing a key does not move the focus, so that Enter on a keyboard goes on confirming. */
const keyOf = (working: boolean, act: () => void) => ({
  "aria-disabled": working,
  onMouseDown: (event: MouseEvent) => event.preventDefault(),
  onClick: () => {
    if (!working) act();
  },
});

interface Typing extends Pick<Actions, "press" | "erase"> {
  readonly confirm: () => void;
}

/** The keyboard, wherever the focus is; Enter and Space on a button stay that button's. */
export function useKeyboard({ press, erase, confirm }: Typing, working: boolean): void {
  // Before the pad can be seen: a digit typed at once must not be lost.
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (working || event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (/^[0-9]$/.test(event.key)) press(Number(event.key));
      else if (event.key === "Backspace") erase();
      else if (event.key === "Enter" && !(event.target instanceof HTMLButtonElement)) confirm();
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [press, erase, confirm, working]);
}

interface MessageContent {
  readonly pin: PinEntryState;
  readonly name: string;
  readonly problem?: Problem | undefined;
  /** Said before the first try. */
  readonly before?: string;
}

/** What went wrong with the last try. */
export function pinMessage({ pin, name, problem, before = "" }: MessageContent): PadMessage {
  if (pin.state === "passkey") return { words: text("passkey.waiting"), bad: false };
  if (pin.state === "working") return { words: text("pin.checking"), bad: false };
  if (problem !== undefined) return { words: problemWords(problem), bad: true, way: wayOut(problem) };
  if (pin.attemptsLeft === undefined) return { words: before, bad: false };
  return { words: text("pin.wrong", { pin: name, left: pin.attemptsLeft }), bad: true };
}

function wayOut({ kind }: Problem): PadMessage["way"] {
  if (kind === "passkey") return "passkey-lost";
  return kind === "reload" ? kind : undefined;
}
