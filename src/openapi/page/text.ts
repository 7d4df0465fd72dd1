// Small pieces of the page. hono/html escapes whatever is put into it; nothing here is ever marked as raw.
import { html } from "hono/html";

export type Markup = ReturnType<typeof html>;

/** A description: `code` between backticks becomes code. */
export const prose = (text: string): readonly Markup[] =>
  text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));

/** Paragraphs are apart by an empty line. */
export const paragraphs = (text: string): readonly Markup[] => text.split("\n\n").map((part) => html`<p>${prose(part)}</p>`);

/** Scrolls by itself, for which it must take the focus. `wrapped`: what is one line however long, and is to be seen whole. */
export const listing = (label: string, text: string, wrapped = false): Markup =>
  html`<figure class="listing ${wrapped ? "wrapped" : ""}">
    <figcaption>${label}</figcaption>
    <pre tabindex="0" role="group" aria-label="${label}"><code>${text}</code></pre>
  </figure>`;

export const jsonListing = (label: string, value: unknown): Markup => listing(label, JSON.stringify(value, undefined, 2));

/** Names that break after their dots and slashes. */
export const breakable = (text: string): readonly Markup[] => text.split(/(?<=[./])/).map((part) => html`${part}<wbr />`);
