// The languages of the app: whole catalogs, no word that is nowhere used, and which language is spoken.
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { h, type VNode } from "preact";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { catalogFaults, wishesOf } from "../../scripts/client-build/catalog-check.ts";
import { wholeCatalog } from "../../scripts/client-build/catalogs.ts";
import { noticeWords } from "../../src/push/notice-words.ts";
import { type Catalog, type Language, LANGUAGES, OTHERS } from "../../src/pwa/language/languages.ts";
import { language, richText, speak, text } from "../../src/pwa/language/text.ts";
import { chooseLanguage, firstKnown, startLanguage, wordsAreMissing } from "../../src/pwa/model/language.ts";
import { askedTexts, looseWords } from "./support/asked-texts.ts";
import { clearDatabase, stores } from "./support/database.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

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
    expect(["en", ...Object.keys(OTHERS)].toSorted()).toEqual(codes.toSorted());
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

describe("the language of the app", () => {
  const FAKE = { "app.back": "Tagasi" } as Catalog;
  let arrival: () => Promise<{ readonly default: Catalog }>;
  beforeEach(async () => {
    clearDatabase();
    Object.assign(LANGUAGES, { et: "Eesti" });
    arrival = async () => ({ default: FAKE });
    Object.assign(OTHERS, { et: () => arrival() });
    await speak("en");
  });
  const preferred = (...languages: string[]) => vi.stubGlobal("navigator", { languages });

  test("is the first of the browser's that it knows, whatever the region, else English", () => {
    expect(firstKnown(["ja", "et-EE", "en-GB"])).toBe("et");
    expect(firstKnown(["ET"])).toBe("et");
    expect(firstKnown(["ja", "constructor", ""])).toBe("en");
    expect(firstKnown([])).toBe("en");
  });

  test("at the first start is the browser's, is kept for the service worker, and follows the browser at the next one", async () => {
    preferred("et-EE");
    await startLanguage();
    expect([language.value, text("app.back")]).toEqual(["et", "Tagasi"]);
    expect(stores.settings.get("language")).toEqual({ code: "et", chosen: false });
    preferred("en-GB", "et");
    await startLanguage();
    expect([language.value, text("app.back")]).toEqual(["en", "Back"]);
    expect(stores.settings.get("language")).toEqual({ code: "en", chosen: false });
  });

  test("is the one that the person chose, whatever the browser's are", async () => {
    preferred("en");
    await startLanguage();
    expect(await chooseLanguage("et")).toBe(true);
    expect(text("app.back")).toBe("Tagasi");
    await speak("en");
    await startLanguage();
    expect(language.value).toBe("et");
    expect(stores.settings.get("language")).toEqual({ code: "et", chosen: true });
  });

  test("is the last one of several chosen at once, whichever arrives first", async () => {
    let arrive = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    arrival = async () => {
      await late;
      return { default: FAKE };
    };
    const choices = [chooseLanguage("et"), chooseLanguage("en")];
    arrive();
    expect(await Promise.all(choices)).toEqual([true, true]);
    expect(language.value).toBe("en");
  });

  test("stays where the words of another one do not arrive, and a choice outlives such a start", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    arrival = () => Promise.reject(new TypeError("no such file"));
    expect(await chooseLanguage("et")).toBe(false);
    expect(language.value).toBe("en");
    expect(stores.settings.size).toBe(0);
    stores.settings.set("language", { code: "et", chosen: true });
    preferred("en");
    await startLanguage();
    expect(language.value).toBe("en");
    expect(stores.settings.get("language")).toEqual({ code: "et", chosen: true });
  });

  test("is English at a start where the words of another one are too late, which is said where one is chosen", async () => {
    vi.useFakeTimers();
    const late = Promise.withResolvers<{ readonly default: Catalog }>();
    arrival = () => late.promise;
    preferred("et");
    const started = startLanguage();
    await vi.advanceTimersByTimeAsync(5_000);
    await started;
    vi.useRealTimers();
    late.resolve({ default: FAKE });
    await late.promise;
    expect([language.value, wordsAreMissing.value]).toEqual(["en", true]);
    expect(await chooseLanguage("et")).toBe(true);
    expect([language.value, wordsAreMissing.value]).toEqual(["et", false]);
  });

  test("is English where a code of another version is kept", async () => {
    stores.settings.set("language", { code: "xx", chosen: true });
    preferred("ja");
    await startLanguage();
    expect(language.value).toBe("en");
  });
});
