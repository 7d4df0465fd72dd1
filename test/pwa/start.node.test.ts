// A start of the whole app over what this browser keeps: what the server is told of notifications, and what the app's icon says.
import { deployment, SELF_ASSERTED } from "./support/deployment.ts";
import { stores } from "./support/database.ts";
import { deviceRecord, keyState, login, ok } from "./support/model.ts";
import { goTo, page, tabStorage } from "./support/page.ts";
import { setMaxListeners } from "node:events";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { messagesOf } from "../../scripts/client-build/catalogs.ts";
import type { ChannelClient } from "../../src/authenticator/channel-client.ts";
import type { Messages } from "../../src/pwa/language/messages.ts";
import { speak } from "../../src/pwa/language/text.ts";
import { subscriptionHash } from "../../src/pwa/live/push-subscription.ts";
import { Accounts } from "../../src/pwa/model/accounts.ts";
import { createApp } from "../../src/pwa/model/app.ts";
import type { Screen } from "../../src/pwa/model/state.ts";

const ENGLISH = messagesOf("src/pwa/language/catalogs/en.json") as Messages;
const SUBSCRIPTION = { endpoint: "https://push.example/1", p256dh: "", auth: "" };

/** What the tab keeps of a request that was refused. */
const ENDED = {
  accountId: "a",
  transactionId: "0123456789012345678901",
  outcome: "refused",
  claimed: {
    kind: "certificate-choice",
    transactionId: "0123456789012345678901",
    purpose: "sign",
    expiresAt: Date.now() + 100_000,
    relyingPartyName: "DEMO",
    brokeredRpName: "",
    flowType: "Web2App",
    initialCallbackUrl: "https://bank.example/back",
    sessionSecretDigest: "DIGEST",
  },
};

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));
vi.mock("../../src/pwa/live/live-channel.ts", () => ({
  LiveChannel: class {
    open = (): void => undefined;
    close = (): void => undefined;
  },
}));
vi.mock("../../src/pwa/service-worker-registration.ts", () => ({
  onUpdateReady: (): void => undefined,
  registration: async () => undefined,
}));
vi.mock("../../src/pwa/live/push-subscription.ts", async (original) => ({
  ...(await original<typeof import("../../src/pwa/live/push-subscription.ts")>()),
  permission: async () => "granted",
  currentSubscription: async () => SUBSCRIPTION,
}));
vi.mock("../../src/pwa/language/messages.ts", () => ({ fetchMessages: async () => ENGLISH }));
vi.stubGlobal(
  "BroadcastChannel",
  class extends EventTarget {
    postMessage = (): void => undefined;
  },
);
Object.assign(page, { querySelector: () => null });
Object.assign(history, { state: null, pushState: () => undefined });
// Each start listens to it.
setMaxListeners(0, page);

/** What the service worker says to this window. */
let serviceWorker: EventTarget;
/** The browser's, and what it can. */
let browser: { languages: readonly string[] } & Partial<Record<"setAppBadge" | "storage", unknown>>;
/** What the server was told, and what it says. */
let told: unknown[];
let state: ReturnType<typeof keyState>;
let waiting: ReturnType<typeof login>["listed"][];

const answers = async (operation: string, build: () => unknown): Promise<unknown> => {
  const body = build();
  if (operation === "listTransactions") return ok({ transactions: waiting });
  if (operation === "claimTransaction") return { ok: false, failure: { code: "no_such_transaction" } };
  if (operation !== "subscribePush") return ok(state);
  told.push(body);
  return ok({ subscribed: true });
};

beforeEach(() => {
  deployment.about = SELF_ASSERTED;
  [told, waiting] = [[], []];
  state = keyState({ pushEndpointHash: subscriptionHash(SUBSCRIPTION, { lang: "en" }) });
  serviceWorker = new EventTarget();
  browser = { languages: ["en"] };
  const storage = { read: async () => deviceRecord(), exclusively: (work: () => unknown) => work() };
  const client = { storage, settle: async () => undefined, call: answers };
  vi.spyOn(Accounts.prototype, "client").mockReturnValue(client as unknown as ChannelClient);
  stores.settings.clear();
  tabStorage.clear();
  stores.records.set("a", deviceRecord());
});

afterAll(() => speak("en", ENGLISH));

/** Until the app knows of notifications what it has to know. */
async function start(): Promise<Screen["name"]> {
  vi.stubGlobal("navigator", { onLine: true, serviceWorker, ...browser });
  stores.accounts.set("a", { id: "a", createdAt: 1, state, clockSkew: 0, understood: [] });
  const app = createApp();
  app.start();
  await vi.waitFor(() => expect(app.store.state.notifications).toBe("on"));
  return app.store.screen.name;
}

describe("the server hears at a start", () => {
  it("nothing of a subscription and a language that it holds", async () => {
    await start();
    expect(told).toEqual([]);
  });

  it.each([
    ["at home", "home", () => undefined],
    ["from a link", "outcome", () => goTo("/device-link?sessionToken=none")],
    ["where a reload interrupted an end", "outcome", () => tabStorage.set("tally-way-back", JSON.stringify(ENDED))],
  ])("%s, of another subscription than the one that it holds", async (_, screen, prepare) => {
    prepare();
    state = keyState({
      pushEndpointHash: subscriptionHash({ endpoint: "https://push.example/0", p256dh: "", auth: "" }, { lang: "en" }),
    });
    expect(await start()).toBe(screen);
    expect(told).toEqual([{ subscription: SUBSCRIPTION, notice: { lang: "en" } }]);
  });

  it("of another language than the one that it pushes in", async () => {
    browser.languages = ["et-EE"];
    await start();
    expect(told).toEqual([{ subscription: SUBSCRIPTION, notice: { lang: "et" } }]);
  });
});

it("the server hears of a subscription that the browser replaces while the app is open", async () => {
  await start();
  SUBSCRIPTION.endpoint = "https://push.example/2";
  serviceWorker.dispatchEvent(new MessageEvent("message", { data: { type: "subscription" } }));
  await vi.waitFor(() => expect(told).toEqual([{ subscription: SUBSCRIPTION, notice: { lang: "en" } }]));
});

it("the app's icon says how many requests wait, from the start on", async () => {
  browser.setAppBadge = vi.fn<(count: number) => Promise<void>>(async () => undefined);
  waiting = [login("t1", "DEMO").listed, login("t2", "GOOD BANK").listed];
  await start();
  expect(browser.setAppBadge).toHaveBeenCalledWith(2);
});

it("nobody is asked at a start whether the browser may keep the accounts for good", async () => {
  const persist = vi.fn<() => Promise<boolean>>(async () => true);
  const persisted = vi.fn<() => Promise<boolean>>(async () => false);
  browser.storage = { persist, persisted };
  await start();
  expect([persisted.mock.calls.length, persist.mock.calls.length]).toEqual([1, 0]);
});
