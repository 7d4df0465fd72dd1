// The languages of the app: whole catalogs, and no word that is nowhere used.
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { h, type VNode } from "preact";
import { describe, expect, test, vi } from "vitest";
import { catalogFaults, wishesOf } from "../../scripts/client-build/catalog-check.ts";
import { wholeCatalog } from "../../scripts/client-build/catalogs.ts";
import { noticeWords } from "../../src/push/notice-words.ts";
import { firstKnown, type Language, LANGUAGES } from "../../src/pwa/language/languages.ts";
import { FILES } from "../../src/pwa/language/messages.ts";
import { richText, text } from "../../src/pwa/language/text.ts";
import { askedTexts, looseWords } from "./support/asked-texts.ts";

const FOLDER = "src/pwa/language/catalogs";
const codes = Object.keys(LANGUAGES) as Language[];

describe("a catalog", () => {
  test.each(codes)("in %s is whole, and its words for notifications are what the server pushes", (code) => {
    const { "notice.title": title, "notice.body": body } = wholeCatalog(`${FOLDER}/${code}.json`);
    expect(noticeWords(code)).toEqual({ lang: code, title, body });
  });

  test("has its plural forms whatever tables of languages the building Node has", () => {
    vi.stubGlobal("Intl", {});
    for (const code of codes) expect(wholeCatalog(`${FOLDER}/${code}.json`)).toBeTypeOf("object");
    vi.unstubAllGlobals();
    // What browsers of today look for.
    for (const code of codes) {
      const forms = new Intl.PluralRules(code).resolvedOptions().pluralCategories.toSorted().join(", ");
      const message = (given: string): string => given.replaceAll(/\w+/g, "$& {#}").replaceAll(",", "");
      const count = `{count, plural, ${message(forms)}}`;
      expect(catalogFaults(code, { count }, { count: "{count, plural, one {#} other {#}}" })).toEqual([]);
    }
  });

  test("is there for every language that can be chosen, and for no other", () => {
    const files = globSync(`${FOLDER}/*.json`).map((file) => basename(file, ".json"));
    expect(files.toSorted()).toEqual(codes.toSorted());
    expect(Object.keys(FILES).toSorted()).toEqual(codes.toSorted());
  });

  const source = {
    plain: "Back",
    party: "{party} asks",
    bold: "The <b>same</b> code",
    count: "{count, plural, one {# digit} other {# digits}}",
    chosen: "{place, select, here {Here} other {There}}",
  };
  const estonian = {
    plain: "Tagasi",
    party: "{party} küsib",
    bold: "<b>Sama</b> kood",
    count: "{count, plural, =0 {ükski} one {# number} other {# numbrit}}",
    chosen: "{place, select, here {Siin} other {Seal}}",
  };
  test("is whole with the same keys and placeholders, in the plural forms of its language", () => {
    expect(catalogFaults("en", source, source)).toEqual([]);
    expect(catalogFaults("et", estonian, source)).toEqual([]);
  });

  test.each([
    ["a key that is missing", "et", { plain: undefined }, "plain is missing"],
    ["a key too many", "et", { more: "Rohkem" }, "more is not in English"],
    ["no words", "et", { plain: "" }, "plain is not text"],
    ["spaces around its words", "et", { plain: " Tagasi" }, "plain is not text"],
    ["another placeholder", "et", { party: "{partei} küsib" }, "party has the placeholders {partei, argument}"],
    ["a placeholder less", "et", { party: "Keegi küsib" }, "party has the placeholders none"],
    ["nothing in bold", "et", { bold: "Sama kood" }, "bold has the placeholders none"],
    ["a number in the place of its forms", "et", { count: "{count} numbrit" }, "count has the placeholders {count, argument}"],
    ["a case that no view knows", "et", { chosen: "{place, select, siin {Siin} other {Seal}}" }, "chosen has the placeholders"],
    [
      "a plural form less than Lithuanian has",
      "lt",
      {},
      "count has the plural forms one, other, and the language has few, many, one, other",
    ],
    [
      "a plural form that Estonian has not",
      "et",
      { count: "{count, plural, one {#} few {#} other {#}}" },
      "count has the plural forms",
    ],
    ["ordinals", "et", { count: "{count, selectordinal, other {#.}}" }, "count counts {count} by ordinals"],
    ["an open brace", "et", { party: "{party küsib" }, "party cannot be read"],
    ["an apostrophe that hides a placeholder", "et", { party: "'{party}' küsib" }, "party has a straight apostrophe"],
    ["a date of its own making", "et", { party: "{party, date} küsib" }, "party formats {party}"],
  ])("with %s is not", (_, code, change, fault) => {
    const broken = Object.fromEntries(Object.entries({ ...estonian, ...change }).filter(([, message]) => message !== undefined));
    expect(catalogFaults(code, broken as Record<string, string>, source).join("\n")).toContain(fault);
  });
});

