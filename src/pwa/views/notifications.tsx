// Notifications: whether they come, how to mend it in this very browser, and a test that shows it.
import { text } from "../language/text.ts";
import { type BrowserFamily, browserFamily } from "../model/browser-family.ts";
import type { Actions } from "../model/person-actions.ts";
import type { TestPush } from "../model/screen-parts.ts";
import type { AppState, NotificationState, Screen } from "../model/state.ts";
import { Frame, PrimaryButton } from "./frame.tsx";
import { Icon } from "./icons.tsx";
import { OperatorContact } from "./operator.tsx";

interface NotificationsContent {
  readonly screen: Screen & { name: "notifications" };
  readonly state: AppState;
  readonly actions: Actions;
}

export function Notifications({ screen: { test }, state: { notifications, operator }, actions }: NotificationsContent) {
  return (
    <Frame
      kind="notifications"
      eyebrow={text("settings.heading")}
      heading={text("notifications.heading")}
      back={{ name: text("app.back"), go: actions.leave }}
      actions={<Doing notifications={notifications} test={test} actions={actions} />}
    >
      <div class={`state-line ${notifications}`} role="status">
        <Icon name={notifications === "on" ? "check" : "bell"} />
        <b>{text(`notifications.${notifications}`)}</b>
      </div>
      <p class="lead">{text(`notifications.words.${notifications}`)}</p>
      <Mending notifications={notifications} family={browserFamily()} />
      <div class="test-result" role="status">
        {test !== "idle" && <p class={GOOD.includes(test) ? "good" : undefined}>{text(`testPush.${test}`)}</p>}
        {test === "refused" && <OperatorContact operator={operator} />}
      </div>
    </Frame>
  );
}

const GOOD: readonly TestPush[] = ["sent", "arrived"];

function Doing({ notifications, test, actions }: Pick<AppState, "notifications"> & { test: TestPush; actions: Actions }) {
  switch (notifications) {
    case "on":
      return (
        <PrimaryButton busy={test === "sending"} onClick={actions.sendTestPush}>
          {text("testPush.send")}
        </PrimaryButton>
      );
    case "off":
      return <PrimaryButton onClick={actions.enableNotifications}>{text("home.turnOnNotifications")}</PrimaryButton>;
    case "denied":
    case "unavailable":
      return <PrimaryButton onClick={actions.enableNotifications}>{text("notifications.lookAgain")}</PrimaryButton>;
  }
}

/** Step by step, in the words that this browser has on its own screens. */
function Mending({ notifications, family }: { readonly notifications: NotificationState; readonly family: BrowserFamily }) {
  if (notifications === "denied") return <p>{text(`notifications.allow.${family === "ios-browser" ? "ios-app" : family}`)}</p>;
  if (notifications !== "unavailable" || family !== "ios-browser") return null;
  return (
    <ol class="steps">
      <li>
        <h2>{text("notifications.iosShare")}</h2>
        <p>{text("notifications.iosShareWords")}</p>
      </li>
      <li>
        <h2>{text("notifications.iosAdd")}</h2>
        <p>{text("notifications.iosAddWords")}</p>
      </li>
      <li>
        <h2>{text("notifications.iosOpen")}</h2>
        <p>{text("notifications.iosOpenWords")}</p>
      </li>
    </ol>
  );
}
