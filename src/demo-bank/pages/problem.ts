// One page for everything that can go wrong: what happened, and what to do now.
import { html } from "hono/html";
import type { BankFailure } from "../failure.ts";
import type { Customer } from "../storage/customers.ts";
import type { Markup, Page } from "./layout.ts";

type Status = NonNullable<Page["status"]>;

export type Problem =
  | BankFailure
  | "code-over"
  | "session-over"
  | "other-browser"
  | "other-address"
  | "strange-return"
  | "other-return"
  | "payment-over"
  | "foreign-form"
  | "not-found"
  | "too-large"
  | "bank-trouble";

interface Explanation {
  readonly status: Status;
  readonly title: string;
  readonly advice: Markup | string;
}

const makeAccount = html`<a href="/" target="_blank" rel="noopener">Make an account in the authenticator</a>`;

/** Statuses count where the page answers a form at once; a page that is looked at later is a page like any other. */
const EXPLANATIONS: Readonly<Record<Problem, Explanation>> = {
  "unknown-person": {
    status: 404,
    title: "Nobody known by this code",
    advice: html`No account answers to this country and personal code. Look for a typing mistake. No account yet? ${makeAccount},
    then log in.`,
  },
  "no-suitable-account": {
    status: 403,
    title: "This account is not enough",
    advice: html`A bank asks for a Full account, and this one is Basic. ${makeAccount} and choose Full there.`,
  },
  refused: {
    status: 403,
    title: "You refused",
    advice: "Nothing happened here. If it was not you who started this, refusing was right; otherwise start again.",
  },
  "wrong-code": {
    status: 403,
    title: "Another code was chosen",
    advice:
      "The code that was chosen in the authenticator is not the one that stood here, so the request ended and nothing happened. If you did not start this, somebody else did. Otherwise start again, and take your time to compare.",
  },
  "timed-out": {
    status: 403,
    title: "Time ran out",
    advice:
      "No answer came within three minutes, and nothing happened. Open the authenticator, so that it is there when the request comes, and start again.",
  },
  locked: {
    status: 403,
    title: "The PIN is locked",
    advice:
      "Too many wrong PINs were typed, or the account was closed. The authenticator says until when it is locked; try again after that. Is it locked for ever, make a new account there.",
  },
  "broken-link": {
    status: 403,
    title: "This link was changed on its way",
    advice:
      "What reached the authenticator is not the code or link that this bank made, so the request ended and nothing happened. Take the code from this bank's own page, and follow no link that somebody sent you.",
  },
  busy: {
    status: 409,
    title: "Your authenticator waits for something else",
    advice:
      "It has chosen a certificate for another site and waits for what is to be signed there. Finish or leave that, then start again.",
  },
  "not-shown": {
    status: 502,
    title: "Your authenticator cannot show this",
    advice: "It is older than what this bank asks of it, and nothing happened. Load the authenticator anew, then start again.",
  },
  "too-many-waiting": {
    status: 429,
    title: "Too many requests are waiting",
    advice:
      "Your authenticator has several requests open already. Answer or refuse them there, or wait three minutes, then start again.",
  },
  "service-trouble": {
    status: 502,
    title: "The service has a problem",
    advice: "It could not do what this bank asked for. That is not your fault. Nothing happened; try again in a few minutes.",
  },
  unreachable: {
    status: 502,
    title: "The service cannot be reached",
    advice: "Nobody answered. Look whether the server still runs, then try again.",
  },
  "not-verified": {
    status: 502,
    title: "The answer could not be verified",
    advice:
      "An answer came, but it does not prove what it must prove: certificate, signature or person are not right. This bank believes nothing of it, and nothing happened. Its log says which check failed.",
  },
  "insufficient-funds": {
    status: 409,
    title: "Not enough money",
    advice: "When you had confirmed, the account did not cover this payment any more. It was not booked. Make a smaller one.",
  },
  "code-over": {
    status: 403,
    title: "The code has run out",
    advice:
      "A code is good for three minutes, and nobody confirmed in that time. Nothing happened. Have your authenticator ready, and take a new code.",
  },
  "session-over": {
    status: 403,
    title: "You are not logged in any more",
    advice: "A session ends after half an hour, or when you log out. Log in again.",
  },
  "other-browser": {
    status: 403,
    title: "This login is not this browser's",
    advice: "A login can be finished only where it was started, once, and while it is fresh. Start again here.",
  },
  "other-address": {
    status: 403,
    title: "This bank lives at another address",
    advice: "Authenticators return to that address alone, so log in there.",
  },
  "strange-return": {
    status: 403,
    title: "This browser did not begin this login",
    advice:
      "You came back from the authenticator, but this browser had started nothing here, so nobody was logged in. Did somebody send you a link? Then they tried to be logged in as you: do not confirm again. Did you begin it yourself, in another browser or a private window? Then start again in this one.",
  },
  "other-return": {
    status: 403,
    title: "This is the way back from another login",
    advice: "The address of this page does not belong to the login of this browser, so the bank did nothing with it.",
  },
  "payment-over": {
    status: 410,
    title: "This payment is no longer valid",
    advice: "It waited too long for its signature. Nothing was booked. Make it again.",
  },
  "foreign-form": {
    status: 403,
    title: "This request came from elsewhere",
    advice: "It was not sent by a page of this bank, so the bank did nothing. Go to the start and try from there.",
  },
  "not-found": { status: 404, title: "There is nothing here", advice: "No page of this bank has this address." },
  "too-large": { status: 413, title: "That is too much", advice: "What was sent is larger than any form of this bank." },
  "bank-trouble": {
    status: 500,
    title: "The bank has a problem",
    advice: "Something broke on our side, and it was written into the log. Try again.",
  },
};

/** `again`: where to try again, and what the link says. `answersForm`: whether the status is the failure's own. */
export function problemPage(
  problem: Problem,
  input: {
    readonly customer?: Customer | undefined;
    readonly again?: readonly [path: string, text: string];
    readonly form?: Markup;
    readonly answersForm?: boolean;
  } = {},
): Page {
  const { status, title, advice } = EXPLANATIONS[problem];
  const [path, text] = input.again ?? ["/demo", "To the start"];
  return {
    title,
    customer: input.customer,
    status: input.answersForm === false ? 200 : status,
    body: html`<section class="card narrow trouble" data-problem="${problem}">
      <h1>${title}</h1>
      <p>${advice}</p>
      <div class="actions">
        ${input.form ?? ""}<a class="button${input.form === undefined ? "" : " second"}" href="${path}">${text}</a>
      </div>
    </section>`,
  };
}
