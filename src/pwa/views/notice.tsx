// Something to know, and what to do about it; and what is said of a problem beside the thing that can be tried again.
import type { ComponentChildren } from "preact";
import { text } from "../language/text.ts";
import type { Problem } from "../model/screen-parts.ts";
import { Icon, type IconName } from "./icons.tsx";

interface NoticeContent {
  readonly tone: "calm" | "care" | "alarm";
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
  /** `about`: what it is for, where several of that name are on the screen. */
  readonly action?: { readonly name: string; readonly about?: string; readonly go: () => void };
}

export const Notice = ({ tone, icon, title, children, action }: NoticeContent) => (
  <section class={`notice ${tone}`}>
    <Icon name={icon} />
    <div>
      <h2>{title}</h2>
      {children}
      {action !== undefined && (
        <button
          type="button"
          class="link"
          aria-label={action.about === undefined ? undefined : `${action.name}: ${action.about}`}
          onClick={action.go}
        >
          {action.name}
        </button>
      )}
    </div>
  </section>
);

interface ProblemContent {
  readonly problem: Problem | undefined;
  /** Loads the page anew: where that is what the words ask for, an installed app has no other button for it. */
  readonly reload?: () => void;
}

/** Always in the page, so that screen readers hear it when words come into it. */
export const ProblemLine = ({ problem, reload }: ProblemContent) => (
  <p class="problem" role="alert">
    {problem !== undefined && problemWords(problem)}
    {reload !== undefined && (problem?.kind === "reload" || problem?.kind === "storage") && (
      <>
        {" "}
        <button type="button" class="link" onClick={reload}>
          {text("app.loadAnew")}
        </button>
      </>
    )}
  </p>
);

export function problemWords(problem: Problem): string {
  switch (problem.kind) {
    case "unreachable":
      return text("problem.unreachable");
    case "refused":
      return text("problem.refused");
    case "identity-refused":
      return text(`identityRefused.${problem.reason}`);
    case "wrong-pin":
      return text("problem.wrongPin");
    case "passkey":
      return text("passkey.notUsed");
    case "passkey-elsewhere":
      return text("passkey.elsewhere");
    case "enrolment-over":
      return text("problem.enrolmentOver");
    case "other-window":
      return text("problem.otherWindow");
    case "close-others":
      return text("problem.closeOthers");
    case "reload":
      return text("problem.reload");
    case "language":
      return text("language.late");
    case "storage":
      return text(problem.newer ? "problem.newerStorage" : "problem.storage");
    case "failed":
      return text("problem.failed");
  }
}
