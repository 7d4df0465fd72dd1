// What a relying party asks, before any PIN: who, what, and the code that must be the same on both screens.
import type { CertificateChoice, ShownTransaction } from "../../protocol/claimed-transaction.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AppState, Screen } from "../model/state.ts";
import { Frame, PrimaryButton, QuietButton } from "./frame.tsx";
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
      eyebrow={claimed.purpose === "auth" ? "Log in" : "Sign"}
      heading={shown.relyingPartyName}
      back={{ name: "Back", go: actions.leave }}
    >
      <p class="asked">{shown.text}</p>
      {shown.verificationCode === "" ? (
        <Origin claimed={claimed} />
      ) : codes === undefined ? (
        <section class="code-card">
          <Code digits={shown.verificationCode} />
          <p>
            Does {shown.relyingPartyName} show the <b>same code</b>? If not, cancel.
          </p>
        </section>
      ) : (
        <section class="code-card">
          <p>
            Which code does {shown.relyingPartyName} show you? <b>A wrong choice ends the request.</b>
          </p>
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
                {code}
              </button>
            ))}
          </div>
        </section>
      )}
      <TimeLeft expiresAt={claimed.expiresAt} skew={skew} />
      <div class={codes === undefined ? "actions halves" : "actions alone"}>
        <QuietButton onClick={actions.refuse} busy={busy}>
          Cancel
        </QuietButton>
        {codes === undefined && (
          <PrimaryButton onClick={actions.proceed} busy={busy}>
            Continue
          </PrimaryButton>
        )}
      </div>
    </Frame>
  );
}

/** In the place of a code: what ties the request to the page that it was made for. */
export const Origin = ({ claimed }: { readonly claimed: ShownTransaction | CertificateChoice }) => (
  <p class="origin">{ORIGINS[claimed.flowType](claimed.relyingPartyName)}</p>
);

const ORIGINS: Readonly<Record<ShownTransaction["flowType"], (party: string) => string>> = {
  QR: (party) => `You scanned this. Go on only if the page with the code is that of ${party}.`,
  Web2App: (party) => `You opened this from a page on this device. Go on only if that page is ${party}’s.`,
  App2App: (party) => `You opened this from an app on this device. Go on only if that app is ${party}’s.`,
  Notification: (party) => `${party} sent this. Go on only if you expect it.`,
};

/** Large for the eye; for the ear digit by digit, not as a number of thousands. */
export const Code = ({ digits, small = false }: { readonly digits: string; readonly small?: boolean }) => (
  <p class={small ? "code small" : "code"}>
    <span class="heard">Code {[...digits].join(" ")}</span>
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
      <progress aria-label="Time left" max={WHOLE_TIME} value={Math.min(left, WHOLE_TIME)} />
      <p>{minutesAndSeconds(left)} left</p>
      <p class="heard" role="status">
        {left < 30_000 ? "Less than half a minute left" : ""}
      </p>
    </div>
  );
}
