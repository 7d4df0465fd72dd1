// Every word that a person reads, in the language that is chosen: messages by their keys, with values put into them. A view that draws
// with them is drawn anew when the language changes. The messages come parsed from the build: there is no parser in the page. What is
// put in stays text, and Preact escapes it as any other.
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { type Formatters, formatToParts } from "intl-messageformat";
import { type ComponentChild, type ComponentChildren, h } from "preact";
import en from "./catalogs/en.json";
import { type Catalog, type Language, OTHERS } from "./languages.ts";

export type TextKey = keyof Catalog;

/** Names of a message's placeholders → what stands in their places. A message whose placeholder is missing here is an error. */
export type Values = Readonly<Record<string, string | number>>;

/** What the build makes of a message: its elements, or the text itself where nothing is put into it. */
type Message = string | Parameters<typeof formatToParts>[0];
type Messages = Readonly<Record<TextKey, Message>>;

interface Chosen {
  readonly language: Language;
  readonly messages: Messages;
}

const chosen = signal<Chosen>({ language: "en", messages: en });

/** What the app speaks now. */
export const language: ReadonlySignal<Language> = computed(() => chosen.value.language);

/** For dates, numbers and names of countries. English is that of Europe: the day before the month. */
export const locale = (): string => (language.value === "en" ? "en-GB" : language.value);

/** Rejects, and the language stays, where the file of the messages does not arrive. `tooLate`: what arrives after it is not spoken. */
export async function speak(wanted: Language, tooLate?: AbortSignal): Promise<void> {
  const catalog = (await OTHERS[wanted]?.())?.default ?? en;
  if (tooLate?.aborted === true) return;
  chosen.value = { language: wanted, messages: catalog };
}

export const text = (key: TextKey, values?: Values): string => partsOf<string>(key, { ...values }).join("");

/** The same for a message with a part in bold, `<b>…</b>`, or with values that are elements. To be drawn inside an element. */
export const richText = (key: TextKey, values?: Readonly<Record<string, ComponentChild>>): ComponentChildren =>
  partsOf<ComponentChild>(key, { b: (children) => h("b", null, ...children), ...values });

function partsOf<Part>(key: TextKey, values: Placed<Part>): (Part | string)[] {
  const message = chosen.value.messages[key];
  if (typeof message === "string") return [message];
  return formatToParts<Part>(message, locale(), FORMATTERS, NO_FORMATS, values).map(({ value }) => value);
}

type Placed<Part> = NonNullable<Parameters<typeof formatToParts<Part>>[4]>;

const FORMATTERS: Formatters = {
  getNumberFormat: (locales, options) => new Intl.NumberFormat(locales, options),
  getDateTimeFormat: (...options) => new Intl.DateTimeFormat(...options),
  getPluralRules: (...options) => new Intl.PluralRules(...options),
};
const NO_FORMATS = { number: {}, date: {}, time: {} };
