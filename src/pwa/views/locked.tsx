// A PIN that does not work for a while, and one that never will again.
import type { Actions } from "../model/person-actions.ts";
import type { AppState, Screen } from "../model/state.ts";
import { Frame, PrimaryButton, QuietButton } from "./frame.tsx";
import { Icon } from "./icons.tsx";
import { Mark } from "./mark.tsx";
import { ReturnButton } from "./outcome.tsx";
import { pinName } from "./person.ts";
import { clockTime, countdown, useServerClock } from "./server-clock.ts";

interface LockedContent {
  readonly screen: Screen & { name: "locked" };
  readonly state: AppState;
  readonly actions: Actions;
}

export function Locked({ screen, state, actions }: LockedContent) {
  const skew = state.accounts.find(({ id }) => id === screen.accountId)?.clockSkew ?? 0;
  const now = useServerClock(skew);
  const left = screen.until - now;
  const name = pinName(screen.purpose);
  return (
    <Frame
      kind="locked"
      heading={`${name} is locked`}
      actions={
        <>
          <ReturnButton returnTo={screen.returnTo} actions={actions} />
          <PrimaryButton onClick={actions.leave}>Done</PrimaryButton>
        </>
      }
    >
      <div class={left > 0 ? "clock" : "clock over"}>
        <Icon name="lock" />
        <p class="clock-digits" role="timer" aria-label={`Time until ${name} works again`}>
          {countdown(left)}
        </p>
        <p class="clock-words" role="status">
          {left > 0
            ? `${name} works again ${clockTime(screen.until - skew, now - skew)}`
            : `${name} works again. Start anew where you were asked for it.`}
        </p>
      </div>
      <p class="lead">
        {name} was wrong three times in a row, so nobody can try it for now. If a request was open, it has ended.
      </p>
      <h2>Meanwhile</h2>
      <ul class="plain">
        <li>{screen.purpose === "auth" ? "PIN2 still signs." : "PIN1 still logs you in."}</li>
        <li>Was it not you? Then somebody with this device is guessing. Each lock is longer; the third is for ever.</li>
        <li>Is it forgotten? Nobody can recover it. Delete this account and make a new one.</li>
      </ul>
      <DeleteLink actions={actions} />
    </Frame>
  );
}

interface DeadContent {
  readonly screen: Screen & { name: "dead" };
  readonly actions: Actions;
}

export const Dead = ({ screen, actions }: DeadContent) => (
  <Frame
    kind="dead"
    heading={`${pinName(screen.purpose)} is locked for ever`}
    actions={
      <>
        <PrimaryButton onClick={actions.addAccount}>Make a new account</PrimaryButton>
        <ReturnButton returnTo={screen.returnTo} actions={actions} />
        <QuietButton onClick={actions.leave}>Not now</QuietButton>
      </>
    }
  >
    <Mark name="mark hero lone" />
    <p class="lead">
      It was wrong nine times, so the server destroyed its halves of this PIN’s keys. Nobody can bring them back, and nobody can
      use the keys.
    </p>
    <h2>How to go on</h2>
    <ol class="steps">
      <li>
        <h3>Make a new account</h3>
        <p>With new PINs. Sites know you by your personal code, so nothing changes for them.</p>
      </li>
      <li>
        <h3>Delete this one</h3>
        <p>{screen.purpose === "auth" ? "PIN2 signs" : "PIN1 logs you in"} until you do.</p>
      </li>
    </ol>
    <DeleteLink actions={actions} />
  </Frame>
);

const DeleteLink = ({ actions }: { readonly actions: Actions }) => (
  <button type="button" class="link end" onClick={actions.askDelete}>
    Delete account
  </button>
);
