// The bank's sign: three rowan berries under a leaf.
import { html } from "hono/html";
import type { Markup } from "./layout.ts";

const SHAPES = html`<path class="leaf" fill="#3f7d5c" d="M15.5 15C14.5 8 18.5 3.5 27 3c.5 7-4 11.5-11.5 12Z" />
  <circle class="berry" fill="#d8432b" cx="10" cy="16.5" r="5.5" />
  <circle class="berry" fill="#b62f1b" cx="20.5" cy="18.5" r="5.5" />
  <circle class="berry" fill="#e8603f" cx="13.5" cy="25" r="5.5" />`;

export const brandMark = (): Markup =>
  html`<svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">${SHAPES}</svg>`;

/** The same as a file of its own. */
export const iconFile = (): Markup => html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${SHAPES}</svg>`;
