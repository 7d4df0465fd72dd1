// The page between asking and the answer: the code in large digits, where to answer, how long there is. Its script goes on by
// itself; without a script the button does.
import { html } from "hono/html";
import { remainingText } from "../browser/remaining.ts";
import type { Customer } from "../storage/customers.ts";
import type { Markup, Page } from "./layout.ts";

/** Milliseconds that the API gives a person. */
export const PERSON_MILLISECONDS = 180_000;

export interface Waiting {
  readonly title: string;
  /** Four digits; undefined while the service has not drawn them yet. */
  readonly code: string | undefined;
  /** Whether the code is one of three on the device; `usual`: where the authenticator has that. */
  readonly choice: "always" | "usual" | "never";
  readonly pin: "PIN1" | "PIN2";
  /** Milliseconds. */
  readonly remaining: number;
  /** Base of this login or payment: `/status` tells whether there is news, `/continue` goes on. */
  readonly path: string;
  /** What is being confirmed. */
  readonly about: Markup | string;
  /** Somebody asked to go on, and there is no answer yet. */
  readonly stillWaiting: boolean;
  readonly customer?: Customer | undefined;
}

export const STILL_WAITING_NOTE = "There is no answer yet. Confirm in the authenticator first, then continue.";

/** What the script goes by. */
export const waitingAttributes = (path: string, remaining: number): Markup =>
  html`data-waiting data-status="${path}/status" data-remaining="${remaining}" data-total="${PERSON_MILLISECONDS}"`;

export function timeLeft(remaining: number): Markup {
  const seconds = Math.max(0, Math.ceil(remaining / 1000));
  return html`<p class="remaining">
    <progress max="${PERSON_MILLISECONDS / 1000}" value="${seconds}" aria-label="Time left"></progress>
    <span data-clock>${remainingText(seconds)}</span>
  </p>`;
}

export function waitingPage(waiting: Waiting): Page {
  const { title, path, about, stillWaiting, remaining, customer, code } = waiting;
  return {
    title,
    waits: true,
    customer,
    body: html`<section class="card waiting" ${waitingAttributes(path, remaining)}>
      <h1>${title}</h1>
      <p class="about">${about}</p>
      ${code === undefined ? html`<p role="status">Asking your authenticator…</p>` : codeBlock(code, waiting)}
      ${timeLeft(remaining)}
      <p class="note" role="status" data-note>${stillWaiting ? STILL_WAITING_NOTE : ""}</p>
      <div class="actions">
        <a class="button" href="/" target="_blank" rel="noopener">Open the authenticator</a>
        <form method="post" action="${path}/continue" data-continue><button class="quiet">Continue</button></form>
      </div>
      <p class="note">This page goes on by itself as soon as you have answered.</p>
    </section>`,
  };
}

const codeBlock = (code: string, { choice, pin }: Waiting): Markup =>
  html`<p class="code-label">${choice !== "never" ? "Choose this code in the authenticator" : "Your verification code"}</p>
    <p class="code" data-code>${code}</p>
    <p class="advice">
      ${
        choice !== "never"
          ? html`Your authenticator shows three codes. Choose this one, then type ${pin}. Any other ends the request.
            ${choice === "usual" ? "Where it shows a single code, confirm only if it is this one." : ""}`
          : html`<strong>Compare, and confirm only if the same code stands in your authenticator.</strong> Then type ${pin} there.`
      }
    </p>`;
