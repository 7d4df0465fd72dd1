// A PIN that the app made, the only one that is ever on a screen: shown until the person says that they remember it. Digit by digit, each
// for itself, so that it is read out as digits and is nowhere one string.
import { useLayoutEffect, useState } from "preact/hooks";
import type { Purpose } from "../../account/purpose.ts";
import { PIN_LENGTHS } from "../../split-key/pin-rules.ts";
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { PinEntryState, Problem } from "../model/screen-parts.ts";
import { PrimaryButton, QuietButton } from "./frame.tsx";
import { ProblemLine } from "./notice.tsx";
import { pinName } from "./person.ts";

interface DrawnPinContent {
  readonly purpose: Purpose;
  /** `working`: another one is being made. */
  readonly pin: PinEntryState;
  readonly problem: Problem | undefined;
  readonly actions: Actions;
}

export function DrawnPin({ purpose, pin, problem, actions }: DrawnPinContent) {
  const busy = pin.state !== "typing";
  const isSeen = useIsSeen();
  return (
    <>
      <ol class="drawn" aria-label={pinName(purpose)} aria-live="polite" aria-busy={busy} translate={false}>
        {Array.from({ length: PIN_LENGTHS[purpose].least }, (_, place) => (
          <li key={place}>{isSeen ? actions.drawnDigit(place) : "•"}</li>
        ))}
      </ol>
      <p class="lead">{text("choosePin.drawnWords")}</p>
      <div class="actions">
        <ProblemLine problem={problem} />
        <QuietButton busy={busy} onClick={actions.drawPin}>
          {text("choosePin.drawAnother")}
        </QuietButton>
        <PrimaryButton busy={busy} onClick={actions.rememberDrawnPin}>
          {text("choosePin.remembered")}
        </PrimaryButton>
      </div>
    </>
  );
}

/** Systems take a picture of what is left, and show it among the open apps: no digit stands in it. */
function useIsSeen(): boolean {
  const [isSeen, look] = useState(() => document.visibilityState === "visible");
  useLayoutEffect(() => {
    const follow = (): void => look(document.visibilityState === "visible");
    document.addEventListener("visibilitychange", follow);
    return () => document.removeEventListener("visibilitychange", follow);
  }, []);
  return isSeen;
}
