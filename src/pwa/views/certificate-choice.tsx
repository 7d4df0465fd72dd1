// Before a signature: which certificate it will be made with, and what its relying party learns by that; then the waiting for what is
// to be signed.
import type { Actions } from "../model/person-actions.ts";
import type { AppState, Screen } from "../model/state.ts";
import { Frame, PrimaryButton, QuietButton } from "./frame.tsx";
import { Mark } from "./mark.tsx";
import { ProblemLine } from "./notice.tsx";
import { fullName, levelName, maskedDocumentNumber, personalCode } from "./person.ts";
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
      eyebrow="Before you sign"
      heading={`${claimed.relyingPartyName} wants to know which certificate you will sign with`}
      back={{ name: "Back", go: actions.leave }}
    >
      <dl class="facts">
        <div>
          <dt>Name</dt>
          <dd>{fullName(account)}</dd>
        </div>
        <div>
          <dt>Personal code</dt>
          <dd translate={false}>{personalCode(account?.owner?.semanticsIdentifier ?? "")}</dd>
        </div>
        <div>
          <dt>Account</dt>
          <dd>
            {levelName(account?.state?.level ?? "")} · {maskedDocumentNumber(account?.state?.documentNumber ?? "")}
          </dd>
        </div>
      </dl>
      <p>
        Your name and personal code stand in the certificate, and {claimed.relyingPartyName} gets them. Nothing is signed yet.
      </p>
      <Origin claimed={claimed} />
      <TimeLeft expiresAt={claimed.expiresAt} skew={account?.clockSkew ?? 0} />
      <ProblemLine problem={problem} />
      <div class="actions halves">
        <QuietButton onClick={actions.refuse} busy={busy}>
          Cancel
        </QuietButton>
        <PrimaryButton onClick={actions.confirmChoice} busy={busy}>
          Confirm
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
      eyebrow="Sign"
      heading={`${relyingPartyName} prepares the document`}
      back={{ name: "Back", go: actions.leave }}
    >
      <p class="lead">It has your certificate. What you are to sign opens here by itself.</p>
      <Mark name="mark hero preparing" />
      {until !== undefined && <TimeLeft expiresAt={until} skew={account?.clockSkew ?? 0} />}
      <ProblemLine problem={problem} />
      <div class="actions alone">
        <QuietButton onClick={actions.stopWaiting} busy={busy}>
          Cancel
        </QuietButton>
      </div>
    </Frame>
  );
}