describe("a message", () => {
  test("is chosen by number, and what is put in stays text", () => {
    expect(text("home.waiting", { count: 1 })).toBe("Waiting for you");
    expect(text("home.waiting", { count: 3 })).toBe("3 requests wait for you");
    expect(text("transaction.fromNotification", { party: "<b>{x}</b> & Co" })).toBe(
      "<b>{x}</b> & Co sent this. Go on only if you expect it.",
    );
  });

  test("has its bold part as an element, and values that are elements", () => {
    const [before, bold, ...after] = richText("transaction.sameCode", { party: "<i>" }) as [string, VNode, string];
    expect([before, ...after]).toEqual(["Does <i> show the ", "? If not, cancel."]);
    expect([bold.type, bold.props.children]).toEqual(["b", "same code"]);
    const digits = h("span", null, "0:10");
    expect(richText("home.worksAgainIn", { time: digits })).toEqual(["It works again in ", digits, "."]);
  });

  const asked = askedTexts();
  const messages = Object.entries(wholeCatalog(`${FOLDER}/en.json`)).map(([key, message]) => ({ key, ...wishesOf(message) }));

  test("gets everything that is put into it, and is asked for as rich where a part of it is bold", () => {
    const faults = asked.flatMap(({ place, rich, key, values }) =>
      messages
        .filter((message) => key?.test(message.key))
        .filter(({ values: wanted, bold }) => (bold && !rich) || wanted.some((name) => values?.includes(name) === false))
        .map((message) => `${place}: ${message.key}`),
    );
    expect(faults).toEqual([]);
    expect(asked.length).toBeGreaterThan(200);
  });

  test("is what people read: no view has words of its own, but names that are the same everywhere", () => {
    expect(looseWords().filter((word) => !/: (Tally|Apache-2\.0)$/.test(word))).toEqual([]);
  });

  test("is asked for somewhere", () => {
    // As the argument of a call, or as a word by itself: in a table, in the page, in the build.
    const sources = ["src/pwa/**/*.{ts,tsx,html}", "scripts/client-build/catalogs.ts"].flatMap((pattern) => globSync(pattern));
    const words = new Set(
      sources.flatMap((file) => readFileSync(file, "utf8").match(/(?<=["\s])\w+(\.[\w-]+)+(?=["\s])/g) ?? []),
    );
    const unused = messages.filter(({ key }) => !words.has(key) && !asked.some((call) => call.key?.test(key) === true));
    expect(unused.map(({ key }) => key)).toEqual([]);
  });
});

test("the language of the app is the first of the browser's that it knows, whatever the region, else English", () => {
  expect(firstKnown(["ja", "et-EE", "en-GB"])).toBe("et");
  expect(firstKnown(["ET"])).toBe("et");
  expect(firstKnown(["de_AT"])).toBe("de");
  expect(firstKnown(["ja", "constructor", ""])).toBe("en");
  expect(firstKnown([])).toBe("en");
  expect(firstKnown(undefined)).toBe("en");
});

test("the script that asks for the first words runs to its end whatever the browser lacks: the app imports it", async () => {
  vi.stubGlobal("navigator", undefined);
  await expect(import("../../src/pwa/language/first-words.ts")).resolves.toBeTypeOf("object");
  vi.unstubAllGlobals();
});
