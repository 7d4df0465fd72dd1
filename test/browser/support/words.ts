// What stands on the screens of the app in another language, by what stands there in English.
import { readFileSync } from "node:fs";
import { join } from "node:path";

type Catalog = Readonly<Record<string, string>>;

export interface Spoken {
  /** Of the language alone. */
  readonly code: string;
  /** What may stand where these English words do: one message in English may be several elsewhere. */
  readonly says: (english: string) => readonly string[];
  /** Key → message. */
  readonly messages: Catalog;
  /** A day as the language writes it. */
  readonly date: RegExp;
}

const CATALOGS = join(import.meta.dirname, "../../../src/pwa/language/catalogs");
const catalog = (code: string): Catalog => JSON.parse(readFileSync(join(CATALOGS, `${code}.json`), "utf8")) as Catalog;
const ENGLISH = catalog("en");

/** Into "Enter {pin}" and the like nothing else is put by the people of the tests. */
const PIN = { from: /\bPIN[12]\b/, to: "{pin}" };

/** `locale`: of a browser. */
export function spoken(locale: string): Spoken {
  const [code = ""] = locale.split("-");
  const messages = catalog(code);
  const translated = (english: string): string[] =>
    Object.entries(ENGLISH).flatMap(([key, message]) => (message === english ? (messages[key] ?? []) : []));
  return {
    code,
    messages,
    date: dateOf(code),
    says(english) {
      const [pin] = PIN.from.exec(english) ?? [];
      const found = translated(english);
      const withPin =
        pin === undefined ? [] : translated(english.replace(pin, PIN.to)).map((text) => text.replaceAll(PIN.to, pin));
      const all = [...new Set([...found, ...withPin])];
      // A name, or a digit, is the same everywhere.
      return all.length === 0 ? [english] : all;
    },
  };
}

/** With the month by its name. */
function dateOf(code: string): RegExp {
  const parts = new Intl.DateTimeFormat(code, { dateStyle: "long" }).formatToParts(Date.now());
  const forms: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {
    day: String.raw`\d{1,2}`,
    year: String.raw`\d{4}`,
    month: `(?:${monthsOf(code).join("|")})`,
  };
  return new RegExp(parts.map(({ type, value }) => forms[type] ?? inWords(value)).join(""));
}

/** Which of the many spaces it is depends on the tables of whoever formats. */
const inWords = (text: string): string =>
  text
    .split(/\s/)
    .map((part) => escaped(part))
    .join(String.raw`\s`);

const monthsOf = (code: string): readonly string[] =>
  Array.from({ length: 12 }, (_, month) => {
    const parts = new Intl.DateTimeFormat(code, { dateStyle: "long" }).formatToParts(new Date(2026, month, 15));
    return parts.find(({ type }) => type === "month")?.value ?? "";
  });

/** Messages of the English catalog that stand in this text, where the language has other words for them. */
export function englishLeft({ messages }: Spoken, text: string): readonly string[] {
  const shown = text.replaceAll(/\s+/g, " ");
  return Object.entries(ENGLISH)
    .filter(([key, message]) => !/[{<]/.test(message) && messages[key] !== message)
    .filter(([, message]) => new RegExp(String.raw`(?<![\p{L}\d])${escaped(message)}(?![\p{L}\d])`, "u").test(shown))
    .map(([key, message]) => `${key}: ${message}`);
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
