// The page of a login by device link: a QR code for the authenticator on another device, a link to the one on this device. Which of
// them comes first is for the style sheet to say, by the kind of device; both are always there. Nobody types who they are.
import { html } from "hono/html";
import type { Markup, Page } from "./layout.ts";
import { CONFIRMED_NOTE } from "../browser/notes.ts";
import { STILL_WAITING_NOTE, timeLeft, waitingAttributes } from "./waiting.ts";

export interface DeviceLinkLogin {
  /** Base of this login: `/frame` draws the code, `/status` tells whether there is news, `/continue` goes on. */
  readonly path: string;
  /** Milliseconds. */
  readonly remaining: number;
  /** Opens the authenticator on this device, and returns. */
  readonly web2AppLink: string;
  readonly about: Markup | string;
  /** What came of going on: `running`, or `confirmed` by the link, which another page has to finish. */
  readonly still: string | undefined;
}

export function deviceLinkPage({ path, remaining, web2AppLink, about, still }: DeviceLinkLogin): Page {
  return {
    title: "Log in with your authenticator",
    waits: true,
    body: html`<section class="card linked" ${waitingAttributes(path, remaining)}>
      <h1>Log in with your authenticator</h1>
      <p class="about">${about}</p>
      <div class="ways">
        <div class="way scan">
          <h2>On another device</h2>
          <p>Scan with your authenticator.</p>
          ${codePlace(path)}
        </div>
        <div class="way here">
          <h2>On this device</h2>
          <p>Is your account in this browser? Confirm there and come straight back.</p>
          <a class="button" href="${web2AppLink}">Use the authenticator on this device</a>
        </div>
      </div>
      <noscript
        ><p class="note">A code that changes every second needs JavaScript. The link on this page works without.</p></noscript
      >
      ${timeLeft(remaining)}
      <p class="note" role="status" data-note>
        ${still === "running" ? STILL_WAITING_NOTE : ""}${still === "confirmed" ? CONFIRMED_NOTE : ""}
      </p>
      <div class="actions">
        <form method="post" action="${path}/continue" data-continue><button class="quiet">Continue</button></form>
        <a href="/demo?code">Log in with a personal code</a>
      </div>
      <p class="note">
        Did somebody send you this page, its code or its link? Then do not confirm: it would log them in, not you.
      </p>
    </section>`,
  };
}

/** Empty and covered until the script has fetched the first code. Dark on light in every colour scheme: readers expect that. */
const codePlace = (path: string): Markup =>
  html`<div class="moving-code" data-frame="${path}/frame" data-covered>
    <svg
      viewBox="0 0 1 1"
      role="img"
      aria-label="QR code for your authenticator. It changes every second."
      shape-rendering="crispEdges"
    >
      <rect width="100%" height="100%" fill="#fff" />
      <path fill="#000" d="" />
    </svg>
    <p class="cover" role="status" data-cover>Drawing the code…</p>
  </div>`;

/** There is an answer, or the browser came back from the authenticator: for the moment that verification takes. */
export const finishingPage = (path: string, remaining: number, stillWaiting: boolean): Page => ({
  title: "One moment",
  waits: true,
  body: html`<section class="card waiting" ${waitingAttributes(path, remaining)}>
    <h1>One moment</h1>
    <p>Your answer from the authenticator is being verified.</p>
    <p class="note" role="status" data-note>${stillWaiting ? "It has not arrived yet. Continue in a moment." : ""}</p>
    <form method="post" action="${path}/continue" data-continue><button>Continue</button></form>
  </section>`,
});

/** For a browser that came back to a login which is not under way here: goes on at once, by itself where there is a script. */
export const lookAgainPage = (login: string): Page => ({
  title: "One moment",
  waits: true,
  body: html`<section class="card waiting" data-waiting>
    <h1>One moment</h1>
    <p>You came back from the authenticator.</p>
    <form method="post" action="/demo/strange-return" data-continue>
      <input type="hidden" name="login" value="${login}" /><button>Continue</button>
    </form>
  </section>`,
});

export const newLinkForm = (button: string): Markup =>
  html`<form method="post" action="/demo/login/link"><button class="main">${button}</button></form>`;
