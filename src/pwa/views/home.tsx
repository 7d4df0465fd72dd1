// Home: whose account this is, what waits, and what stands in the way of being told.
import { useState } from "preact/hooks";
import type { Actions } from "../model/person-actions.ts";
import type { AccountView, AppState, KeyState, Screen } from "../model/state.ts";
import { Frame } from "./frame.tsx";
import { HomeNotices } from "./home-notices.tsx";
import { Icon } from "./icons.tsx";
import { Mark } from "./mark.tsx";
import { OtherAccounts } from "./other-accounts.tsx";
import { fullName, levelName, maskedDocumentNumber, maskedPersonalCode, personalCode } from "./person.ts";
import { calendarDay, minutesAndSeconds, useServerClock } from "./server-clock.ts";

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
      <Waiting account={account} actions={actions} />
      <div class="tally">
        {account !== undefined && <Card account={account} />}
        <Check check={screen.check} actions={actions} />
      </div>
      <button type="button" class="row" onClick={actions.scan}>
        <Icon name="scan" />
        <span>Scan a QR code</span>
      </button>
      {account !== undefined && <HomeNotices account={account} state={state} actions={actions} />}
      <section class="accounts">
        <OtherAccounts accounts={others} select={actions.selectAccount} />
        <button type="button" class="row" onClick={actions.addAccount}>
          <Icon name="plus" />
          <span>Add another account</span>
        </button>
      </section>
      <button type="button" class="link end" onClick={actions.askDelete}>
        Delete account
      </button>
    </Frame>
  );
}

/** The number of the account holds the personal code and is masked with it. */
function Card({ account: { owner, state } }: { readonly account: AccountView }) {
  const [shown, setShown] = useState(false);
  const code = owner?.semanticsIdentifier ?? "";
  return (
    <section class="card" aria-label="This account">
      <button type="button" class="card-code" onClick={() => setShown(!shown)}>
        <span class="card-label">Personal code</span>
        <span class="card-value" translate={false}>
          {shown ? personalCode(code) : maskedPersonalCode(code)}
        </span>
        <span class="card-eye">
          <Icon name="eye" />
          {shown ? "Hide" : "Show"}
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
        <dt>Level</dt>
        <dd>{levelName(state.level)}</dd>
      </div>
    )}
    {state.expiresAt > 0 && (
      <div>
        <dt>Active until</dt>
        <dd>{calendarDay(state.expiresAt)}</dd>
      </div>
    )}
    {state.documentNumber !== "" && (
      <div class="whole">
        <dt>Document number</dt>
        <dd translate={false}>{shown ? state.documentNumber : maskedDocumentNumber(state.documentNumber)}</dd>
      </div>
    )}
  </dl>
);

function Waiting({ account, actions }: { readonly account: AccountView | undefined; readonly actions: Actions }) {
  const now = useServerClock(account?.clockSkew ?? 0);
  const waiting = (account?.waiting ?? []).filter(({ expiresAt }) => expiresAt > now);
  if (account === undefined || waiting.length === 0) return null;
  return (
    <section class="waiting">
      <h2>{waiting.length === 1 ? "Waiting for you" : `${waiting.length} requests wait for you`}</h2>
      {waiting.map(({ transactionId, relyingPartyName, purpose, expiresAt }) => (
        <button
          type="button"
          class="row strong"
          key={transactionId}
          onClick={() => actions.openTransaction(account.id, transactionId)}
        >
          <span>
            <b>{relyingPartyName}</b>
            <small>
              {purpose === "auth" ? "Log in" : "Sign"} · {minutesAndSeconds(expiresAt - now)} left
            </small>
          </span>
          <Icon name="forward" />
        </button>
      ))}
    </section>
  );
}

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
      Check for transactions
    </button>
    <div class="check-result" role="status">
      <CheckResult check={check} />
    </div>
  </section>
);

function CheckResult({ check }: { readonly check: Check }) {
  switch (check) {
    case "idle":
      return <p>Requests appear here by themselves. If one does not, tap to look.</p>;
    case "checking":
      return <p>Looking…</p>;
    case "nothing":
      return (
        <>
          <b>No transaction found</b>
          <p>That is fine: no site is asking you for anything right now.</p>
        </>
      );
    case "unreachable":
      return (
        <>
          <b>The server cannot be reached</b>
          <p>Check your connection, then tap again.</p>
        </>
      );
  }
}
