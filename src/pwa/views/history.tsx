// What became of the person's requests: a list by days, and whose requests they refuse by themselves. An entry's own screens are in
// history-entry.tsx.
import { text } from "../language/text.ts";
import type { HistoryList } from "../model/history.ts";
import type { Actions } from "../model/person-actions.ts";
import type { Problem } from "../model/screen-parts.ts";
import type { AppState, Screen } from "../model/state.ts";
import type { HistoryEntry } from "../../protocol/history.ts";
import { Frame, PrimaryButton } from "./frame.tsx";
import { Icon, type IconName } from "./icons.tsx";
import { Notice, ProblemLine } from "./notice.tsx";
import { dayName, daysOf } from "./history-days.ts";
import { whosePerson } from "./person.ts";
import { calendarDay, clockTime } from "./server-clock.ts";

interface HistoryContent {
  readonly screen: Screen & { name: "history" };
  readonly state: AppState;
  readonly actions: Actions;
}

export const History = ({ screen, state, actions }: HistoryContent) => (
  <Frame
    kind="history"
    heading={text("history.heading")}
    whose={whosePerson(state, screen.accountId)}
    back={{ name: text("app.back"), go: actions.leave }}
    actions={
      screen.list === undefined && screen.problem !== undefined ? (
        <PrimaryButton onClick={actions.reloadHistory}>{text("app.tryAgain")}</PrimaryButton>
      ) : undefined
    }
  >
    <div role="status" class="history-status">
      {screen.list === undefined && screen.busy && <p>{text("history.loading")}</p>}
    </div>
    <p class="heard" role="status">
      {screen.added !== undefined && text("history.moreShown", { count: screen.added })}
    </p>
    {screen.list === undefined ? (
      <Missing problem={screen.problem} online={state.online} />
    ) : (
      <Fetched screen={screen} list={screen.list} actions={actions} />
    )}
  </Frame>
);

/** It could not be fetched, and is nowhere else. */
const Missing = ({ problem, online }: { readonly problem: Problem | undefined; readonly online: boolean }) =>
  online && problem?.kind !== "unreachable" ? (
    <ProblemLine problem={problem} />
  ) : (
    problem !== undefined && (
      <Notice tone="calm" icon="offline" title={text(online ? "home.unreachable" : "home.offline")}>
        <p role="alert">{text("history.offline")}</p>
      </Notice>
    )
  );

const Fetched = ({ screen, list, actions }: Omit<HistoryContent, "state"> & { readonly list: HistoryList }) => (
  <>
    <ProblemLine problem={screen.problem} />
    {list.refused.length > 0 && <Refused list={list} busy={screen.busy} actions={actions} />}
    {list.entries.length === 0 && (
      <>
        <p class="lead">{text("history.empty")}</p>
        <p>{text("history.emptyWords")}</p>
      </>
    )}
    {daysOf(list.entries).map(({ day, entries }) => (
      <section class="history-day" key={day}>
        <h2>{dayName(entries[0]?.at ?? 0)}</h2>
        <ul class="rows">
          {entries.map((entry) => (
            <li key={entry.id}>
              <EntryRow entry={entry} left={entry.id === screen.opened} open={actions.openEntry} />
            </li>
          ))}
        </ul>
      </section>
    ))}
    {list.more && (
      <button type="button" class="link" aria-disabled={screen.busy} onClick={() => !screen.busy && actions.moreHistory()}>
        {text(screen.busy ? "history.loading" : "history.more")}
      </button>
    )}
    {list.entries.length > 0 && <p class="hint">{text("history.kept")}</p>}
  </>
);

interface EntryRowContent {
  readonly entry: HistoryEntry;
  /** The person comes back from it: it takes the focus. */
  readonly left: boolean;
  readonly open: Actions["openEntry"];
}

const EntryRow = ({ entry, left, open }: EntryRowContent) => (
  <button type="button" class="row" data-takes-focus={left ? "" : undefined} onClick={() => open(entry.id)}>
    <span class={`history-mark ${entry.result}`}>
      <Icon name={RESULT_ICONS[entry.result]} />
    </span>
    <span>
      <b>{entry.relyingPartyName}</b>
      <small>{text("history.line", { kind: kindName(entry), result: resultName(entry), time: clockTime(entry.at) })}</small>
      {entry.disowned && <small class="history-disowned">{text("history.disowned")}</small>}
    </span>
    <Icon name="forward" />
  </button>
);

const Refused = ({ list, busy, actions }: { readonly list: HistoryList; readonly busy: boolean; readonly actions: Actions }) => (
  <section class="history-refused">
    <h2>{text("history.refusedParties")}</h2>
    <p>{text("history.refusedPartiesWords")}</p>
    <ul>
      {list.refused.map(({ id, relyingPartyName, since }) => (
        <li key={id}>
          <span>
            <b>{relyingPartyName}</b>
            <small>{text("history.refusedSince", { day: calendarDay(since) })}</small>
          </span>
          <button
            type="button"
            class="link"
            aria-label={text("history.allowParty", { party: relyingPartyName })}
            aria-disabled={busy}
            onClick={() => !busy && actions.allowParty(id)}
          >
            {text("history.allow")}
          </button>
        </li>
      ))}
    </ul>
  </section>
);

const RESULT_ICONS: Readonly<Record<HistoryEntry["result"], IconName>> = {
  confirmed: "check",
  refused: "cross",
  wrong_code: "cross",
  timed_out: "clock",
  failed: "warning",
};

export const kindName = ({ kind }: HistoryEntry): string => text(`history.kind.${kind}`);
export const resultName = ({ result }: HistoryEntry): string => text(`history.result.${result}`);
