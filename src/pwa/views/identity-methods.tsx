// The ways to prove who one is: a choice where there are several, and honest words where there is none.
import { text, type TextKey } from "../language/text.ts";
import type { IdentityMethod } from "../model/identity-methods.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AppState, Screen } from "../model/state.ts";
import { Frame, PrimaryButton } from "./frame.tsx";
import { Icon } from "./icons.tsx";
import { Mark } from "./mark.tsx";
import { ProblemLine } from "./notice.tsx";
import { OperatorContact } from "./operator.tsx";

interface IdentityMethodsContent {
  readonly screen: Screen & { name: "identity-methods" };
  readonly state: AppState;
  readonly actions: Actions;
}

const WORDS: Readonly<Record<IdentityMethod, readonly [name: TextKey, about: TextKey]>> = {
  "self-asserted": ["methods.selfAsserted", "identity.testing"],
};

export function IdentityMethods({ screen: { methods, problem }, state, actions }: IdentityMethodsContent) {
  const back = { name: text("app.back"), go: actions.leave };
  if (methods === undefined) {
    const unreachable = problem?.kind === "unreachable";
    return (
      <Frame kind="loading" heading={text(unreachable ? "home.unreachable" : "app.makeAccount")} back={back}>
        <Mark name="mark hero lone" />
        <p class="lead" role="status">
          {text(unreachable ? "methods.unreachable" : "about.loading")}
        </p>
      </Frame>
    );
  }
  if (methods.length === 0) {
    return (
      <Frame
        kind="no-methods"
        heading={text("methods.none")}
        back={back}
        actions={<PrimaryButton onClick={actions.askMethods}>{text("app.tryAgain")}</PrimaryButton>}
      >
        <Mark name="mark hero lone" />
        <p class="lead">{text("methods.noneWords")}</p>
        <OperatorContact operator={state.operator} />
      </Frame>
    );
  }
  return (
    <Frame kind="identity-methods" heading={text("methods.heading")} back={back}>
      <ProblemLine problem={problem} />
      {problem?.kind === "refused" && <OperatorContact operator={state.operator} />}
      <section class="accounts">
        {methods.map((method) => (
          <button key={method} type="button" class="row strong" onClick={() => actions.chooseMethod(method)}>
            <span>
              <b>{text(WORDS[method][0])}</b>
              <small>{text(WORDS[method][1])}</small>
            </span>
            <Icon name="forward" />
          </button>
        ))}
      </section>
    </Frame>
  );
}
