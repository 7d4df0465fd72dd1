// What became of a request: what was told to whom, and what to do now; and the way back to the page that began it.
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { locale, richText, text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { OutcomeKind } from "../model/screen-parts.ts";
import type { AppState, Screen } from "../model/state.ts";
import { Frame, PrimaryButton, QuietButton } from "./frame.tsx";
import { Icon, type IconName } from "./icons.tsx";
import { Mark } from "./mark.tsx";
import { OperatorContact } from "./operator.tsx";
import { StillWaiting } from "./waiting.tsx";

type OutcomeScreen = Screen & { name: "outcome" };

/** Time to read one word; whoever wants to stay presses Done. */
const RETURN_AFTER_MS = 1500;

const GOOD: readonly OutcomeKind[] = ["confirmed", "account-active", "certificate-given"];
/** Whose words may send the person to whoever runs the service. */
const ASKING: readonly OutcomeKind[] = ["answered-elsewhere", "claimed-elsewhere", "application-wrong"];

interface OutcomeContent {
  readonly screen: OutcomeScreen;
  readonly state: Pick<AppState, "operator" | "accounts">;
  readonly actions: Actions;
}

export const Outcome = ({ screen, state, actions }: OutcomeContent) =>
  screen.practice === true ? (
    <Practised outcome={screen.outcome} actions={actions} />
  ) : (
    <Ended screen={screen} state={state} actions={actions} />
  );

/** What a site would have been told, and what to look at when it is one. */
function Practised({ outcome, actions }: { readonly outcome: OutcomeKind; readonly actions: Actions }) {
  const confirmed = outcome === "confirmed";
  return (
    <Frame
      kind={confirmed ? "outcome good" : "outcome"}
      heading={text(confirmed ? "practice.confirmed.heading" : "practice.ended.heading")}
      actions={
        <>
          <PrimaryButton onClick={actions.leave}>{text("app.done")}</PrimaryButton>
          <QuietButton onClick={actions.showPractice}>{text("practice.again")}</QuietButton>
        </>
      }
    >
      {confirmed ? (
        <Mark joining name="mark hero" />
      ) : (
        <span class="outcome-icon">
          <Icon name={ICONS[outcome]} />
        </span>
      )}
      <div role="status">
        <p class="lead">
          {text(confirmed ? "practice.confirmed.happened" : "practice.ended.happened", {
            outcome: outcome === "wrong-code" ? "wrongCode" : outcome,
          })}
        </p>
        <p>{text("practice.next")}</p>
      </div>
    </Frame>
  );
}

function Ended({ screen, state, actions }: OutcomeContent) {
  const { outcome, returnTo } = screen;
  const party = screen.relyingPartyName ?? text("outcome.theSite");
  const said = (words: string) => (screen.relyingPartyName === undefined ? begun(words) : words);
  const good = GOOD.includes(outcome);
  const returns = good && returnTo !== undefined;
  useEffect(() => {
    if (!returns) return undefined;
    const timer = setTimeout(actions.returnToPage, RETURN_AFTER_MS);
    return () => clearTimeout(timer);
  }, [returns, actions]);
  return (
    <Frame
      kind={good ? "outcome good" : "outcome"}
      heading={text(`outcome.${outcome}.heading`)}
      actions={<Ways screen={screen} actions={actions} />}
    >
      {good ? (
        <Mark joining name="mark hero" />
      ) : (
        <span class="outcome-icon">
          <Icon name={ICONS[outcome]} />
        </span>
      )}
      <div role="status">
        <p class="lead">{said(text(`outcome.${outcome}.happened`, { party, purpose: screen.purpose ?? "auth" }))}</p>
        <p>
          {returns ? text("outcome.goingBack", { site: hostOf(returnTo) }) : said(text(`outcome.${outcome}.next`, { party }))}
        </p>
        {ASKING.includes(outcome) && <OperatorContact operator={state.operator} />}
      </div>
      {screen.transactionId !== undefined && (
        <button type="button" class="link" onClick={actions.disownEnded}>
          {text("history.notMe")}
        </button>
      )}
      {!returns && <StillWaiting accounts={state.accounts} actions={actions} />}
    </Frame>
  );
}

/** No name begins it but the words for a site that nobody named, which are written as in the middle of a sentence. */
export const begun = ([first = "", ...rest]: string): string => first.toLocaleUpperCase(locale()) + rest.join("");

function Ways({ screen: { outcome, returnTo }, actions }: { readonly screen: OutcomeScreen; readonly actions: Actions }) {
  if (outcome === "app-too-old") {
    return (
      <>
        <PrimaryButton onClick={actions.update}>{text("home.updateNow")}</PrimaryButton>
        <ReturnButton returnTo={returnTo} actions={actions} />
        <QuietButton onClick={actions.leave}>{text("app.notNow")}</QuietButton>
      </>
    );
  }
  if (returnTo === undefined && outcome !== "link-stale" && outcome !== "link-to-scan")
    return <PrimaryButton onClick={actions.leave}>{text("app.done")}</PrimaryButton>;
  return (
    <>
      {returnTo === undefined ? (
        <PrimaryButton onClick={actions.scan}>{text("outcome.scan")}</PrimaryButton>
      ) : (
        <PrimaryButton onClick={actions.returnToPage}>{backTo(returnTo)}</PrimaryButton>
      )}
      <QuietButton onClick={actions.leave}>{text("app.done")}</QuietButton>
    </>
  );
}

/** Beside another thing to do. */
export const ReturnButton = ({ returnTo, actions }: { readonly returnTo: string | undefined; readonly actions: Actions }) =>
  returnTo === undefined ? null : <QuietButton onClick={actions.returnToPage}>{backTo(returnTo)}</QuietButton>;

/** In one piece: a button lays its children out side by side, without the spaces between them. */
const backTo = (address: string): ComponentChildren => (
  <span>{richText("outcome.backTo", { site: <span translate={false}>{hostOf(address)}</span> })}</span>
);

const hostOf = (address: string): string => new URL(address).host;

const ICONS: Readonly<Record<OutcomeKind, IconName>> = {
  confirmed: "check",
  refused: "cross",
  "wrong-code": "cross",
  "timed-out": "clock",
  "answered-elsewhere": "devices",
  "claimed-elsewhere": "devices",
  "not-presentable": "warning",
  failed: "warning",
  "not-done": "warning",
  "app-too-old": "renew",
  "account-active": "check",
  "application-wrong": "warning",
  interrupted: "question",
  "not-supported": "warning",
  "key-missing": "warning",
  "certificate-given": "check",
  "waiting-stopped": "cross",
  "nothing-came": "clock",
  "link-broken": "warning",
  "link-over": "clock",
  "link-must-wait": "clock",
  "link-too-many": "clock",
  "link-to-scan": "camera",
  "link-stale": "clock",
  "link-forged": "warning",
  "link-not-mine": "question",
};
