// What stands in the way on this device, and the way to mend it: each notice is there where it is true, and nowhere else.
import { type Answer, keyState, ok, testModel } from "./support/model.ts";
import { browserWindow } from "./support/page.ts";
import { words } from "./support/words.ts";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { check } from "../../src/pwa/model/checking.ts";
import { followInstallOffer, install } from "../../src/pwa/model/installing.ts";
import type { AppState } from "../../src/pwa/model/state.ts";
import { askToKeepStorage, lookAtStorage } from "../../src/pwa/model/storage-keeping.ts";
import { about, ClockNotice, StorageNotice, TooOldNotice } from "../../src/pwa/views/device-notices.tsx";
import { HomeScreenFirst } from "../../src/pwa/views/home-screen.tsx";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

const [MAC, PHONE, CHROME] = [
  "Macintosh Version/26.0 Safari/605.1.15",
  "iPhone Version/26.0 Safari/604.1",
  "Windows NT 10.0 Chrome/150.0.0.0 Safari/537.36",
];

function browserIs(userAgent: string, { storage, fromHomeScreen = false }: { storage?: object; fromHomeScreen?: boolean } = {}) {
  vi.stubGlobal("navigator", { userAgent, maxTouchPoints: 0, language: "en", languages: ["en"], storage });
  vi.stubGlobal("matchMedia", () => ({ matches: fromHomeScreen }));
}

beforeEach(() => browserIs(CHROME));

const actions = { update: vi.fn<() => void>(), keepStorage: vi.fn<() => void>(), install: vi.fn<() => void>() };
const notice = (state: Partial<AppState>) => {
  const given = { state: { tooOld: false, storage: undefined, installable: false, operator: undefined, ...state }, actions };
  return words([TooOldNotice(given), StorageNotice(given)]).trim();
};

describe("storage", () => {
  const promises = (persisted: boolean, persist = persisted) => ({
    storage: { persisted: async () => persisted, persist: vi.fn<() => Promise<boolean>>(async () => persist) },
  });

  it.each<readonly [string, { storage?: object }, AppState["storage"]]>([
    ["says nothing of it", {}, undefined],
    ["has an old API", { storage: {} }, undefined],
    ["fails", { storage: { persisted: () => Promise.reject(new TypeError("no")) } }, undefined],
    ["keeps it", promises(true), "kept"],
    ["may throw it away", promises(false, true), "loose"],
  ])("of a browser that %s is looked at, and nobody is asked", async (_, browser, known) => {
    browserIs(CHROME, browser);
    const model = testModel();
    await lookAtStorage(model);
    expect(model.store.state.storage).toBe(known);
    expect(notice({ storage: known }) === "").toBe(known !== "loose");
  });

  it("is asked for when the person wants it; where the browser refuses, the way to mend it is said", async () => {
    const model = testModel();
    browserIs(CHROME, promises(false, true));
    await askToKeepStorage(model);
    expect(model.store.state.storage).toBe("kept");
    browserIs(CHROME, promises(false));
    await askToKeepStorage(model);
    expect(model.store.state.storage).toBe("refused");
    expect(notice({ storage: "loose" })).toContain("Keep my accounts");
    expect(notice({ storage: "loose" })).not.toContain("did not promise");
    expect(notice({ storage: "refused" })).toMatch(/did not promise.*Ask again/);
    expect(notice({ storage: "refused", installable: true })).toMatch(/is installed.*Install Tally/);
  });

  it("lasts a week in WebKit alone, and not on the home screen", () => {
    const aWeek = () => notice({ storage: "loose" }).includes("a week");
    expect(aWeek()).toBe(false);
    for (const userAgent of [MAC, PHONE]) {
      browserIs(userAgent);
      expect(aWeek(), userAgent).toBe(true);
    }
    browserIs(PHONE, { fromHomeScreen: true });
    expect(aWeek()).toBe(false);
  });
});

describe("the clock", () => {
  const said = (clockSkew: number) => words(ClockNotice({ account: { clockSkew } }));

  it("is left alone up to two minutes off, either way", () => {
    for (const skew of [0, 120_000, -120_000]) expect(said(skew)).toBe("");
  });

  it("is said to be wrong beyond, which way and by how much", () => {
    expect(said(-180_000)).toContain("runs ahead (3 minutes)");
    expect(said(7_200_000)).toContain("runs behind (2 hours)");
    expect(about(400 * 86_400_000)).toBe("400 days");
  });
});

