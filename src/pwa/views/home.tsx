// Home: whose account this is, what waits, and what stands in the way of being told.
import { useState } from "preact/hooks";
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AccountView, AppState, KeyState, Screen } from "../model/state.ts";
import { Frame } from "./frame.tsx";
import { HomeNotices } from "./home-notices.tsx";
import { Icon } from "./icons.tsx";
import { Mark } from "./mark.tsx";
import { OtherAccounts } from "./other-accounts.tsx";
import { fullName, levelName, maskedDocumentNumber, maskedPersonalCode, personalCode } from "./person.ts";
import { calendarDay } from "./server-clock.ts";
import { Waiting } from "./waiting.tsx";
import { Spelled } from "./spelled.tsx";

interface HomeContent {
  readonly screen: Screen & { name: "home" };
  readonly state: AppState;
  readonly actions: Actions;
}

export function Home({ screen, state, actions }: HomeContent) {
  const account = state.accounts.find(({ id }) => id === state.selected);
  const others = state.accounts.filter((other) => other !== account);
  return (
    <Frame kind="home" heading={fullName(account)}>
      <Waiting accounts={account === undefined ? [] : [account]} actions={actions} />
      <div class="tally">
        {account !== undefined && <Card account={account} />}
        <Check check={screen.check} actions={actions} />
      </div>
      <div class="group">
        <button type="button" class="row" onClick={actions.scan}>
          <Icon name="scan" />
          <span>{text("home.scan")}</span>
        </button>
        <button type="button" class="row" onClick={actions.openHistory}>
          <Icon name="clock" />
          <span>{text("history.heading")}</span>
        </button>
        {state.practised === false && (
          <button type="button" class="row" onClick={actions.showPractice}>
            <Icon name="check" />
            <span>
              {text("practice.heading")}
              <small>{text("practice.offer")}</small>
            </span>
          </button>
        )}
      </div>
      {account !== undefined && <HomeNotices account={account} state={state} actions={actions} />}
      <section class="accounts">
        <OtherAccounts accounts={others} select={actions.selectAccount} />
        <button type="button" class="row" onClick={actions.addAccount}>
          <Icon name="plus" />
          <span>{text("home.addAccount")}</span>
        </button>
      </section>
      <button type="button" class="row" onClick={actions.openSettings}>
        <Icon name="settings" />
        <span>{text("settings.heading")}</span>
      </button>
    </Frame>
  );
}

/** The number of the account holds the personal code and is masked with it. */
function Card({ account: { owner, state } }: { readonly account: AccountView }) {
  const [shown, setShown] = useState(false);
  const code = owner?.semanticsIdentifier ?? "";
  return (
    <section class="card" aria-label={text("home.card")}>
      <button type="button" class="card-code" onClick={() => setShown(!shown)}>
        <span class="card-label">{text("account.personalCode")}</span>
        <span class="card-value" translate={false}>
          <Spelled code={shown ? personalCode(code) : maskedPersonalCode(code)} />
        </span>
        <span class="card-eye">
          <Icon name="eye" />
          {text(shown ? "home.hide" : "home.show")}
        </span>
      </button>
      {state !== undefined && <CardFacts state={state} shown={shown} />}
    </section>
  );
}

const CardFacts = ({ state, shown }: { readonly state: KeyState; readonly shown: boolean }) => (
  <dl class="card-facts">
    {state.level !== "" && (
      <div>
        <dt>{text("account.level")}</dt>
        <dd>{levelName(state.level)}</dd>
      </div>
    )}
    {state.expiresAt > 0 && (
      <div>
        <dt>{text("home.activeUntil")}</dt>
        <dd>{calendarDay(state.expiresAt)}</dd>
      </div>
    )}
    {state.documentNumber !== "" && (
      <div class="whole">
        <dt>{text("account.documentNumber")}</dt>
        <dd translate={false}>
          <Spelled whole code={shown ? state.documentNumber : maskedDocumentNumber(state.documentNumber)} />
        </dd>
      </div>
    )}
  </dl>
);

type Check = HomeContent["screen"]["check"];

/** What was found is said in the area itself: it is where the eye is, and nothing moves. */
const Check = ({ check, actions }: { readonly check: Check; readonly actions: Actions }) => (
  <section class={`check ${check}`}>
    <button
      type="button"
      class="check-button"
      aria-disabled={check === "checking"}
      onClick={() => check !== "checking" && actions.checkForTransactions()}
    >
      <Mark name="mark medium" />
      {text("home.check")}
    </button>
    <div class="check-result" role="status">
      <CheckResult check={check} />
    </div>
  </section>
);

function CheckResult({ check }: { readonly check: Check }) {
  switch (check) {
    case "idle":
      return <p>{text("home.idle")}</p>;
    case "checking":
      return <p>{text("home.checking")}</p>;
    case "nothing":
      return (
        <>
          <b>{text("home.nothing")}</b>
          <p>{text("home.nothingWords")}</p>
        </>
      );
    case "unreachable":
      return (
        <>
          <b>{text("home.unreachable")}</b>
          <p>{text("home.unreachableWords")}</p>
        </>
      );
  }
}
