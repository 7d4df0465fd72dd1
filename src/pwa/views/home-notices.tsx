// What happened to other accounts, and what stands in the way, each with the way to mend it. The gravest first.
import type { Purpose } from "../../account/purpose.ts";
import { isDueForRenewal } from "../../authenticator/renewal.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AccountView, AppState, KeyState } from "../model/state.ts";
import { AccountNotices } from "./account-notices.tsx";
import { Notice } from "./notice.tsx";
import { pinName } from "./person.ts";
import { calendarDay, countdown, useServerClock } from "./server-clock.ts";

interface HomeNoticesContent {
  readonly account: AccountView;
  readonly state: AppState;
  readonly actions: Actions;
}

export const HomeNotices = ({ account, state, actions }: HomeNoticesContent) => (
  <div class="notices">
    {account.state !== undefined && (
      <>
        <AccountNotices accountId={account.id} notices={account.state.notices} state={state} actions={actions} />
        <OutOfStepNotice outOfStep={account.state.outOfStep} />
        <PinNotice purpose="auth" account={account} state={account.state} />
        <PinNotice purpose="sign" account={account} state={account.state} />
        <ExpiryNotice account={account} state={account.state} actions={actions} />
      </>
    )}
    {!state.online && (
      <Notice tone="care" icon="offline" title="You are offline">
        <p>Requests cannot reach you, and PINs cannot be used, until the network is back.</p>
      </Notice>
    )}
    <NotificationNotice notifications={state.notifications} actions={actions} />
    {state.updateReady && (
      <Notice tone="calm" icon="renew" title="A new version is ready" action={{ name: "Update now", go: actions.update }}>
        <p>It takes a second. Your accounts stay.</p>
      </Notice>
    )}
  </div>
);

const OutOfStepNotice = ({ outOfStep }: { readonly outOfStep: KeyState["outOfStep"] }) =>
  outOfStep.count === 0 ? null : (
    <Notice tone="alarm" icon="devices" title="Another copy of this account was used">
      <p>
        Last on {calendarDay(outOfStep.lastAt)}. If you did not bring back a backup of this device, delete this account and make a
        new one.
        {outOfStep.unansweredForGood && " The copy cannot be tested any more: too many wrong PINs were typed there."}
      </p>
    </Notice>
  );

interface PinNoticeContent {
  readonly purpose: Purpose;
  readonly account: AccountView;
  readonly state: KeyState;
}

function PinNotice({ purpose, account, state }: PinNoticeContent) {
  const now = useServerClock(account.clockSkew);
  const name = pinName(purpose);
  const pin = state.pins[purpose];
  if (pin.state === "dead") {
    return (
      <Notice tone="alarm" icon="lock" title={`${name} is locked for ever`}>
        <p>Add another account with new PINs, then delete this one.</p>
      </Notice>
    );
  }
  if (pin.state !== "locked" || pin.lockedUntil <= now) return null;
  return (
    <Notice tone="alarm" icon="lock" title={`${name} is locked`}>
      <p>
        It works again in <span class="digits">{countdown(pin.lockedUntil - now)}</span>.{" "}
        {purpose === "auth" ? "PIN2 still signs." : "PIN1 still logs you in."}
      </p>
    </Notice>
  );
}

interface ExpiryNoticeContent {
  readonly account: AccountView;
  readonly state: KeyState;
  readonly actions: Actions;
}

const ExpiryNotice = ({ account: { id }, state, actions }: ExpiryNoticeContent) =>
  !isDueForRenewal(state) ? null : (
    <Notice
      tone="calm"
      icon="clock"
      title={`This account ends on ${calendarDay(state.expiresAt)}`}
      action={{ name: "Renew it", go: () => actions.renew(id) }}
    >
      <p>
        Renew it before that day: you say who you are again and choose new PINs. This one works until the new one does. What you
        signed stays signed.
      </p>
    </Notice>
  );

interface NotificationNoticeContent {
  readonly notifications: AppState["notifications"];
  readonly actions: Actions;
}

function NotificationNotice({ notifications, actions }: NotificationNoticeContent) {
  switch (notifications) {
    case "on":
      return null;
    case "off":
      return (
        <Notice
          tone="calm"
          icon="bell"
          title="Notifications are off"
          action={{ name: "Turn on notifications", go: actions.enableNotifications }}
        >
          <p>With them, requests reach you while Tally is closed.</p>
        </Notice>
      );
    case "denied":
      return (
        <Notice tone="care" icon="bell" title="Notifications are blocked">
          <p>Allow them for this site in the settings of your browser. Until then, open Tally when a site asks you.</p>
        </Notice>
      );
    case "unavailable":
      return (
        <Notice tone="calm" icon="bell" title="No notifications in this browser">
          <p>Open Tally when a site asks you. On an iPhone or iPad, add Tally to the home screen first.</p>
        </Notice>
      );
  }
}
