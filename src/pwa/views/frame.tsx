// What every screen has in common: a bar with the way back, a heading that takes the focus, and what can be done at the
// bottom, within a thumb's reach.
import type { ComponentChildren } from "preact";
import { Icon } from "./icons.tsx";
import { Mark } from "./mark.tsx";

export interface FrameContent {
  readonly heading: string;
  /** One or two words above the heading. */
  readonly eyebrow?: ComponentChildren;
  /** Below the heading: whose account it is, where that could be doubted. */
  readonly whose?: string | undefined;
  /** Named for what it does. */
  readonly back?: { readonly name: string; readonly go: () => void } | undefined;
  /** Something is typed, made, or asked: Escape, which leaves what a person only looks at, does nothing. */
  readonly holds?: boolean;
  /** In the bar, away from the thumb: gives the whole thing up. */
  readonly giveUp?: { readonly name: string; readonly go: () => void } | undefined;
  /** At the end of the bar. */
  readonly aside?: ComponentChildren;
  /** For the stylesheet alone. */
  readonly kind: string;
  readonly actions?: ComponentChildren;
  readonly children?: ComponentChildren;
}

export const Frame = ({ heading, eyebrow, whose, back, holds = false, giveUp, aside, kind, actions, children }: FrameContent) => (
  <>
    <header class="bar">
      {back === undefined ? (
        <Mark />
      ) : (
        <button type="button" class="bar-back" data-escape={holds ? undefined : ""} onClick={back.go} aria-label={back.name}>
          <Icon name="back" />
        </button>
      )}
      <span class="bar-name">Tally</span>
      {giveUp !== undefined && (
        <button type="button" class="link" onClick={giveUp.go}>
          {giveUp.name}
        </button>
      )}
      {aside}
    </header>
    <main class={`screen ${kind}`}>
      <div class="title">
        {eyebrow !== undefined && <p class="eyebrow">{eyebrow}</p>}
        <h1 tabIndex={-1}>{heading}</h1>
        {whose !== undefined && (
          <p class="whose">
            <Icon name="person" />
            {whose}
          </p>
        )}
      </div>
      {children}
      {actions !== undefined && <div class="actions">{actions}</div>}
    </main>
  </>
);

interface ButtonContent {
  readonly children: ComponentChildren;
  readonly onClick?: () => void;
  /** Something is under way: pressing again does nothing, and the focus stays. */
  readonly busy?: boolean;
}

/** The one thing to do. Without `onClick` it submits the form around it. */
export const PrimaryButton = ({ children, onClick, busy = false }: ButtonContent) => (
  <button
    type={onClick === undefined ? "submit" : "button"}
    class="button primary"
    aria-disabled={busy}
    onClick={(event) => {
      if (busy) event.preventDefault();
      else onClick?.();
    }}
  >
    {children}
  </button>
);

export const QuietButton = ({
  children,
  onClick,
  busy = false,
  danger = false,
}: ButtonContent & { readonly danger?: boolean }) => (
  <button
    type="button"
    class={danger ? "button danger" : "button quiet"}
    aria-disabled={busy}
    onClick={() => !busy && onClick?.()}
  >
    {children}
  </button>
);
