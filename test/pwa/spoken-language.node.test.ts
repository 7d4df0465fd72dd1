// Which language is spoken, and what becomes of a page whose words do not arrive.
import { beforeEach, describe, expect, test, vi } from "vitest";
import { messagesOf } from "../../scripts/client-build/catalogs.ts";
import { browserWindow } from "./support/page.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

const CATALOGS = "src/pwa/language/catalogs";
const never = new Promise<Response>(() => undefined);
const gone = async (): Promise<Response> => Response.json({}, { status: 404 });
const words = async (code: string): Promise<Response> => Response.json(messagesOf(`${CATALOGS}/${code}.json`));

/** Languages whose words were asked for. */
let asked: string[];
/** What the server answers, by language. */
let answers: Record<string, () => Promise<Response>>;
let page: Page;
let database: typeof import("./support/database.ts");

const load = async () => ({
  ...(await import("../../src/pwa/language/text.ts")),
  ...(await import("../../src/pwa/model/language.ts")),
});
type Page = Awaited<ReturnType<typeof load>>;

/** A start in a browser of these languages. */
function starts(...languages: string[]): Promise<void> {
  vi.stubGlobal("navigator", { languages });
  return page.startLanguage();
}
const kept = () => database.stores.settings.get("language");
const said = () => [page.spoken.value, page.spoken.value === undefined ? undefined : page.text("app.back")];

beforeEach(async () => {
  // Nothing is spoken, and nothing kept.
  vi.resetModules();
  page = await load();
  // The one that the model has.
  database = (await import("../../src/pwa/storage/database.ts")) as unknown as typeof database;
  database.clearDatabase();
  asked = [];
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  vi.spyOn(console, "error").mockReturnValue();
  answers = {};
  vi.stubGlobal("fetch", async (address: string) => {
    const [, code = ""] = /(\w\w)\.json$/.exec(address) ?? [];
    asked.push(code);
    return (answers[code] ?? (() => words(code)))();
  });
});

describe("the language of the app", () => {
  test("at the first start is the browser's, is kept for the service worker, and follows the browser at the next one", async () => {
    await starts("et-EE");
    expect(said()).toEqual(["et", "Tagasi"]);
    expect(asked).toEqual(["et"]);
    expect(kept()).toEqual({ code: "et", chosen: false });
    await starts("en-GB", "et");
    expect(said()).toEqual(["en", "Back"]);
    expect(kept()).toEqual({ code: "en", chosen: false });
  });

  test("is the one that the person chose, whatever the browser's are", async () => {
    await starts("en");
    expect(await page.chooseLanguage("et")).toBe(true);
    expect(said()).toEqual(["et", "Tagasi"]);
    await starts("en");
    expect(said()).toEqual(["et", "Tagasi"]);
    expect(kept()).toEqual({ code: "et", chosen: true });
  });

  test("is the last one of several chosen at once, whichever arrives first", async () => {
    await starts("en");
    const late = Promise.withResolvers<void>();
    answers["et"] = () => late.promise.then(() => words("et"));
    const choices = [page.chooseLanguage("et"), page.chooseLanguage("en")];
    late.resolve();
    expect(await Promise.all(choices)).toEqual([true, true]);
    expect(page.spoken.value).toBe("en");
  });

  test("stays where the words of another one do not arrive, and they are asked for anew by the next choice", async () => {
    await starts("en");
    answers["et"] = gone;
    expect(await page.chooseLanguage("et")).toBe(false);
    expect(page.spoken.value).toBe("en");
    expect(kept()).toEqual({ code: "en", chosen: false });
    answers["et"] = () => words("et");
    expect(await page.chooseLanguage("et")).toBe(true);
    expect(asked).toEqual(["en", "et", "et"]);
  });

  test("is English at a start where the words that were chosen do not arrive, and the choice stays", async () => {
    database.stores.settings.set("language", { code: "et", chosen: true });
    answers["et"] = gone;
    await starts("ru");
    expect([page.spoken.value, page.wordsAreMissing.value]).toEqual(["en", true]);
    expect(kept()).toEqual({ code: "et", chosen: true });
  });

  test("is English at a start where the words of another one are too late, which is said where one is chosen", async () => {
    const late = Promise.withResolvers<Response>();
    answers["et"] = () => late.promise;
    const started = starts("et");
    await vi.advanceTimersByTimeAsync(4_999);
    expect(asked).toEqual(["et"]);
    await vi.advanceTimersByTimeAsync(1);
    await started;
    late.resolve(await words("et"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect([page.spoken.value, page.wordsAreMissing.value]).toEqual(["en", true]);
    expect(await page.chooseLanguage("et")).toBe(true);
    expect([page.spoken.value, page.wordsAreMissing.value]).toEqual(["et", false]);
  });

  test("is English where a code of another version is kept", async () => {
    database.stores.settings.set("language", { code: "xx", chosen: true });
    await starts("ja");
    expect(page.spoken.value).toBe("en");
  });
});

describe("without any words", () => {
  test("nothing can be drawn, and no empty text is", () => {
    expect(page.spoken.value).toBeUndefined();
    expect(() => page.text("app.back")).toThrow("nothing is spoken yet");
    expect(() => page.language()).toThrow("nothing is spoken yet");
  });

  test("both languages are asked for after pauses that grow, until the first of them arrives", async () => {
    const once: Record<string, number[]> = { et: [], en: [] };
    for (const [code, times] of Object.entries(once)) {
      answers[code] = () => {
        times.push(Date.now());
        return gone();
      };
    }
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    const started = starts("et");
    await vi.advanceTimersByTimeAsync(200_000);
    for (const times of Object.values(once)) {
      const pauses = times.slice(1).map((time, index) => time - times[index]!);
      // A minute at most.
      expect(times.length).toBeGreaterThan(6);
      expect(pauses.at(-1)!).toBeGreaterThanOrEqual(30_000);
      expect(pauses.at(-1)!).toBeGreaterThan(8 * pauses[1]!);
    }
    expect(page.spoken.value).toBeUndefined();
    delete answers["et"];
    await vi.advanceTimersByTimeAsync(60_000);
    await started;
    expect([page.spoken.value, page.wordsAreMissing.value]).toEqual(["et", false]);
    expect(kept()).toEqual({ code: "et", chosen: false });
  });

  test("the return of the network is waited for no longer than it takes, and nothing that comes later changes what is spoken", async () => {
    answers = { et: () => never, en: () => Promise.reject(new TypeError("no network")) };
    const started = starts("et");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked).toEqual(["et", "en"]);
    delete answers["en"];
    browserWindow.dispatchEvent(new Event("online"));
    await started;
    expect([page.spoken.value, page.wordsAreMissing.value]).toEqual(["en", true]);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(page.spoken.value).toBe("en");
  });
});
