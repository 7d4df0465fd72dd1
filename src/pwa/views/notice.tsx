// Something to know, and what to do about it; and what is said of a problem beside the thing that can be tried again.
import type { ComponentChildren } from "preact";
import type { Problem } from "../model/state.ts";
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

/** Always in the page, so that screen readers hear it when words come into it. */
export const ProblemLine = ({ problem }: { readonly problem: Problem | undefined }) => (
  <p class="problem" role="alert">
    {problem !== undefined && problemWords(problem)}
  </p>
);

export function problemWords(problem: Problem): string {
  switch (problem.kind) {
    case "unreachable":
      return "The server cannot be reached. Check your connection, then try again.";
    case "refused":
      return problem.detail;
    case "wrong-pin":
      return "That is not the PIN. Try again.";
    case "enrolment-over":
      return "The server has ended this application: it took over an hour, or PIN2 was wrong three times. Please start again.";
    case "reload":
      return "A part of Tally did not load: it may have been updated in another window. Nothing was lost. Load it anew, then try again.";
    case "storage":
      return problem.newer
        ? "A newer version of Tally wrote what this browser keeps. Your accounts are still there: load this page again to get it."
        : "What this browser keeps could not be opened. Tally needs its storage: leave private browsing, or make space, and load this page again.";
    case "failed":
      return "That did not work. Try again.";
  }
}
