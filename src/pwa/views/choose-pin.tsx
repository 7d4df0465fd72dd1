// Choosing a PIN, and repeating it: the rules are there before the first digit, and a refusal says its reason.
import type { Purpose } from "../../account/purpose.ts";
import { PIN_LENGTHS, type PinRefusal } from "../../split-key/pin-rules.ts";
import type { Actions } from "../model/person-actions.ts";
import type { Screen } from "../model/state.ts";
import { Frame } from "./frame.tsx";
import { pinName } from "./person.ts";
import { pinMessage, PinPad } from "./pin-pad.tsx";

function lengthWords(purpose: Purpose): string {
  const { least, most } = PIN_LENGTHS[purpose];
  return `${least} to ${most} digits${purpose === "sign" ? ", other than PIN1" : ""}`;
}

interface ChoosePinContent {
  readonly screen: Screen & { name: "choose-pin" };
  readonly actions: Actions;
}

export function ChoosePin({ screen, actions }: ChoosePinContent) {
  const { purpose, stage, pin, refusal, problem } = screen;
  const name = pinName(purpose);
  return (
    <Frame
      kind="choose-pin with-pad"
      eyebrow={purpose === "auth" ? "For logging in" : "For signing"}
      heading={`${stage === "choose" ? "Choose" : "Repeat"} ${name}`}
      back={{ name: "Back", go: actions.leave }}
      giveUp={{ name: "Start over", go: actions.removeFromDevice }}
    >
      {stage === "choose" ? (
        <ul class="rules">
          <li>{lengthWords(purpose)}</li>
          <li>No birthdays, patterns or parts of your personal code</li>
          <li>Nobody can recover it: it is stored nowhere</li>
        </ul>
      ) : (
        <p class="lead">Once more, so that no slip of a finger locks you out. Nobody can recover a PIN.</p>
      )}
      <PinPad
        pin={pin}
        purpose={purpose}
        actions={actions}
        confirm="Continue"
        message={
          refusal === undefined
            ? problem && pinMessage({ pin, name, problem })
            : { words: refusalWords(refusal, purpose), bad: true }
        }
      />
    </Frame>
  );
}

function refusalWords(refusal: PinRefusal | "differs", purpose: Purpose): string {
  switch (refusal) {
    case "differs":
      return "The two do not match. Choose again.";
    case "not_digits":
      return "A PIN has digits only.";
    case "too_short":
      return `Too short: ${pinName(purpose)} has at least ${PIN_LENGTHS[purpose].least} digits.`;
    case "too_long":
      return `Too long: a PIN has at most ${PIN_LENGTHS[purpose].most} digits.`;
    case "same_as_other_pin":
      return "PIN2 must not be the same as PIN1.";
    case "one_repeated_digit":
      return "One digit over and over is guessed first. Choose another.";
    case "run_of_digits":
      return "Digits in a row, up or down, are guessed early. Choose another.";
    case "birth_date":
      return "That is your date of birth, or a part of it. Choose another.";
    case "part_of_personal_code":
      return "That is a part of your personal code. Choose another.";
    case "well_known":
      return "Many people choose this one, so it is guessed early. Choose another.";
  }
}
