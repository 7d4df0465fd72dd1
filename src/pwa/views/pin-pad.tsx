// The PIN pad: own keys, and the digits, Backspace and Enter of a keyboard. A digit goes straight to the model; here only how
// many there are is known, and shown as strokes, the way a tally was cut.
import { useLayoutEffect } from "preact/hooks";
import type { Purpose } from "../../account/purpose.ts";
import { PIN_LENGTHS } from "../../split-key/pin-rules.ts";
import type { Actions } from "../model/person-actions.ts";
import type { PinEntryState, Problem } from "../model/state.ts";
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
  /** Said between the strokes and the keys. `bad`: a refusal, or a wrong PIN. `reload`: the page must be loaded again first. */
  readonly message?: { readonly words: string; readonly bad: boolean; readonly reload?: boolean } | undefined;
}

export function PinPad({ pin, purpose, actions, confirm, cancel, message }: PinPadContent) {
  const working = pin.state === "working";
  usePinKeys(actions, working);
  return (
    <div class="pin">
      <Strokes pin={pin} least={PIN_LENGTHS[purpose].least} />
      <p class={message?.bad === true ? "pin-message bad" : "pin-message"} role="alert">
        {message?.words}{" "}
        {message?.reload === true && (
          <button type="button" class="link" onClick={actions.update}>
            Load it anew
          </button>
        )}
      </p>
      <div class="pad" role="group" aria-label="PIN pad">
        {ROWS.map((digit) => (
          <DigitKey key={digit} digit={digit} press={actions.press} working={working} />
        ))}
        <DigitKey digit={0} press={actions.press} working={working} />
        <button type="button" class="key erase" aria-label="Delete digit" {...keyOf(working, actions.erase)}>
          <Icon name="erase" />
        </button>
      </div>
      <div class={cancel === undefined ? "actions" : "actions halves"}>
        {cancel !== undefined && (
          <QuietButton onClick={cancel.go} busy={working}>
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

/**
 * Before anything was typed, as many as the shortest PIN has digits. They shake once for every wrong PIN: with other attempts left they
 * are a new element.
 */
function Strokes({ pin, least }: { readonly pin: PinEntryState; readonly least: number }) {
  const wrong = pin.attemptsLeft !== undefined && pin.length === 0 && pin.state === "typing";
  const shown = Array.from({ length: Math.max(least, pin.length) }, (_, index) => index);
  return (
    <div class="entered">
      <div key={pin.attemptsLeft} class={strokesClass(wrong, pin.state === "working")} aria-hidden="true">
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

const digitsEntered = (count: number) => (count === 0 ? "" : `${count} ${count === 1 ? "digit" : "digits"} entered`);

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

/** The keyboard, wherever the focus is; Enter and Space on a button stay that button's. */
function usePinKeys(actions: Actions, working: boolean): void {
  // Before the pad can be seen: a digit typed at once must not be lost.
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (working || event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (/^[0-9]$/.test(event.key)) actions.press(Number(event.key));
      else if (event.key === "Backspace") actions.erase();
      else if (event.key === "Enter" && !(event.target instanceof HTMLButtonElement)) actions.confirmPin();
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [actions, working]);
}

interface MessageContent {
  readonly pin: PinEntryState;
  readonly name: string;
  readonly problem?: Problem | undefined;
  /** Said before the first try. */
  readonly before?: string;
}

/** What went wrong with the last try. */
export function pinMessage({ pin, name, problem, before = "" }: MessageContent): PinPadContent["message"] {
  if (pin.state === "working") return { words: "Checking…", bad: false };
  if (problem !== undefined) return { words: problemWords(problem), bad: true, reload: problem.kind === "reload" };
  if (pin.attemptsLeft === undefined) return { words: before, bad: false };
  const left = pin.attemptsLeft === 1 ? "One attempt is left." : `${pin.attemptsLeft} attempts are left.`;
  return { words: `That is not ${name}. ${left}`, bad: true };
}
