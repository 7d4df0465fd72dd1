// What the gallery is to its test: pictures of every screen, drawn and looked at inside the page. See page.tsx.
import type { Language } from "../../../src/pwa/language/languages.ts";

/** Of every clock that a picture has to do with: a day and a month with long names in most languages. */
export const NOW = Date.UTC(2026, 8, 24, 9, 41);

/** One line for each thing that is wrong; none is wanted. */
export type Faults = readonly string[];

/** `colours`: only what depends on them, and on the size of the window. */
export type Depth = "whole" | "colours";

export interface Gallery {
  /** Names of all pictures: that of the screen, and what is special about it. */
  readonly pictures: readonly string[];
  /** Draws one. */
  readonly show: (picture: string, language: Language) => Promise<void>;
  /** Of every picture in that language: what does not fit into this window. */
  readonly misfits: (language: Language) => Promise<Faults>;
  /** Of every picture in English: what axe finds in what it is built of. */
  readonly barriers: (depth: Depth) => Promise<Faults>;
  /** Of every picture in English: its headings, and the ways from it. */
  readonly outlines: () => Promise<readonly Outline[]>;
}

export interface Outline {
  readonly picture: string;
  readonly headings: readonly string[];
  /** Buttons that lead back, on, or to something else, and can be pressed. */
  readonly ways: number;
}

declare global {
  interface Window {
    /** Undefined until the page has loaded. */
    gallery?: Gallery;
  }
}
