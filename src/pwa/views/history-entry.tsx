// One past request, and what the person does about one that they did not start.
import { useState } from "preact/hooks";
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AppState, Screen } from "../model/state.ts";
import type { HistoryEntry } from "../../protocol/history.ts";
import { Frame, PrimaryButton, QuietButton } from "./frame.tsx";
import { kindName, resultName } from "./history.tsx";
import { Notice, ProblemLine } from "./notice.tsx";
import { whosePerson } from "./person.ts";
import { dayAndTime } from "./server-clock.ts";

interface EntryContent<Name extends Screen["name"]> {
  readonly screen: Screen & { name: Name };
  readonly state: AppState;
  readonly actions: Actions;
}

export const HistoryEntryView = ({ screen: { accountId, entry }, state, actions }: EntryContent<"history-entry">) => (
  <Frame
    kind="history-entry"
    eyebrow={kindName(entry)}
    heading={entry.relyingPartyName}
    whose={whosePerson(state, accountId)}
    back={{ name: text("app.back"), go: actions.leave }}
    actions={
      entry.disowned && entry.partyRefused ? undefined : (
        <QuietButton danger onClick={actions.askDisown}>
          {text(entry.disowned ? "history.refuseParty" : "history.notMe")}
        </QuietButton>
      )
    }
  >
    <dl class="facts">
      {factsOf(entry).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
    <p>{meaning(entry)}</p>
    {entry.disowned && (
      <Notice tone="care" icon="warning" title={text("history.disowned")}>
        <p>{text("history.disownedWords")}</p>
      </Notice>
    )}
    {entry.partyRefused && (
      <Notice tone="calm" icon="cross" title={text("history.partyRefused", { party: entry.relyingPartyName })}>
        <p>{text("history.partyRefusedWords")}</p>
      </Notice>
    )}
  </Frame>
);

/** A certificate is given without a PIN: nobody who has it knows one. */
const isCertificate = ({ kind }: HistoryEntry): boolean => kind === "certificate-choice";

const meaning = (entry: HistoryEntry): string =>
  entry.result === "confirmed" && isCertificate(entry)
    ? text("history.certificateGiven", { party: entry.relyingPartyName })
    : text(`history.meaning.${entry.result}`);

const factsOf = (entry: HistoryEntry): readonly (readonly [string, string])[] => [
  [text("history.result"), resultName(entry)],
  [text("history.when"), dayAndTime(entry.at)],
  [text("history.way"), text(`history.way.${entry.flow}`)],
  [text("history.account"), text(entry.here ? "history.here" : "history.elsewhere")],
];

export const Disown = ({ screen, state, actions }: EntryContent<"disown">) =>
  screen.step === "ask" ? (
    <AskDisown screen={screen} state={state} actions={actions} />
  ) : (
    <Disowned screen={screen} actions={actions} />
  );

function AskDisown({ screen, state, actions }: EntryContent<"disown">) {
  const { entry, busy } = screen;
  const [refuses, setRefuses] = useState(entry.disowned);
  const party = entry.relyingPartyName;
  return (
    <Frame
      kind="disown"
      eyebrow={party}
      heading={entry.disowned ? text("history.refuseHeading", { party }) : text("history.disown.heading")}
      whose={whosePerson(state, screen.accountId)}
      back={{ name: text("app.back"), go: actions.leave }}
      holds
      actions={
        <>
          <ProblemLine problem={screen.problem} />
          <PrimaryButton busy={busy} onClick={() => actions.confirmDisown(refuses)}>
            {text(busy ? "history.disown.telling" : entry.disowned ? "history.refuseParty" : "history.disown.tell")}
          </PrimaryButton>
        </>
      }
    >
      <p class="lead">{text("history.disown.words", { kind: kindName(entry), time: dayAndTime(entry.at) })}</p>
      {!entry.disowned && (
        <ul class="plain">
          <li>{text("history.disown.told")}</li>
          <li>{text("history.disown.stays", { party })}</li>
        </ul>
      )}
      {!entry.partyRefused && (
        <label class="choice">
          <input
            type="checkbox"
            checked={refuses}
            aria-describedby="refuse-words"
            onChange={(event) => setRefuses(event.currentTarget.checked)}
          />
          <span>
            <b>{text("history.disown.refuse", { party })}</b>
            <small id="refuse-words">{text("history.disown.refuseWords")}</small>
          </span>
        </label>
      )}
    </Frame>
  );
}

/** What to do next depends on whether somebody has got what they asked for. */
function Disowned({ screen, actions }: Omit<EntryContent<"disown">, "state">) {
  const { entry, refused } = screen;
  const party = entry.relyingPartyName;
  const purpose = entry.kind === "authentication" ? "auth" : "sign";
  const pin = purpose === "auth" ? "PIN1" : "PIN2";
  const confirmed = entry.result === "confirmed";
  return (
    <Frame
      kind="disowned"
      eyebrow={party}
      heading={text("history.done.heading")}
      actions={
        <>
          {entry.here && !isCertificate(entry) && (
            <QuietButton onClick={() => actions.changePin(purpose)}>{text("history.done.changePin", { pin })}</QuietButton>
          )}
          <PrimaryButton onClick={actions.leave}>{text("app.done")}</PrimaryButton>
        </>
      }
    >
      <p class="lead">{text("history.done.words")}</p>
      {refused && <p>{text("history.done.refused", { party })}</p>}
      <h2>{text("history.done.next")}</h2>
      <ul class="plain">
        {confirmed && <li>{text("history.done.call", { party })}</li>}
        <li>
          {isCertificate(entry)
            ? text(confirmed ? "history.done.certificate" : "history.done.nothingGiven", { party })
            : text(confirmed ? "history.done.pinConfirmed" : "history.done.pinTyped", { pin })}
        </li>
        <li>{text("history.done.nobodyAsks")}</li>
      </ul>
    </Frame>
  );
}