describe("a server that this version does not understand", () => {
  const failing = (code: "malformed" | "unreadable_answer" | "server_error"): Answer => ({ ok: false, failure: { code } });

  it("is not said to be away: the app is too old, until the server is understood again", async () => {
    const model = testModel();
    for (const code of ["unreadable_answer", "malformed"] as const) {
      model.answer = () => failing(code);
      await check(model, "nothing");
      expect(model.store.state.tooOld).toBe(true);
      expect(model.store.screen).toEqual({ name: "home", check: "idle" });
      expect(notice(model.store.state)).toMatch(/too old.*Update now/);
      model.answer = (operation) => ok(operation === "listTransactions" ? { transactions: [] } : keyState());
      await check(model, "nothing");
      expect(notice(model.store.state)).toBe("");
    }
  });

  it.each(["unreachable", failing("server_error")] as const)("is another one than one that answers %o", async (answer) => {
    const model = testModel();
    model.answer = () => answer;
    await check(model, "nothing");
    expect(model.store.state.tooOld).toBe(false);
    expect(model.store.screen).toEqual({ name: "home", check: "unreachable" });
  });
});

describe("installing", () => {
  const offer = (prompt = vi.fn<() => Promise<unknown>>(async () => undefined)) => {
    const event = Object.assign(new Event("beforeinstallprompt", { cancelable: true }), { prompt });
    browserWindow.dispatchEvent(event);
    return event;
  };

  it("is offered where the browser does, once, in place of the browser's own bar", async () => {
    const model = testModel();
    followInstallOffer(model);
    await install(model);
    const made = offer();
    expect(made.defaultPrevented).toBe(true);
    expect(model.store.state.installable).toBe(true);
    await install(model);
    expect(model.store.state.installable).toBe(false);
    await install(model);
    expect(made.prompt).toHaveBeenCalledOnce();
  });

  it("ends the offer where it was done otherwise, and the browser is asked to keep the accounts then", async () => {
    browserIs(CHROME, { storage: { persist: async () => true } });
    const model = testModel();
    followInstallOffer(model);
    offer();
    model.store.patch({ storage: "refused" });
    browserWindow.dispatchEvent(new Event("appinstalled"));
    expect(model.store.state.installable).toBe(false);
    await vi.waitFor(() => expect(model.store.state.storage).toBe("kept"));
  });

  it("comes first in a browser of an iPhone alone, where an account does not move to the home screen", () => {
    const first = () => words(HomeScreenFirst());
    expect(first()).toBe("");
    browserIs(PHONE, { fromHomeScreen: true });
    expect(first()).toBe("");
    browserIs(PHONE);
    expect(first()).toMatch(/add Tally to the home screen first.*Share.*Add to Home Screen.*make your account there/);
  });
});

describe("updating", () => {
  /** What the server has when it is asked for it; nothing installs by itself. */
  function workerIs(found: "a new version" | "nothing" | "no network") {
    const worker = Object.assign(new EventTarget(), { state: "installing", postMessage: vi.fn<(message: unknown) => void>() });
    const serviceWorker = Object.assign(new EventTarget(), { controller: null, register: async () => registered });
    worker.postMessage.mockImplementation(() => void serviceWorker.dispatchEvent(new Event("controllerchange")));
    const registered = Object.assign(new EventTarget(), {
      active: Object.assign(new EventTarget(), { state: "activated" }),
      installing: null as typeof worker | null,
      waiting: null as typeof worker | null,
      getNotifications: async () => [],
      async update() {
        if (found === "no network") throw new TypeError("offline");
        if (found === "nothing") return;
        registered.installing = worker;
        queueMicrotask(() => {
          Object.assign(registered, { installing: null, waiting: Object.assign(worker, { state: "installed" }) });
          worker.dispatchEvent(new Event("statechange"));
        });
      },
    });
    vi.stubGlobal("navigator", { serviceWorker });
    Object.assign(document, { readyState: "complete" });
    return worker;
  }

  it.each([
    ["a new version", 1],
    ["nothing", 0],
    ["no network", 0],
  ] as const)("looks for a version that nobody has told of; with %s there it loads the page anew, once", async (found, told) => {
    vi.resetModules();
    const { applyUpdate } = await import("../../src/pwa/service-worker-registration.ts");
    const worker = workerIs(found);
    const reload = vi.fn<() => void>();
    Object.assign(location, { reload });
    await applyUpdate();
    expect(worker.postMessage).toHaveBeenCalledTimes(told);
    expect(reload).toHaveBeenCalledOnce();
  });
});
