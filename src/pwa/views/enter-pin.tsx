// The PIN for a transaction, and for a challenge.
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AppState, Screen } from "../model/state.ts";
import { Frame } from "./frame.tsx";
import { pinName, whoseAccount } from "./person.ts";
import { pinMessage, PinPad } from "./pin-pad.tsx";
import { Code, TimeLeft } from "./transaction.tsx";

interface EnterPinContent {
  readonly screen: Screen & { name: "pin" };
  readonly state: AppState;
  readonly actions: Actions;
}

export function EnterPin({ screen, state, actions }: EnterPinContent) {
  const { claimed, shown, typing, pin, problem } = screen;
  const name = pinName(claimed.purpose);
  const skew = state.accounts.find(({ id }) => id === screen.accountId)?.clockSkew ?? 0;
  return (
    <Frame
      kind="enter-pin with-pad"
      eyebrow={
        <>
          {text(`purpose.${claimed.purpose}`)} · <bdi>{shown.relyingPartyName}</bdi>
        </>
      }
      heading={text("pin.enter", { pin: name })}
      whose={whoseAccount(state, screen.accountId)}
      back={{ name: text("app.back"), go: actions.leave }}
      holds
    >
      <div class="told">
        <p class="asked small">{shown.text}</p>
        {shown.verificationCode !== "" && typing === undefined && <Code digits={shown.verificationCode} small />}
        <TimeLeft expiresAt={claimed.expiresAt} skew={skew} />
      </div>
      <PinPad
        pin={pin}
        purpose={claimed.purpose}
        actions={actions}
        confirm={text("app.confirm")}
        cancel={{ name: text("app.cancel"), go: actions.refuse }}
        message={pinMessage({ pin, name, problem })}
      />
    </Frame>
  );
}

interface ChallengeContent {
  readonly screen: Screen & { name: "challenge" };
  readonly state: AppState;
  readonly actions: Actions;
}

export const Challenge = ({ screen: { accountId, pin, problem }, state, actions }: ChallengeContent) => (
  <Frame kind="challenge with-pad" heading={text("challenge.heading")} whose={whoseAccount(state, accountId)}>
    <div class="told">
      <p class="lead">{text("challenge.words")}</p>
      <p class="fine">{text("challenge.backup")}</p>
    </div>
    <PinPad
      pin={pin}
      purpose="auth"
      actions={actions}
      confirm={text("app.confirm")}
      cancel={{ name: text("app.notNow"), go: actions.leave }}
      message={pinMessage({ pin, name: pinName("auth"), problem })}
    />
  </Frame>
);
