// Every word that a person reads, in the language that is chosen: messages by their keys, with values put into them. A view that draws
// with them is drawn anew when the language changes. The messages come parsed from the build: there is no parser in the page. What is
// put in stays text, and Preact escapes it as any other.
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { type Formatters, formatToParts } from "intl-messageformat";
import { type ComponentChild, type ComponentChildren, h } from "preact";
import type { Language } from "./languages.ts";
import type { Messages, TextKey } from "./messages.ts";

export type { TextKey } from "./messages.ts";

/** Names of a message's placeholders → what stands in their places. A message whose placeholder is missing here is an error. */
export type Values = Readonly<Record<string, string | number>>;

interface Chosen {
  readonly language: Language;
  readonly messages: Messages;
}

const chosen = signal<Chosen | undefined>(undefined);

/** What the app speaks; undefined as long as there are no words at all, when no screen can be drawn. */
export const spoken: ReadonlySignal<Language | undefined> = computed(() => chosen.value?.language);

/** What the app speaks now. */
export const language = (): Language => speech().language;

/** For dates, numbers and names of countries. English is that of Europe: the day before the month. */
export const locale = (): string => (language() === "en" ? "en-GB" : language());

export function speak(wanted: Language, messages: Messages): void {
  chosen.value = { language: wanted, messages };
}

export const text = (key: TextKey, values?: Values): string => partsOf<string>(key, { ...values }).join("");

/** The same for a message with a part in bold, `<b>…</b>`, or with values that are elements. To be drawn inside an element. */
export const richText = (key: TextKey, values?: Readonly<Record<string, ComponentChild>>): ComponentChildren =>
  partsOf<ComponentChild>(key, { b: (children) => h("b", null, ...children), ...values });

function partsOf<Part>(key: TextKey, values: Placed<Part>): (Part | string)[] {
  const message = speech().messages[key];
  if (typeof message === "string") return [message];
  return formatToParts<Part>(message, locale(), FORMATTERS, NO_FORMATS, values).map(({ value }) => value);
}

/** Throws before there are words: an empty screen would look like one that was meant. */
function speech(): Chosen {
  if (chosen.value === undefined) throw new Error("nothing is spoken yet");
  return chosen.value;
}

type Placed<Part> = NonNullable<Parameters<typeof formatToParts<Part>>[4]>;

const FORMATTERS: Formatters = {
  getNumberFormat: (locales, options) => new Intl.NumberFormat(locales, options),
  getDateTimeFormat: (...options) => new Intl.DateTimeFormat(...options),
  getPluralRules: (...options) => new Intl.PluralRules(...options),
};
const NO_FORMATS = { number: {}, date: {}, time: {} };
