// The settings: of the account that is shown, of this app, and which accounts there are on this device.
import type { ComponentChildren } from "preact";
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { SettingsRow } from "../model/screen-parts.ts";
import type { AppState, Screen } from "../model/state.ts";
import { Frame } from "./frame.tsx";
import { Icon, type IconName } from "./icons.tsx";
import { LanguageChoice } from "./language-choice.tsx";
import { accountFacts, fullName } from "./person.ts";
import { SecurityRows } from "./security-rows.tsx";

interface SettingsContent {
  readonly screen: Screen & { name: "settings" };
  readonly state: AppState;
  readonly actions: Actions;
}

export function Settings({ screen, state, actions }: SettingsContent) {
  const left = (row: SettingsRow): boolean => row === screen.opened;
  const account = state.accounts.find(({ id }) => id === state.selected);
  return (
    <Frame kind="settings" heading={text("settings.heading")} back={{ name: text("app.back"), go: actions.leave }}>
      {account !== undefined && (
        <section class="group">
          <h2>{text("settings.account")}</h2>
          <Row
            icon="person"
            name={<span translate={false}>{fullName(account)}</span>}
            about={accountFacts(account)}
            left={left("account-details")}
            go={actions.openAccountDetails}
          />
          <Row
            icon="lock"
            name={text("settings.changePin", { pin: text("pinName.auth") })}
            about={text("keys.auth")}
            left={left("change-pin auth")}
            go={() => actions.changePin("auth")}
          />
          <Row
            icon="lock"
            name={text("settings.changePin", { pin: text("pinName.sign") })}
            about={text("keys.sign")}
            left={left("change-pin sign")}
            go={() => actions.changePin("sign")}
          />
          <SecurityRows account={account} left={left("passkey")} actions={actions} />
        </section>
      )}
      <section class="group">
        <h2>{text("settings.app")}</h2>
        <Row
          icon="bell"
          name={text("notifications.heading")}
          about={text(`notifications.${state.notifications}`)}
          left={left("notifications")}
          go={actions.openNotifications}
        />
        <LanguageChoice actions={actions} />
        {state.installable && (
          <Row icon="save" name={text("install.row")} about={text("install.rowWords")} go={actions.install} />
        )}
        {account !== undefined && (
          <Row
            icon="check"
            name={text("practice.heading")}
            about={text("practice.offer")}
            left={left("practice")}
            go={actions.showPractice}
          />
        )}
        <Row icon="question" name={text("about.heading")} left={left("about")} go={actions.openAbout} />
      </section>
      <AccountsHere state={state} actions={actions} />
      {account !== undefined && (
        <button
          type="button"
          class="link end"
          data-takes-focus={left("delete-account") ? "" : undefined}
          onClick={actions.askDelete}
        >
          {text("app.deleteAccount")}
        </button>
      )}
    </Frame>
  );
}

interface RowContent {
  readonly icon: IconName;
  readonly name: ComponentChildren;
  readonly about?: string;
  /** The person comes back from it: it takes the focus. */
  readonly left?: boolean;
  readonly go: () => void;
}

const Row = ({ icon, name, about, left = false, go }: RowContent) => (
  <button type="button" class="row" data-takes-focus={left ? "" : undefined} onClick={go}>
    <Icon name={icon} />
    <span>
      {name}
      {about !== undefined && <small>{about}</small>}
    </span>
    <Icon name="forward" />
  </button>
);

/** Two of one person have the same name: level and the end of the number tell them apart. */
function AccountsHere({ state, actions }: Omit<SettingsContent, "screen">) {
  if (state.accounts.length < 2) return null;
  return (
    <section class="group">
      <h2>{text("settings.accounts")}</h2>
      <ul class="rows">
        {state.accounts.map((account) => (
          <li key={account.id}>
            <button
              type="button"
              class="row"
              aria-current={account.id === state.selected}
              onClick={() => actions.selectAccount(account.id)}
            >
              <span>
                <b translate={false}>{fullName(account)}</b>
                <small>{account.state?.status === "closed" ? text("account.closed") : accountFacts(account)}</small>
              </span>
              {account.id === state.selected ? <span class="tag">{text("settings.shown")}</span> : <Icon name="forward" />}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
