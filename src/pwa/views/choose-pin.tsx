// Choosing a PIN, and repeating it: the rules are there before the first digit, and a refusal says its reason.
import type { Purpose } from "../../account/purpose.ts";
import { PIN_LENGTHS, type PinRefusal } from "../../split-key/pin-rules.ts";
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { PinEntryState, Problem } from "../model/screen-parts.ts";
import type { Screen } from "../model/state.ts";
import { DrawnPin } from "./drawn-pin.tsx";
import { Frame } from "./frame.tsx";
import { pinName } from "./person.ts";
import { type PadMessage, pinMessage, PinPad } from "./pin-pad.tsx";

interface ChoosePinContent {
  readonly screen: Screen & { name: "choose-pin" };
  readonly actions: Actions;
}

export function ChoosePin({ screen, actions }: ChoosePinContent) {
  const { purpose, stage, pin, refusal, problem } = screen;
  const name = pinName(purpose);
  return (
    <Frame
      kind={stage === "drawn" ? "drawn-pin" : "choose-pin with-pad"}
      eyebrow={text(purpose === "auth" ? "keys.auth" : "keys.sign")}
      heading={text(`choosePin.heading.${stage}`, { pin: name })}
      back={{ name: text("app.back"), go: actions.leave }}
      holds
      giveUp={{ name: text("app.startOver"), go: actions.removeFromDevice }}
    >
      <Explained purpose={purpose} stage={stage} />
      {stage === "drawn" ? (
        <DrawnPin purpose={purpose} pin={pin} problem={problem} actions={actions} />
      ) : (
        <PinPad
          pin={pin}
          purpose={purpose}
          actions={actions}
          confirm={text("app.continue")}
          message={choiceMessage({ stage, purpose, pin, refusal, problem })}
        />
      )}
    </Frame>
  );
}

function Explained({ purpose, stage }: Pick<ChoosePinContent["screen"], "purpose" | "stage">) {
  if (stage === "drawn") return null;
  if (stage === "repeat") return <p class="lead">{text("choosePin.onceMore")}</p>;
  return <PinRules length={text("choosePin.length", { purpose, ...PIN_LENGTHS[purpose] })} />;
}

/** Of a PIN that is chosen. `length`: what is said of its digits. */
export const PinRules = ({ length }: { readonly length: string }) => (
  <ul class="rules">
    <li>{length}</li>
    <li>{text("choosePin.noBirthdays")}</li>
    <li>{text("choosePin.noRecovery")}</li>
  </ul>
);

/** While a PIN is chosen or repeated: why it is not taken, and that the app makes one for whoever wants one. */
export function choiceMessage({ stage, purpose, pin, refusal, problem }: ChoiceContent): PadMessage | undefined {
  const draws = stage === "choose" && pin.state === "typing" ? ({ way: "draw" } as const) : {};
  if (refusal !== undefined) return { words: refusalWords(refusal, purpose), bad: true, ...draws };
  if (problem !== undefined) return pinMessage({ pin, name: pinName(purpose), problem });
  return { words: "", bad: false, ...draws };
}

interface ChoiceContent {
  readonly stage: "choose" | "repeat";
  readonly purpose: Purpose;
  readonly pin: PinEntryState;
  readonly refusal: PinRefusal | "differs" | "same_as_before" | undefined;
  readonly problem: Problem | undefined;
}

/** Why this PIN is not taken, and what to do. */
const refusalWords = (refusal: PinRefusal | "differs" | "same_as_before", purpose: Purpose): string =>
  text(`pinRefusal.${refusal}`, { pin: pinName(purpose), ...PIN_LENGTHS[purpose] });
