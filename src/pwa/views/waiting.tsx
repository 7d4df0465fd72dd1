// Requests that wait for the person, each a row that opens it.
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AccountView } from "../model/state.ts";
import { Icon } from "./icons.tsx";
import { minutesAndSeconds, useServerClock } from "./server-clock.ts";

interface WaitingContent {
  readonly accounts: readonly AccountView[];
  readonly actions: Actions;
}

export function Waiting({ accounts, actions }: WaitingContent) {
  const now = useServerClock(0);
  const waiting = waitingAt(now, accounts);
  if (waiting.length === 0) return null;
  return (
    <section class="waiting">
      <h2>{text("home.waiting", { count: waiting.length })}</h2>
      <ul class="rows">
        {waiting.map(({ transactionId, accountId, relyingPartyName, purpose, left }) => (
          <li key={transactionId}>
            <button type="button" class="row strong" onClick={() => actions.openTransaction(accountId, transactionId)}>
              <span>
                <b>{relyingPartyName}</b>
                <small>{text("home.waitingRequest", { purpose, time: minutesAndSeconds(left) })}</small>
              </span>
              <Icon name="forward" />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A request to several accounts of one person is one. `left`: milliseconds. */
export function waitingAt(now: number, accounts: readonly Pick<AccountView, "id" | "clockSkew" | "waiting">[]) {
  const waiting = accounts.flatMap(({ id, clockSkew, waiting: requests }) =>
    requests.map((request) => ({ ...request, accountId: id, left: request.expiresAt - now - clockSkew })),
  );
  const open = waiting.filter(({ left }) => left > 0);
  return open.filter(({ transactionId }, index) => open.findIndex((other) => other.transactionId === transactionId) === index);
}

/** On the end of another one. Read out when it comes: not the list, whose time runs. */
export function StillWaiting(content: WaitingContent) {
  const { length } = waitingAt(useServerClock(0), content.accounts);
  return (
    <>
      <p class="heard" role="status">
        {length > 0 && text("home.waiting", { count: length })}
      </p>
      <Waiting {...content} />
    </>
  );
}
