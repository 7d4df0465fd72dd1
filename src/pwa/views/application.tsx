// The application for the certificates: what will stand in them, what is agreed to, and PIN2 under it.
import { richText, text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import { isSucceededBy } from "../model/renewal.ts";
import type { Application, AppState, Screen } from "../model/state.ts";
import { Frame } from "./frame.tsx";
import { OperatorLink } from "./operator.tsx";
import { levelName, maskedDocumentNumber, personalCode, pinName } from "./person.ts";
import { pinMessage, PinPad } from "./pin-pad.tsx";
import { Spelled } from "./spelled.tsx";

interface ApplicationContent {
  readonly screen: Screen & { name: "application" };
  readonly state: AppState;
  readonly actions: Actions;
}

export function SignApplication({ screen, state, actions }: ApplicationContent) {
  const { application, pin, problem } = screen;
  return (
    <Frame
      kind="application with-pad"
      heading={text("application.heading")}
      back={{ name: text("app.back"), go: actions.leave }}
      holds
      giveUp={{ name: text("app.startOver"), go: actions.removeFromDevice }}
    >
      <div class="told">
        <dl class="facts">
          <div>
            <dt>{text("account.name")}</dt>
            <dd>
              {application.givenName} {application.surname}
            </dd>
          </div>
          <div>
            <dt>{text("account.personalCode")}</dt>
            <dd translate={false}>
              <Spelled code={personalCode(application.semanticsIdentifier)} />
            </dd>
          </div>
          <div>
            <dt>{text("account.level")}</dt>
            <dd>{levelName(application.level)}</dd>
          </div>
        </dl>
        <ul class="terms">
          <li>{text("application.mine")}</li>
          <li>{text("application.secret")}</li>
          <li>{text("application.device")}</li>
          {state.operator?.terms !== undefined && (
            <li>{richText("application.terms", { link: <OperatorLink brief address={state.operator.terms} /> })}</li>
          )}
          <Renewed application={application} state={state} />
        </ul>
      </div>
      <PinPad
        pin={pin}
        purpose="sign"
        actions={actions}
        confirm={text("purpose.sign")}
        message={
          pin.state === "working"
            ? { words: text(problem?.kind === "unreachable" ? "starting.unreachable" : "application.signing"), bad: false }
            : pinMessage({ pin, name: pinName("sign"), problem, before: text("application.before") })
        }
      />
    </Frame>
  );
}

/** Agreed to with the same PIN: the account before ends. */
function Renewed({ application, state }: { readonly application: Application; readonly state: AppState }) {
  const { semanticsIdentifier, level } = application;
  const renews = state.accounts.find(({ id }) => id === state.selected)?.renews;
  const before = state.accounts.find(({ id }) => id === renews);
  if (before === undefined || !isSucceededBy(before, semanticsIdentifier, level)) return null;
  return <li>{text("application.renewed", { account: maskedDocumentNumber(before.state?.documentNumber ?? "") })}</li>;
}
