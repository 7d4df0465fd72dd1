// One past request, and what the person does about one that they did not start.
import { useState } from "preact/hooks";
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import { type PastAccount, pastAccount } from "../model/past-account.ts";
import type { AppState, Screen } from "../model/state.ts";
import type { HistoryEntry } from "../../protocol/history.ts";
import { Frame, PrimaryButton, QuietButton } from "./frame.tsx";
import { kindName, resultName } from "./history.tsx";
import { Notice, ProblemLine } from "./notice.tsx";
import { maskedDocumentNumber, whosePerson } from "./person.ts";
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
      {factsOf(entry, pastAccount(state.accounts, accountId, entry)).map(([name, value]) => (
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

/** In the middle of a sentence. */
const inOnePiece = (documentNumber: string): string => maskedDocumentNumber(documentNumber).replace(" ", "\u00a0");

const factsOf = (entry: HistoryEntry, { place, documentNumber }: PastAccount): readonly (readonly [string, string])[] => [
  [text("history.result"), resultName(entry)],
  [text("history.when"), dayAndTime(entry.at)],
  [text("history.way"), text(`history.way.${entry.flow}`)],
  [text("history.account"), text(`history.where.${place}`, { account: inOnePiece(documentNumber) })],
];

export const Disown = ({ screen, state, actions }: EntryContent<"disown">) =>
  screen.step === "ask" ? (
    <AskDisown screen={screen} state={state} actions={actions} />
  ) : (
    <Disowned screen={screen} state={state} actions={actions} />
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
function Disowned({ screen, state, actions }: EntryContent<"disown">) {
  const { entry, refused, accountId } = screen;
  const party = entry.relyingPartyName;
  const purpose = entry.kind === "authentication" ? "auth" : "sign";
  const pin = purpose === "auth" ? "PIN1" : "PIN2";
  const confirmed = entry.result === "confirmed";
  const { place, documentNumber, active } = pastAccount(state.accounts, accountId, entry);
  const values = { pin, account: inOnePiece(documentNumber) };
  return (
    <Frame
      kind="disowned"
      eyebrow={party}
      heading={text("history.done.heading")}
      actions={
        <>
          {active !== undefined && !isCertificate(entry) && (
            <QuietButton onClick={() => actions.changePin(purpose, active.id)}>
              {text(place === "here" ? "history.done.changePin" : "history.done.changePinOf", values)}
            </QuietButton>
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
        {place === "elsewhere" && !isCertificate(entry) && <li>{text("history.done.notHere", values)}</li>}
        <li>{text("history.done.nobodyAsks")}</li>
      </ul>
    </Frame>
  );
}
