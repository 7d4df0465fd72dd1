// The end of an account: asked for by its owner, or told to them.
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AppState, Screen } from "../model/state.ts";
import { Frame, PrimaryButton, QuietButton } from "./frame.tsx";
import { Mark } from "./mark.tsx";
import { ProblemLine } from "./notice.tsx";
import { OperatorContact } from "./operator.tsx";
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
      heading={text("delete.heading")}
      actions={
        <>
          <ProblemLine problem={screen.problem} />
          <QuietButton danger busy={screen.busy} onClick={actions.confirmDelete}>
            {text("app.deleteAccount")}
          </QuietButton>
          <PrimaryButton busy={screen.busy} onClick={actions.leave}>
            {text("delete.keep")}
          </PrimaryButton>
        </>
      }
    >
      {documentNumber !== "" && <p class="lead">{text("delete.ends", { account: maskedDocumentNumber(documentNumber) })}</p>}
      <ul class="plain">
        <li>{text("delete.noMoreUse")}</li>
        <li>{text("delete.revoked")}</li>
        <li>{text("delete.staysSigned")}</li>
        <li>{text("delete.comeBack")}</li>
      </ul>
    </Frame>
  );
}

export function Closed({ screen, state, actions }: EndingContent<"closed">) {
  const { reason } = screen;
  return (
    <Frame
      kind="closed"
      eyebrow={fullName(state.accounts.find(({ id }) => id === screen.accountId))}
      back={{ name: text("app.back"), go: actions.leave }}
      heading={text(reason === "out_of_step" ? "closed.outOfDate" : "closed.heading")}
      actions={<PrimaryButton onClick={actions.removeFromDevice}>{text("closed.remove")}</PrimaryButton>}
    >
      <Mark name="mark hero lone" />
      <p class="lead">{text(`closed.${reason}.happened`)}</p>
      <p>{text(`closed.${reason}.next`)}</p>
      {reason === "operator" && <OperatorContact operator={state.operator} />}
    </Frame>
  );
}
