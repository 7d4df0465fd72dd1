// Which language is spoken, and what becomes of a page whose words do not arrive.
import { beforeEach, describe, expect, test, vi } from "vitest";
import { messagesOf } from "../../scripts/client-build/catalogs.ts";
import { browserWindow, tabStorage } from "./support/page.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

const CATALOGS = "src/pwa/language/catalogs";
const never = new Promise<Response>(() => undefined);
/** Whatever else is in the answer, the status says that it is none. */
const words = async (code: string, status = 200): Promise<Response> =>
  Response.json(messagesOf(`${CATALOGS}/${code}.json`), { status });
const gone = (): Promise<Response> => words("ru", 404);
const failing = (): Promise<Response> => words("ru", 503);

/** Languages whose words were asked for. */
let asked: string[];
/** What the server answers, by language. */
let answers: Record<string, () => Promise<Response>>;
let page: Page;
let database: typeof import("./support/database.ts");
const reload = vi.fn<() => void>();

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
  reload.mockReset();
  vi.stubGlobal("location", { reload });
  tabStorage.clear();
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
    expect(await page.chooseLanguage("et")).toBe("spoken");
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
    expect(await Promise.all(choices)).toEqual(["spoken", "spoken"]);
    expect(page.spoken.value).toBe("en");
  });

  test.each([
    ["are gone", gone, "gone"],
    ["are answered with a failure", failing, "late"],
  ])("stays where the words of another one %s, and they are asked for anew by the next choice", async (_, answer, choice) => {
    await starts("en");
    answers["et"] = answer;
    expect(await page.chooseLanguage("et")).toBe(choice);
    expect(page.spoken.value).toBe("en");
    expect(kept()).toEqual({ code: "en", chosen: false });
    // Something may be under way on the page.
    expect(reload).not.toHaveBeenCalled();
    answers["et"] = () => words("et");
    expect(await page.chooseLanguage("et")).toBe("spoken");
    expect(asked).toEqual(["en", "et", "et"]);
  });

  test("stays on a connection that hangs, which is given up after 30 seconds: then the words are asked for anew", async () => {
    await starts("en");
    const limit = vi.spyOn(AbortSignal, "timeout").mockImplementation((milliseconds) => {
      const over = new AbortController();
      setTimeout(() => over.abort(new DOMException("too long", "TimeoutError")), milliseconds);
      return over.signal;
    });
    const hangs = vi.fn<typeof fetch>(
      (_, init) =>
        new Promise((__, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason as Error))),
    );
    vi.stubGlobal("fetch", hangs);
    const chosen = async (): Promise<unknown> => {
      const choice = page.chooseLanguage("et");
      await vi.advanceTimersByTimeAsync(5_000);
      return choice;
    };
    for (let seconds = 0; seconds < 30; seconds += 5) expect(await chosen()).toBe("late");
    expect(hangs).toHaveBeenCalledOnce();
    vi.stubGlobal("fetch", () => words("et"));
    expect(await chosen()).toBe("spoken");
    limit.mockRestore();
  });

  test("is English at a start where the words that were chosen do not arrive, and the choice stays", async () => {
    database.stores.settings.set("language", { code: "et", chosen: true });
    answers["et"] = failing;
    await starts("ru");
    expect([page.spoken.value, page.wantedLanguage.value]).toEqual(["en", { code: "et" }]);
    expect(kept()).toEqual({ code: "et", chosen: true });
  });

  test("is English at a start where the words of another one are too late; when they are here that one is offered in its own words", async () => {
    const late = Promise.withResolvers<Response>();
    answers["et"] = () => late.promise;
    const started = starts("et");
    await vi.advanceTimersByTimeAsync(4_999);
    expect(asked).toEqual(["et"]);
    await vi.advanceTimersByTimeAsync(1);
    await started;
    expect([page.spoken.value, page.wantedLanguage.value]).toEqual(["en", { code: "et" }]);
    late.resolve(await words("et"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect([page.spoken.value, page.wantedLanguage.value]).toEqual(["en", { code: "et", offer: "Jätka eesti keeles" }]);
    expect(await page.chooseLanguage("et")).toBe("spoken");
    expect([page.spoken.value, page.wantedLanguage.value]).toEqual(["et", undefined]);
  });

  test("is the chosen one, also where words that were late come after the choice: they are offered no more", async () => {
    const late = Promise.withResolvers<Response>();
    answers["et"] = () => late.promise;
    const started = starts("et");
    await vi.advanceTimersByTimeAsync(5_000);
    await started;
    expect(await page.chooseLanguage("ru")).toBe("spoken");
    late.resolve(await words("et"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect([page.spoken.value, page.wantedLanguage.value]).toEqual(["ru", undefined]);
  });

  test("is spoken where storage cannot be read or written, at a start and by a choice", async () => {
    const fails = (): never => {
      throw new Error("no storage");
    };
    const { settings } = database.stores;
    const spies = [vi.spyOn(settings, "get").mockImplementation(fails), vi.spyOn(settings, "set").mockImplementation(fails)];
    await starts("et");
    expect(page.spoken.value).toBe("et");
    expect(await page.chooseLanguage("ru")).toBe("spoken");
    expect(page.spoken.value).toBe("ru");
    for (const spy of spies) spy.mockRestore();
  });

  test("is spoken at a start that another window keeps from reading it, and a choice that may be there stays", async () => {
    const written = vi.fn<() => Promise<void>>(async () => undefined);
    const blocked = { whenBlocked: Promise.resolve(), readEntry: () => never, writeEntry: written };
    vi.doMock("../../src/pwa/storage/database.ts", () => ({ ...database, ...blocked }));
    vi.resetModules();
    page = await load();
    void starts("et");
    await vi.advanceTimersByTimeAsync(1);
    vi.doMock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));
    expect([page.spoken.value, written.mock.calls]).toEqual(["et", []]);
  });

  test("is English where the browser names no language", async () => {
    vi.stubGlobal("navigator", {});
    await page.startLanguage();
    expect(said()).toEqual(["en", "Back"]);
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
        return failing();
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
    expect([page.spoken.value, page.wantedLanguage.value, page.awaited.value]).toEqual(["et", undefined, undefined]);
    expect(reload).not.toHaveBeenCalled();
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
    expect([page.spoken.value, page.wantedLanguage.value]).toEqual(["en", { code: "et" }]);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(page.spoken.value).toBe("en");
  });

  test("the page says in those that came with it, after a while, that it waits; not where English is there soon", async () => {
    answers = { et: () => never, en: failing };
    void starts("et");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(page.awaited.value).toBeUndefined();
    await vi.advanceTimersByTimeAsync(2_000);
    expect([page.spoken.value, page.awaited.value]).toEqual([undefined, "et"]);
    delete answers["en"];
    await vi.advanceTimersByTimeAsync(60_000);
    expect([page.spoken.value, page.awaited.value]).toEqual(["en", undefined]);
  });

  test("a page whose files are gone is loaded anew once, and draws nothing before; if they are gone then, too, it goes on", async () => {
    answers = { et: gone };
    void starts("et");
    await vi.advanceTimersByTimeAsync(4_000);
    expect(reload).toHaveBeenCalledOnce();
    expect([page.spoken.value, asked]).toEqual([undefined, ["et"]]);
    // The page that was loaded.
    vi.resetModules();
    page = await load();
    await starts("et");
    expect(reload).toHaveBeenCalledOnce();
    expect(page.spoken.value).toBe("en");
    // What becomes of a later version is another matter.
    expect([...tabStorage]).toEqual([]);
  });

  test("a page whose files are gone after the network was is loaded anew, too", async () => {
    answers = { et: () => Promise.reject(new TypeError("no network")), en: failing };
    void starts("et");
    await vi.advanceTimersByTimeAsync(1);
    answers = { et: gone, en: gone };
    browserWindow.dispatchEvent(new Event("online"));
    await vi.advanceTimersByTimeAsync(300_000);
    expect(reload).toHaveBeenCalledOnce();
    expect(page.spoken.value).toBeUndefined();
  });

  test("a page in a tab that keeps nothing is never loaded anew by itself: it would be for ever", async () => {
    answers = { et: gone, en: gone };
    const { sessionStorage } = globalThis;
    vi.stubGlobal("sessionStorage", undefined);
    void starts("et");
    await vi.advanceTimersByTimeAsync(60_000);
    vi.stubGlobal("sessionStorage", sessionStorage);
    expect(reload).not.toHaveBeenCalled();
    expect([page.spoken.value, page.awaited.value]).toEqual([undefined, "et"]);
  });

  test("an update in another window loads the page anew at once", async () => {
    const { whenNothingIsUnderWay } = await import("../../src/pwa/model/absence.ts");
    const { Store } = await import("../../src/pwa/model/store.ts");
    whenNothingIsUnderWay(new Store(), reload);
    expect(reload).toHaveBeenCalledOnce();
  });
});
