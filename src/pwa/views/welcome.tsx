// The first thing that a person sees: what this is, how it works, why it is safe.
import type { Actions } from "../model/person-actions.ts";
import type { AppState, Screen } from "../model/state.ts";
import { Frame, PrimaryButton } from "./frame.tsx";
import { Mark } from "./mark.tsx";
import { ProblemLine } from "./notice.tsx";
import { OtherAccounts } from "./other-accounts.tsx";

const STEPS = [
  ["Make an account", "Say who you are and choose two PINs. It takes a minute."],
  ["A site asks", "You see its name and a code here. The site shows the same code."],
  ["You enter a PIN", "PIN1 logs you in. PIN2 signs."],
] as const;

export const Starting = ({ problem }: Screen & { name: "starting" }) => (
  <main class="screen starting">
    <Mark name="mark large" />
    <h1 tabIndex={-1}>Tally</h1>
    <ProblemLine problem={problem} />
  </main>
);

interface WelcomeContent {
  readonly screen: Screen & { name: "welcome" };
  readonly state: AppState;
  readonly actions: Actions;
}

/** Accounts that are closed or not finished have no home: here is the way to them. */
export const Welcome = ({ screen, state, actions }: WelcomeContent) => (
  <Frame
    kind="welcome"
    heading="Two PINs instead of passwords"
    back={screen.canGoBack ? { name: "Back", go: actions.leave } : undefined}
    actions={<PrimaryButton onClick={actions.startEnrolment}>Make an account</PrimaryButton>}
  >
    <p class="lead">Log in to sites and sign documents in your own name. All it takes is this device and a PIN.</p>
    <Mark joining name="mark hero" />
    <ol class="steps">
      {STEPS.map(([title, words]) => (
        <li key={title}>
          <h2>{title}</h2>
          <p>{words}</p>
        </li>
      ))}
    </ol>
    <p class="fine">
      Your key is split like a tally stick: half here, half on the server. Neither half signs alone, and no PIN is stored.
    </p>
    <section class="accounts">
      <OtherAccounts
        accounts={state.accounts.filter((account) => account.state?.status !== "active")}
        select={actions.selectAccount}
      />
    </section>
  </Frame>
);
