// A PIN that does not work for a while, and one that never will again.
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AppState, Screen } from "../model/state.ts";
import { Frame, PrimaryButton, QuietButton } from "./frame.tsx";
import { Icon } from "./icons.tsx";
import { Mark } from "./mark.tsx";
import { ReturnButton } from "./outcome.tsx";
import { otherPinDoes, pinName, whoseAccount } from "./person.ts";
import { StillWaiting } from "./waiting.tsx";
import { clockTime, countdown, useServerClock, weekday } from "./server-clock.ts";

interface LockedContent {
  readonly screen: Screen & { name: "locked" };
  readonly state: AppState;
  readonly actions: Actions;
}

export function Locked({ screen, state, actions }: LockedContent) {
  const account = state.accounts.find(({ id }) => id === screen.accountId);
  const skew = account?.clockSkew ?? 0;
  const now = useServerClock(skew);
  const left = screen.until - now;
  const name = pinName(screen.purpose);
  const meanwhile = otherPinDoes(account?.state, screen.purpose, now);
  return (
    <Frame
      kind="locked"
      heading={text("locked.heading", { pin: name })}
      whose={whoseAccount(state, screen.accountId)}
      actions={
        <>
          <ReturnButton returnTo={screen.returnTo} actions={actions} />
          <PrimaryButton onClick={actions.leave}>{text("app.done")}</PrimaryButton>
        </>
      }
    >
      <div class={left > 0 ? "clock" : "clock over"}>
        <Icon name="lock" />
        <p class="clock-digits" role="timer" aria-label={text("locked.timeUntil", { pin: name })}>
          {countdown(left)}
        </p>
        <p class="clock-words" role="status">
          {left > 0 ? againWords(name, screen.until - skew, now - skew) : text("locked.again", { pin: name })}
        </p>
      </div>
      <p class="lead">{text("locked.words", { pin: name })}</p>
      <h2>{text("locked.meanwhile")}</h2>
      <ul class="plain">
        {meanwhile !== undefined && <li>{meanwhile}</li>}
        <li>{text("locked.guessing")}</li>
        <li>{text("locked.forgotten")}</li>
      </ul>
      <StillWaiting accounts={state.accounts} actions={actions} />
      <DeleteLink actions={actions} />
    </Frame>
  );
}

/** By the device's own clock and zone. */
function againWords(pin: string, until: number, now: number): string {
  const time = clockTime(until);
  const isToday = new Date(until).toDateString() === new Date(now).toDateString();
  return isToday ? text("locked.againToday", { pin, time }) : text("locked.againOn", { pin, day: weekday(until), time });
}

interface DeadContent {
  readonly screen: Screen & { name: "dead" };
  readonly state: AppState;
  readonly actions: Actions;
}

export function Dead({ screen, state, actions }: DeadContent) {
  const pins = state.accounts.find(({ id }) => id === screen.accountId)?.state?.pins;
  const otherIsDead = pins?.[screen.purpose === "auth" ? "sign" : "auth"].state === "dead";
  return (
    <Frame
      kind="dead"
      heading={text("locked.forEver", { pin: pinName(screen.purpose) })}
      whose={whoseAccount(state, screen.accountId)}
      actions={
        <>
          <PrimaryButton onClick={actions.addAccount}>{text("dead.newAccount")}</PrimaryButton>
          <ReturnButton returnTo={screen.returnTo} actions={actions} />
          <QuietButton onClick={actions.leave}>{text("app.notNow")}</QuietButton>
        </>
      }
    >
      <Mark name="mark hero lone" />
      <p class="lead">{text("dead.words")}</p>
      <h2>{text("dead.howToGoOn")}</h2>
      <ol class="steps">
        <li>
          <h3>{text("dead.newAccount")}</h3>
          <p>{text("dead.newAccountWords")}</p>
        </li>
        <li>
          <h3>{text("dead.deleteThis")}</h3>
          {otherIsDead ? null : <p>{text("dead.deleteWords", { purpose: screen.purpose })}</p>}
        </li>
      </ol>
      <StillWaiting accounts={state.accounts} actions={actions} />
      <DeleteLink actions={actions} />
    </Frame>
  );
}

const DeleteLink = ({ actions }: { readonly actions: Actions }) => (
  <button type="button" class="link end" onClick={actions.askDelete}>
    {text("app.deleteAccount")}
  </button>
);
