// The application for the certificates: what will stand in them, what is agreed to, and PIN2 under it.
import type { Actions } from "../model/person-actions.ts";
import { isSucceededBy } from "../model/renewal.ts";
import type { Application, AppState, Screen } from "../model/state.ts";
import { Frame } from "./frame.tsx";
import { levelName, maskedDocumentNumber, personalCode } from "./person.ts";
import { pinMessage, PinPad } from "./pin-pad.tsx";

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
      heading="Sign your application"
      back={{ name: "Back", go: actions.leave }}
      giveUp={{ name: "Start over", go: actions.removeFromDevice }}
    >
      <div class="told">
        <dl class="facts">
          <div>
            <dt>Name</dt>
            <dd>
              {application.givenName} {application.surname}
            </dd>
          </div>
          <div>
            <dt>Personal code</dt>
            <dd translate={false}>{personalCode(application.semanticsIdentifier)}</dd>
          </div>
          <div>
            <dt>Level</dt>
            <dd>{levelName(application.level)}</dd>
          </div>
        </dl>
        <ul class="terms">
          <li>These details are mine, and right.</li>
          <li>I use the PINs myself and tell nobody.</li>
          <li>Whoever has this device and a PIN acts as me.</li>
          <Renewed application={application} state={state} />
        </ul>
      </div>
      <PinPad
        pin={pin}
        purpose="sign"
        actions={actions}
        confirm="Sign"
        message={
          pin.state === "working" ? SIGNING : pinMessage({ pin, name: "PIN2", problem, before: "Sign with your new PIN2" })
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
  return <li>My account {maskedDocumentNumber(before.state?.documentNumber ?? "")} is closed when this one is active.</li>;
}

const SIGNING = { words: "Signing, and fetching your certificates…", bad: false };
