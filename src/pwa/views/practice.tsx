// Trying out a login: what a site would show, in a frame of its own that no real screen has, and what comes next.
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { Screen } from "../model/state.ts";
import { Frame, PrimaryButton } from "./frame.tsx";
import { ProblemLine } from "./notice.tsx";
import { Code } from "./transaction.tsx";

interface PracticeContent {
  readonly screen: Screen & { name: "practice" };
  readonly actions: Actions;
}

export const Practice = ({ screen: { code, busy, problem }, actions }: PracticeContent) => (
  <Frame
    kind="practice"
    heading={text("practice.heading")}
    back={{ name: text("app.back"), go: actions.leave }}
    actions={
      <PrimaryButton onClick={actions.beginPractice} busy={busy}>
        {text("practice.begin")}
      </PrimaryButton>
    }
  >
    <p class="lead">{text("practice.about")}</p>
    <figure class="pretended-site">
      <figcaption>{text("practice.site")}</figcaption>
      <Code digits={code} />
    </figure>
    <p>{text("practice.remember")}</p>
    <ProblemLine problem={problem} />
  </Frame>
);
