// The code of a request, typed by the person from the relying party's page: it stands nowhere on this screen. Whoever was lured into a
// request that is not their own has no page to read it from.
import { richText, text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { CodeTyping } from "../model/screen-parts.ts";
import type { AppState, Screen } from "../model/state.ts";
import { Frame, PrimaryButton, QuietButton } from "./frame.tsx";
import { whoseAccount } from "./person.ts";
import { Keys, useKeyboard } from "./pin-pad.tsx";
import { Origin, TimeLeft } from "./transaction.tsx";

interface TypedCodeContent {
  readonly screen: Screen & { name: "transaction" };
  readonly typing: CodeTyping;
  readonly state: AppState;
  readonly actions: Actions;
}

export function TypedCode({ screen, typing, state, actions }: TypedCodeContent) {
  const { claimed, shown, busy } = screen;
  const { digits, triesLeft } = typing;
  const skew = state.accounts.find(({ id }) => id === screen.accountId)?.clockSkew ?? 0;
  const { length } = shown.verificationCode;
  useKeyboard({ ...actions, confirm: actions.confirmCode }, busy);
  return (
    <Frame
      kind="transaction with-pad"
      eyebrow={text(`purpose.${claimed.purpose}`)}
      heading={shown.relyingPartyName}
      whose={whoseAccount(state, screen.accountId)}
      back={{ name: text("app.back"), go: actions.leave }}
      holds
    >
      <p class="asked">{shown.text}</p>
      <Origin claimed={claimed} beside />
      <TimeLeft expiresAt={claimed.expiresAt} skew={skew} />
      <div class="pin">
        <Places digits={digits} length={length} />
        <p class={triesLeft === undefined ? "pin-message" : "pin-message bad"} role="alert">
          {triesLeft === undefined
            ? richText("code.type", { party: <bdi>{shown.relyingPartyName}</bdi> })
            : richText("code.wrong", { party: <bdi>{shown.relyingPartyName}</bdi>, left: triesLeft })}
        </p>
        <Keys name={text("code.pad")} actions={actions} working={busy} />
        <div class="actions halves">
          <QuietButton onClick={actions.refuse} busy={busy}>
            {text("app.cancel")}
          </QuietButton>
          <PrimaryButton onClick={actions.confirmCode} busy={busy || digits.length < length}>
            {text("app.continue")}
          </PrimaryButton>
        </div>
      </div>
    </Frame>
  );
}

/** What was typed can be read, and heard: it is no secret. */
const Places = ({ digits, length }: { readonly digits: string; readonly length: number }) => (
  <div class="places">
    {Array.from({ length }, (_, place) => (
      <span key={place} class={place < digits.length ? "place filled" : "place"} aria-hidden="true" translate={false}>
        {digits[place]}
      </span>
    ))}
    <p class="heard" role="status">
      {digits !== "" && text("code.typed", { digits: [...digits].join(" ") })}
    </p>
  </div>
);
