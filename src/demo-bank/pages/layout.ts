// The frame of every page. hono/html escapes whatever is put into a page; nothing here is ever marked as raw.
import { html } from "hono/html";
import { BANK_NAME } from "../bank.ts";
import type { Customer } from "../storage/customers.ts";
import { brandMark } from "./mark.ts";

export type Markup = ReturnType<typeof html>;

export interface Page {
  readonly title: string;
  readonly body: Markup;
  /** Who is logged in: gets the navigation. */
  readonly customer?: Customer | undefined;
  readonly current?: "accounts" | "payment" | "history";
  /** The page waits for an answer: it gets the script. */
  readonly waits?: boolean;
  readonly status?: 200 | 400 | 403 | 404 | 409 | 410 | 413 | 422 | 429 | 500 | 502;
}

export const layout = ({ title, body, customer, current, waits }: Page): Markup =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · ${BANK_NAME}</title>
        <link rel="icon" href="/demo/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/demo/bank.css" />
        ${waits === true ? html`<script type="module" src="/demo/waiting.js"></script>` : ""}
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header class="top">
          <a class="brand" href="/demo">${brandMark()}<span>${BANK_NAME}</span></a>
          ${customer === undefined ? html`<p class="tag">A demo</p>` : navigation(customer, current)}
        </header>
        <main id="content">${body}</main>
        <footer>
          <p>
            ${BANK_NAME} is not a bank: accounts and money are invented. It shows how a relying party uses Tally, over the same
            public API as anybody.
          </p>
        </footer>
      </body>
    </html>`;

function navigation(customer: Customer, current: Page["current"]): Markup {
  const link = (name: typeof current, path: string, text: string) =>
    name === current ? html`<a href="${path}" aria-current="page">${text}</a>` : html`<a href="${path}">${text}</a>`;
  return html`<nav aria-label="Bank">
      ${link("accounts", "/demo/accounts", "Accounts")}${link("payment", "/demo/payments/new", "New payment")}${link(
        "history",
        "/demo/history",
        "History",
      )}
    </nav>
    <form class="leave" method="post" action="/demo/logout">
      <span>${customer.given_name} ${customer.surname}</span>
      <button class="quiet">Log out</button>
    </form>`;
}

/** A list of what belongs together: name and value. */
export const facts = (rows: readonly (readonly [name: string, value: Markup | string])[]): Markup =>
  html`<dl class="facts">
    ${rows.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;

const clock = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
const calendar = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" });

/** Milliseconds since the epoch. */
export const formatTime = (time: number): Markup =>
  html`<time datetime="${new Date(time).toISOString()}">${clock.format(time)} UTC</time>`;

export const formatDay = (time: number): Markup =>
  html`<time datetime="${new Date(time).toISOString()}">${calendar.format(time)}</time>`;

const shortCalendar = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

/** Without the year, for narrow tables. */
export const formatShortDay = (time: number): Markup =>
  html`<time datetime="${new Date(time).toISOString()}">${shortCalendar.format(time)}</time>`;
