// What a relying party asks, before any PIN: who, what, and the code that must be the same on both screens.
import type { CertificateChoice, ShownTransaction } from "../../protocol/claimed-transaction.ts";
import { richText, text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AppState, Screen } from "../model/state.ts";
import { Frame, PrimaryButton, QuietButton } from "./frame.tsx";
import { whoseAccount } from "./person.ts";
import { minutesAndSeconds, useServerClock } from "./server-clock.ts";

/** What a person has, milliseconds; the bar is full at that. */
const WHOLE_TIME = 180_000;

interface TransactionContent {
  readonly screen: Screen & { name: "transaction" };
  readonly state: AppState;
  readonly actions: Actions;
}

export function Transaction({ screen, state, actions }: TransactionContent) {
  const { claimed, shown, codes, busy } = screen;
  const skew = state.accounts.find(({ id }) => id === screen.accountId)?.clockSkew ?? 0;
  return (
    <Frame
      kind="transaction"
      eyebrow={text(`purpose.${claimed.purpose}`)}
      heading={shown.relyingPartyName}
      whose={whoseAccount(state, screen.accountId)}
      back={{ name: text("app.back"), go: actions.leave }}
      holds
    >
      <p class="asked">{shown.text}</p>
      <Origin claimed={claimed} beside={shown.verificationCode !== ""} />
      {shown.verificationCode === "" ? null : codes === undefined ? (
        <section class="code-card">
          <Code digits={shown.verificationCode} />
          <p>{richText("transaction.sameCode", { party: <bdi>{shown.relyingPartyName}</bdi> })}</p>
        </section>
      ) : (
        <section class="code-card">
          <p>{richText("transaction.whichCode", { party: <bdi>{shown.relyingPartyName}</bdi> })}</p>
          <div class="codes">
            {codes.map((code) => (
              <button
                type="button"
                class="code-choice"
                key={code}
                translate={false}
                aria-disabled={busy}
                onClick={() => !busy && actions.chooseCode(code)}
              >
                {digitByDigit(code)}
              </button>
            ))}
          </div>
        </section>
      )}
      <TimeLeft expiresAt={claimed.expiresAt} skew={skew} />
      <div class={codes === undefined ? "actions halves" : "actions alone"}>
        <QuietButton onClick={actions.refuse} busy={busy}>
          {text("app.cancel")}
        </QuietButton>
        {codes === undefined && (
          <PrimaryButton onClick={actions.proceed} busy={busy}>
            {text("app.continue")}
          </PrimaryButton>
        )}
      </div>
    </Frame>
  );
}

interface OriginContent {
  readonly claimed: ShownTransaction | CertificateChoice;
  /** A code is on the screen, too. */
  readonly beside?: boolean;
}

/** Where the request came from. Without a code it is all that ties the request to the page that it was made for. */
export const Origin = ({ claimed, beside = false }: OriginContent) => (
  <p class={beside ? "origin beside" : "origin"}>
    {richText(`transaction.from${claimed.flowType}`, { party: <bdi>{claimed.relyingPartyName}</bdi> })}
  </p>
);

/** So that it is read out, and called by voice, not as a number of thousands. The stylesheet takes most of the spaces back. */
const digitByDigit = (digits: string): string => [...digits].join(" ");

/** Large for the eye; for the ear digit by digit, not as a number of thousands. */
export const Code = ({ digits, small = false }: { readonly digits: string; readonly small?: boolean }) => (
  <p class={small ? "code small" : "code"}>
    <span class="heard">{text("transaction.codeHeard", { digits: digitByDigit(digits) })}</span>
    <span class="code-digits" data-code aria-hidden="true" translate={false}>
      {digits}
    </span>
  </p>
);

/** Says it aloud only when it becomes short. */
export function TimeLeft({ expiresAt, skew }: { readonly expiresAt: number; readonly skew: number }) {
  const left = Math.max(0, expiresAt - useServerClock(skew));
  return (
    <div class={left < 30_000 ? "time-left short" : "time-left"}>
      <progress aria-label={text("transaction.timeLeft")} max={WHOLE_TIME} value={Math.min(left, WHOLE_TIME)} />
      <p>{text("transaction.left", { time: minutesAndSeconds(left) })}</p>
      <p class="heard" role="status">
        {left < 30_000 ? text("transaction.nearlyOver") : ""}
      </p>
    </div>
  );
}
