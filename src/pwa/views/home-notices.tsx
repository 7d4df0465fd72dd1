// What happened to other accounts, and what stands in the way, each with the way to mend it. The gravest first.
import { type Purpose, PURPOSES } from "../../account/purpose.ts";
import { missingSuites } from "../../authenticator/re-key.ts";
import { isDueForRenewal } from "../../authenticator/renewal.ts";
import { richText, text } from "../language/text.ts";
import { browserFamily } from "../model/browser-family.ts";
import type { Actions } from "../model/person-actions.ts";
import { pinChangeNews } from "../model/pin-change-news.ts";
import type { AccountView, AppState, KeyState } from "../model/state.ts";
import { AccountNotices } from "./account-notices.tsx";
import { ClockNotice, StorageNotice, TooOldNotice } from "./device-notices.tsx";
import { ToHomeScreen } from "./home-screen.tsx";
import { MissingPasskey } from "./missing-passkey.tsx";
import { Notice } from "./notice.tsx";
import { PasskeyOffer } from "./passkey-offer.tsx";
import { otherPinDoes, pinName } from "./person.ts";
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
        <AccountNotices account={account} state={state} actions={actions} />
        <OutOfStepNotice outOfStep={account.state.outOfStep} />
        <PinChangeNotice account={account} actions={actions} />
        <PinNotice purpose="auth" account={account} state={account.state} actions={actions} />
        <PinNotice purpose="sign" account={account} state={account.state} actions={actions} />
        <MissingPasskey account={account} actions={actions} />
        <ExpiryNotice account={account} state={account.state} actions={actions} />
        <NewKeysNotice state={account.state} actions={actions} />
      </>
    )}
    <TooOldNotice state={state} actions={actions} />
    {!state.online && (
      <Notice tone="care" icon="offline" title={text("home.offline")}>
        <p>{text("home.offlineWords")}</p>
      </Notice>
    )}
    <ClockNotice account={account} />
    <StorageNotice state={state} actions={actions} />
    <NotificationNotice notifications={state.notifications} actions={actions} />
    <PasskeyOffer account={account} state={state} actions={actions} />
    {state.updateReady && !state.tooOld && (
      <Notice
        tone="calm"
        icon="renew"
        title={text("home.newVersion")}
        action={{ name: text("home.updateNow"), go: actions.update }}
      >
        <p>{text("home.newVersionWords")}</p>
      </Notice>
    )}
  </div>
);

const OutOfStepNotice = ({ outOfStep }: { readonly outOfStep: KeyState["outOfStep"] }) =>
  outOfStep.count === 0 ? null : (
    <Notice tone="alarm" icon="devices" title={text("home.copyUsed")}>
      <p>
        {text("home.copyUsedWords", { day: calendarDay(outOfStep.lastAt) })}
        {outOfStep.unansweredForGood && ` ${text("home.copyUntestable")}`}
      </p>
    </Notice>
  );

interface PinNoticeContent {
  readonly purpose: Purpose;
  readonly account: AccountView;
  readonly state: KeyState;
  readonly actions: Actions;
}

function PinNotice({ purpose, account, state, actions }: PinNoticeContent) {
  const now = useServerClock(account.clockSkew);
  const name = pinName(purpose);
  const pin = state.pins[purpose];
  if (pin.state === "dead") {
    const title = text("locked.forEver", { pin: name });
    return (
      <Notice
        tone="alarm"
        icon="lock"
        title={title}
        action={{ name: text("dead.newAccount"), about: title, go: actions.addAccount }}
      >
        <p>{text("home.pinDeadWords")}</p>
      </Notice>
    );
  }
  if (pin.state !== "locked" || pin.lockedUntil <= now) return null;
  return (
    <Notice tone="alarm" icon="lock" title={text("locked.heading", { pin: name })}>
      <p>
        {richText("home.worksAgainIn", { time: <span class="digits">{countdown(pin.lockedUntil - now)}</span> })}{" "}
        {otherPinDoes(state, purpose, now)}
      </p>
    </Notice>
  );
}

/** A change that the person could not be told the end of. */
function PinChangeNotice({ account, actions }: Pick<HomeNoticesContent, "account" | "actions">) {
  const news = pinChangeNews(account);
  if (news === undefined || account.pinChange === undefined) return null;
  const { purpose } = account.pinChange;
  const pin = pinName(purpose);
  const action =
    news === "late" || news === "unknown"
      ? undefined
      : {
          name: text("otherAccount.understood"),
          about: text(`pinChange.${news}`, { pin }),
          go: () => actions.dismissPinChange(account.id),
        };
  return (
    <Notice
      tone={news === "unchanged" || news === "unknown" ? "care" : "calm"}
      icon="lock"
      title={text(`pinChange.${news}`, { pin })}
      {...(action && { action })}
    >
      <p>{text(`pinChange.${news}Words`, { pin })}</p>
    </Notice>
  );
}

/** Whoever runs the service offers a kind of key that this account has none of. One with a PIN that is locked for ever is to be replaced. */
function NewKeysNotice({ state, actions }: { readonly state: KeyState; readonly actions: Actions }) {
  const { status, pins } = state;
  if (status !== "active" || PURPOSES.some((purpose) => pins[purpose].state === "dead")) return null;
  if (!PURPOSES.some((purpose) => missingSuites(state, purpose).length > 0)) return null;
  return (
    <Notice tone="calm" icon="plus" title={text("addKeys.notice")} action={{ name: text("addKeys.add"), go: actions.addKeys }}>
      <p>{text("addKeys.noticeWords")}</p>
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
      title={text("home.ends", { day: calendarDay(state.expiresAt) })}
      action={{ name: text("home.renew"), go: () => actions.renew(id) }}
    >
      <p>{text("home.endsWords")}</p>
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
          title={text("home.notificationsOff")}
          action={{ name: text("home.turnOnNotifications"), go: actions.enableNotifications }}
        >
          <p>{text("home.notificationsOffWords")}</p>
        </Notice>
      );
    case "denied":
      return (
        <Notice tone="care" icon="bell" title={text("home.notificationsBlocked")}>
          <p>{text("home.notificationsBlockedWords")}</p>
        </Notice>
      );
    case "unavailable":
      return (
        <Notice tone="calm" icon="bell" title={text("home.noNotifications")}>
          {browserFamily() === "ios-browser" ? <ToHomeScreen has="account" /> : <p>{text("home.noNotificationsWords")}</p>}
        </Notice>
      );
  }
}
