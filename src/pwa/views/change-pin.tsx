// A new PIN for an account that stands, and new keys under the PIN that it has: what it means is said before the first digit, and what came
// of it at the end.
import type { Purpose } from "../../account/purpose.ts";
import { canLeaveChange } from "../model/pin-change-news.ts";
import { PIN_LENGTHS } from "../../split-key/pin-rules.ts";
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { PinChangeEnd } from "../model/screen-parts.ts";
import type { AppState, Screen } from "../model/state.ts";
import { choiceMessage, PinRules } from "./choose-pin.tsx";
import { DrawnPin } from "./drawn-pin.tsx";
import { Frame, PrimaryButton, QuietButton } from "./frame.tsx";
import { Icon, type IconName } from "./icons.tsx";
import { KeysInMaking, NetworkWait } from "./making-keys.tsx";
import { pinName, whoseAccount } from "./person.ts";
import { pinMessage, PinPad } from "./pin-pad.tsx";

interface ScreenContent<Name extends Screen["name"]> {
  readonly screen: Screen & { name: Name };
  readonly actions: Actions;
}

interface StatefulContent<Name extends Screen["name"]> extends ScreenContent<Name> {
  readonly state: AppState;
}

const purposeName = (purpose: Purpose): string => text(purpose === "auth" ? "keys.auth" : "keys.sign");

export function ChangePin({ screen, state, actions }: StatefulContent<"change-pin">) {
  const { purpose, stage, pin, refusal, problem } = screen;
  const name = stage === "old" ? text("changePin.oldName", { pin: pinName(purpose) }) : pinName(purpose);
  return (
    <Frame
      kind={stage === "drawn" ? "drawn-pin" : "choose-pin with-pad"}
      eyebrow={purposeName(purpose)}
      heading={text(`changePin.heading.${stage}`, { pin: pinName(purpose) })}
      whose={whoseAccount(state, screen.accountId)}
      back={{ name: text("app.back"), go: actions.leave }}
      holds
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
          message={
            stage === "old" ? pinMessage({ pin, name, problem }) : choiceMessage({ stage, purpose, pin, refusal, problem })
          }
        />
      )}
    </Frame>
  );
}

type ChangeStage = (Screen & { name: "change-pin" })["stage"];

function Explained({ purpose, stage }: { readonly purpose: Purpose; readonly stage: ChangeStage }) {
  switch (stage) {
    case "old":
      return <p class="lead">{text("changePin.oldWords")}</p>;
    case "choose":
      return (
        <PinRules
          length={text("changePin.length", { ...PIN_LENGTHS[purpose], other: pinName(purpose === "auth" ? "sign" : "auth") })}
        />
      );
    case "repeat":
      return <p class="lead">{text("choosePin.onceMore")}</p>;
    case "drawn":
      return null;
  }
}

export const AddKeys = ({ screen: { accountId, purpose, pin, problem }, state, actions }: StatefulContent<"add-keys">) => (
  <Frame
    kind="choose-pin with-pad"
    eyebrow={purposeName(purpose)}
    heading={text("pin.enter", { pin: pinName(purpose) })}
    whose={whoseAccount(state, accountId)}
    back={{ name: text("app.back"), go: actions.leave }}
    holds
  >
    <p class="lead">{text("addKeys.words")}</p>
    <PinPad
      pin={pin}
      purpose={purpose}
      actions={actions}
      confirm={text("app.continue")}
      message={pinMessage({ pin, name: pinName(purpose), problem })}
    />
  </Frame>
);

/** While keys are being made there is no way back: whoever leaves before, or while the network is away, is told at home what came of it. */
export function ChangingPin({ screen, actions }: ScreenContent<"changing-pin">) {
  const before = text(screen.change === "replace" ? "changePin.checking" : "pin.checking");
  return (
    <Frame
      kind="making-keys"
      heading={text("changePin.making")}
      back={canLeaveChange(screen) ? { name: text("app.back"), go: actions.leave } : undefined}
      holds
    >
      <p class="lead">{text(screen.change === "replace" ? "changePin.makingWords" : "addKeys.makingWords")}</p>
      <div class="keys">
        <KeysInMaking purpose={screen.purpose} stage={screen.stage} before={before} />
      </div>
      <NetworkWait waits={screen.waitsForNetwork} />
    </Frame>
  );
}

const ICONS: Readonly<Record<PinChangeEnd, IconName>> = {
  changed: "check",
  added: "check",
  "added-one": "check",
  "changed-before": "clock",
  late: "clock",
  "given-up": "warning",
};

export function PinChanged({ screen: { purpose, end }, actions }: ScreenContent<"pin-changed">) {
  const names = { pin: pinName(purpose), other: pinName(purpose === "auth" ? "sign" : "auth") };
  return (
    <Frame
      kind="outcome"
      heading={text(`pinChanged.${end}.heading`, names)}
      actions={
        <>
          {end === "given-up" && <PrimaryButton onClick={() => actions.changePin(purpose)}>{text("app.tryAgain")}</PrimaryButton>}
          {end === "added-one" && <PrimaryButton onClick={actions.addKeys}>{text("app.continue")}</PrimaryButton>}
          {end === "given-up" || end === "added-one" ? (
            <QuietButton onClick={actions.leave}>{text("app.notNow")}</QuietButton>
          ) : (
            <PrimaryButton onClick={actions.leave}>{text("app.done")}</PrimaryButton>
          )}
        </>
      }
    >
      <span class="outcome-icon">
        <Icon name={ICONS[end]} />
      </span>
      <div role="status">
        <p class="lead">{text(`pinChanged.${end}.words`, names)}</p>
      </div>
    </Frame>
  );
}
