// Before a signature: which certificate it will be made with, and what its relying party learns by that; then the waiting for what is
// to be signed.
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AppState, Screen } from "../model/state.ts";
import { Frame, PrimaryButton, QuietButton } from "./frame.tsx";
import { Mark } from "./mark.tsx";
import { ProblemLine } from "./notice.tsx";
import { fullName, levelName, maskedDocumentNumber, personalCode, whoseAccount } from "./person.ts";
import { Spelled } from "./spelled.tsx";
import { Origin, TimeLeft } from "./transaction.tsx";

interface ChoiceContent<Name extends Screen["name"]> {
  readonly screen: Screen & { name: Name };
  readonly state: AppState;
  readonly actions: Actions;
}

export function CertificateChoice({ screen, state, actions }: ChoiceContent<"certificate-choice">) {
  const { claimed, busy, problem } = screen;
  const account = state.accounts.find(({ id }) => id === screen.accountId);
  return (
    <Frame
      kind="transaction certificate-choice"
      eyebrow={text("choice.eyebrow")}
      heading={text("choice.heading", { party: claimed.relyingPartyName })}
      back={{ name: text("app.back"), go: actions.leave }}
      holds
    >
      <dl class="facts">
        <div>
          <dt>{text("account.name")}</dt>
          <dd>{fullName(account)}</dd>
        </div>
        <div>
          <dt>{text("account.personalCode")}</dt>
          <dd translate={false}>
            <Spelled code={personalCode(account?.owner?.semanticsIdentifier ?? "")} />
          </dd>
        </div>
        <div>
          <dt>{text("account.account")}</dt>
          <dd>
            {levelName(account?.state?.level ?? "")} ·{" "}
            <Spelled whole code={maskedDocumentNumber(account?.state?.documentNumber ?? "")} />
          </dd>
        </div>
      </dl>
      <p>{text("choice.words", { party: claimed.relyingPartyName })}</p>
      <Origin claimed={claimed} />
      <TimeLeft expiresAt={claimed.expiresAt} skew={account?.clockSkew ?? 0} />
      <ProblemLine problem={problem} />
      <div class="actions halves">
        <QuietButton onClick={actions.refuse} busy={busy}>
          {text("app.cancel")}
        </QuietButton>
        <PrimaryButton onClick={actions.confirmChoice} busy={busy}>
          {text("app.confirm")}
        </PrimaryButton>
      </div>
    </Frame>
  );
}

export function Awaiting({ screen, state, actions }: ChoiceContent<"awaiting">) {
  const { relyingPartyName, busy, problem } = screen;
  const account = state.accounts.find(({ id }) => id === screen.accountId);
  const until = account?.state?.awaited?.until;
  return (
    <Frame
      kind="transaction awaiting"
      eyebrow={text("purpose.sign")}
      heading={text("awaiting.heading", { party: relyingPartyName })}
      whose={whoseAccount(state, screen.accountId)}
      back={{ name: text("app.back"), go: actions.leave }}
      holds
    >
      <p class="lead">{text("awaiting.words")}</p>
      <Mark name="mark hero preparing" />
      {until !== undefined && <TimeLeft expiresAt={until} skew={account?.clockSkew ?? 0} />}
      <ProblemLine problem={problem} />
      <div class="actions alone">
        <QuietButton onClick={actions.stopWaiting} busy={busy}>
          {text("app.cancel")}
        </QuietButton>
      </div>
    </Frame>
  );
}
