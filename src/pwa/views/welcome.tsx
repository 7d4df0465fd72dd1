// The first thing that a person sees: what this is, how it works, why it is safe.
import type { ComponentChildren } from "preact";
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AppState, Screen } from "../model/state.ts";
import { Frame, PrimaryButton } from "./frame.tsx";
import { HomeScreenFirst } from "./home-screen.tsx";
import { LanguageChoice } from "./language-choice.tsx";
import { Mark } from "./mark.tsx";
import { ProblemLine } from "./notice.tsx";
import { OtherAccounts } from "./other-accounts.tsx";

const STEPS = [
  ["app.makeAccount", "welcome.makeAccountWords"],
  ["welcome.siteAsks", "welcome.siteAsksWords"],
  ["welcome.enterPin", "welcome.enterPinWords"],
] as const;

interface StartingContent {
  readonly screen: Screen & { name: "starting" };
  readonly actions: Actions;
}

export const Starting = ({ screen: { problem }, actions }: StartingContent) =>
  problem?.kind === "unreachable" ? (
    <Unfinished actions={actions} />
  ) : (
    <Nameplate>
      <ProblemLine problem={problem} reload={actions.update} />
    </Nameplate>
  );

/** An account whose next step only the server knows, which cannot be asked now. */
const Unfinished = ({ actions }: Pick<StartingContent, "actions">) => (
  <Frame kind="loading" heading={text("home.unreachable")} back={{ name: text("app.back"), go: actions.leave }}>
    <Mark name="mark hero lone" />
    <p class="lead">{text("starting.unreachable")}</p>
  </Frame>
);

/** Needs no words. */
export const Nameplate = ({ children }: { readonly children?: ComponentChildren }) => (
  <main class="screen starting">
    <Mark name="mark large" />
    <h1 tabIndex={-1}>Tally</h1>
    {children}
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
    heading={text("welcome.heading")}
    back={screen.canGoBack ? { name: text("app.back"), go: actions.leave } : undefined}
    aside={<LanguageChoice small actions={actions} />}
    actions={<PrimaryButton onClick={actions.startEnrolment}>{text("app.makeAccount")}</PrimaryButton>}
  >
    <p class="lead">{text("welcome.words")}</p>
    <HomeScreenFirst />
    <Mark joining name="mark hero" />
    <ol class="steps">
      {STEPS.map(([title, words]) => (
        <li key={title}>
          <h2>{text(title)}</h2>
          <p>{text(words)}</p>
        </li>
      ))}
    </ol>
    <p class="fine">{text("welcome.split")}</p>
    <details class="fine">
      <summary>{text("welcome.before")}</summary>
      <p>{text("welcome.beforeWords")}</p>
    </details>
    <section class="accounts">
      <OtherAccounts
        accounts={state.accounts.filter((account) => account.state?.status !== "active")}
        select={actions.selectAccount}
      />
    </section>
  </Frame>
);
