// The end of an account: asked for by its owner, or told to them.
import type { Actions } from "../model/person-actions.ts";
import type { AppState, ClosedReason, Screen } from "../model/state.ts";
import { Frame, PrimaryButton, QuietButton } from "./frame.tsx";
import { Mark } from "./mark.tsx";
import { ProblemLine } from "./notice.tsx";
import { fullName, maskedDocumentNumber } from "./person.ts";

interface EndingContent<Name extends Screen["name"]> {
  readonly screen: Screen & { name: Name };
  readonly state: AppState;
  readonly actions: Actions;
}

export function DeleteAccount({ screen, state, actions }: EndingContent<"delete-account">) {
  const account = state.accounts.find(({ id }) => id === screen.accountId);
  const documentNumber = account?.state?.documentNumber ?? "";
  return (
    <Frame
      kind="delete-account"
      eyebrow={fullName(account)}
      heading="Delete this account?"
      actions={
        <>
          <ProblemLine problem={screen.problem} />
          <QuietButton danger busy={screen.busy} onClick={actions.confirmDelete}>
            Delete account
          </QuietButton>
          <PrimaryButton busy={screen.busy} onClick={actions.leave}>
            Keep it
          </PrimaryButton>
        </>
      }
    >
      {documentNumber !== "" && (
        <p class="lead">The account with number {maskedDocumentNumber(documentNumber)} ends at once, for good.</p>
      )}
      <ul class="plain">
        <li>You can no longer log in or sign with it. Other accounts go on working.</li>
        <li>Its certificates are revoked, and both halves of its keys destroyed.</li>
        <li>What you signed before stays signed.</li>
        <li>To come back, you make a new account with new PINs.</li>
      </ul>
    </Frame>
  );
}

export function Closed({ screen, state, actions }: EndingContent<"closed">) {
  const { happened, next } = CLOSED_WORDS[screen.reason];
  return (
    <Frame
      kind="closed"
      eyebrow={fullName(state.accounts.find(({ id }) => id === screen.accountId))}
      back={{ name: "Back", go: actions.leave }}
      heading={screen.reason === "out_of_step" ? "This copy is out of date" : "This account is closed"}
      actions={<PrimaryButton onClick={actions.removeFromDevice}>Remove from this device</PrimaryButton>}
    >
      <Mark name="mark hero lone" />
      <p class="lead">{happened}</p>
      <p>{next}</p>
    </Frame>
  );
}

const CLOSED_WORDS: Readonly<Record<ClosedReason, { readonly happened: string; readonly next: string }>> = {
  owner: {
    happened: "You deleted it. Its certificates are revoked, and its keys are gone.",
    next: "What is left of it on this device is of no use. You can make a new account whenever you like.",
  },
  renewed: {
    happened: "You renewed it: another account of yours took its place. Its certificates are revoked, and its keys are gone.",
    next: "What you signed before stays signed. Use the new account.",
  },
  cloned: {
    happened: "Two devices used it, so it was closed before anybody could act in your name with a copy.",
    next: "Make a new account. If you did not bring back a backup yourself, somebody had access to this device: find out how first.",
  },
  rolled_back: {
    happened: "The server’s records of it went back in time. It cannot know how many PINs were tried, so it closed the account.",
    next: "It is not your fault. Make a new account.",
  },
  expired: {
    happened: "Its time is over. Its certificates are revoked, and its keys are gone.",
    next: "What you signed before stays signed. To go on, make a new account.",
  },
  operator: {
    happened: "Whoever runs this service closed it. Its certificates are revoked, and its keys are gone.",
    next: "What you signed before stays signed. If you did not ask for this, ask them why before you make a new account.",
  },
  out_of_step: {
    happened: "This device holds an old copy of an account that is used from elsewhere, so the server does not listen to it.",
    next: "If you use the account on another device, go on there. If you do not, make a new account: somebody else may have a copy.",
  },
  unknown: {
    happened: "The server does not know it. It was given up before it was finished, or the server was set up anew.",
    next: "Make a new account.",
  },
};
