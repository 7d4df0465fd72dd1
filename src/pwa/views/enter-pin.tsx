// The PIN for a transaction, and for a challenge.
import type { Actions } from "../model/person-actions.ts";
import type { AppState, Screen } from "../model/state.ts";
import { Frame } from "./frame.tsx";
import { pinName } from "./person.ts";
import { pinMessage, PinPad } from "./pin-pad.tsx";
import { Code, TimeLeft } from "./transaction.tsx";

interface EnterPinContent {
  readonly screen: Screen & { name: "pin" };
  readonly state: AppState;
  readonly actions: Actions;
}

export function EnterPin({ screen, state, actions }: EnterPinContent) {
  const { claimed, shown, pin, problem } = screen;
  const name = pinName(claimed.purpose);
  const skew = state.accounts.find(({ id }) => id === screen.accountId)?.clockSkew ?? 0;
  return (
    <Frame
      kind="enter-pin with-pad"
      eyebrow={`${claimed.purpose === "auth" ? "Log in" : "Sign"} · ${shown.relyingPartyName}`}
      heading={`Enter ${name}`}
      back={{ name: "Back", go: actions.leave }}
    >
      <div class="told">
        <p class="asked small">{shown.text}</p>
        {shown.verificationCode !== "" && <Code digits={shown.verificationCode} small />}
        <TimeLeft expiresAt={claimed.expiresAt} skew={skew} />
      </div>
      <PinPad
        pin={pin}
        purpose={claimed.purpose}
        actions={actions}
        confirm="Confirm"
        cancel={{ name: "Cancel", go: actions.refuse }}
        message={pinMessage({ pin, name, problem })}
      />
    </Frame>
  );
}

interface ChallengeContent {
  readonly screen: Screen & { name: "challenge" };
  readonly actions: Actions;
}

export const Challenge = ({ screen: { pin, problem }, actions }: ChallengeContent) => (
  <Frame kind="challenge with-pad" heading="Is somebody using a copy of your account?">
    <div class="told">
      <p class="lead">
        Two devices use this account, and only one can be yours. PIN1 closes it everywhere, so that no copy works. Then make a new
        account.
      </p>
      <p class="fine">Did you bring back an old backup of this device? Then this is why.</p>
    </div>
    <PinPad
      pin={pin}
      purpose="auth"
      actions={actions}
      confirm="Confirm"
      cancel={{ name: "Not now", go: actions.leave }}
      message={pinMessage({ pin, name: "PIN1", problem })}
    />
  </Frame>
);
