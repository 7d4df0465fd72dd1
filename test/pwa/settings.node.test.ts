// What stands behind the settings: the test of notifications, the browser's own words, the digest of the app; and the exchange of keys in
// the key worker, through a broken network.
import { type Answer, keyState, settledAttempt, testModel, usable, wrongPin } from "./support/model.ts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ChannelClient, Settled } from "../../src/authenticator/channel-client.ts";
import { changePin } from "../../src/authenticator/re-key.ts";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { digestOfFiles as published } from "../../scripts/client-build/published.ts";
import { digestOfFiles } from "../../src/pwa/build.ts";
import { exchangeKeys } from "../../src/pwa/key-work/exchange-keys.ts";
import { familyOf } from "../../src/pwa/model/browser-family.ts";
import type { KeyState } from "../../src/pwa/model/state.ts";
import { openNotifications, pushArrived, sendTestPush } from "../../src/pwa/model/settings.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));
vi.mock("../../src/pwa/network-wait.ts", () => ({ networkMayBeBack: vi.fn<() => Promise<void>>(async () => undefined) }));
vi.mock("../../src/authenticator/re-key.ts", async (original) => ({
  ...(await original<typeof import("../../src/authenticator/re-key.ts")>()),
  changePin: vi.fn<() => Promise<unknown>>(),
}));

afterEach(() => void vi.clearAllMocks());

describe("a test push", () => {
  const tested = (outcome: string): Answer => ({ ok: true, value: { outcome } });

  it.each([
    [tested("sent"), "sent"],
    [tested("too_soon"), "too_soon"],
    [tested("refused"), "refused"],
    ["unreachable" as const, "offline"],
  ])("that is answered with %o says so", async (answer, said) => {
    const model = testModel();
    model.answer = (operation) => (operation === "testPush" ? answer : { ok: true, value: keyState() });
    openNotifications(model);
    await sendTestPush(model);
    expect(model.store.screen).toMatchObject({ name: "notifications", test: said });
  });

  it("has arrived where the browser got it, before the answer or after; no other push has", async () => {
    const model = testModel();
    openNotifications(model);
    pushArrived(model);
    expect(model.store.screen).toMatchObject({ test: "idle" });
    model.answer = () => {
      pushArrived(model);
      return tested("sent");
    };
    await sendTestPush(model);
    expect(model.store.screen).toMatchObject({ test: "arrived" });
    model.answer = () => tested("sent");
    await sendTestPush(model);
    pushArrived(model);
    expect(model.store.screen).toMatchObject({ test: "arrived" });
  });
});

it.each([
  [
    "ios-browser",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 Version/26.0 Safari/604.1",
    5,
    false,
  ],
  ["ios-app", "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15", 5, true],
  ["ios-browser", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15", 5, false],
  ["safari", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15", 0, false],
  ["chromium", "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0", 0, true],
  ["android", "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/150.0.0.0 Mobile Safari/537.36", 5, false],
  ["firefox", "Mozilla/5.0 (Android 16; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0", 5, false],
] as const)("%s is what %s is", (family, userAgent, touchPoints, fromHomeScreen) => {
  expect(familyOf({ userAgent, touchPoints, fromHomeScreen })).toBe(family);
});

it("the page puts the digest of its files together as the build does", async () => {
  const files = [
    ["/b", "22"],
    ["/", "00"],
    ["/assets/B.js", "11"],
    ["/a", "33"],
  ] as const;
  expect(await digestOfFiles(files)).toBe(published(files));
  expect(await digestOfFiles(files)).toBe(await digestOfFiles(files.toReversed()));
});

describe("keys that are exchanged over a broken network", () => {
  const job = () =>
    ({
      job: "change-pin",
      input: { accountId: "a", purpose: "auth", oldPin: new ArrayBuffer(4), newPin: new ArrayBuffer(4) },
    }) as const;
  const done = { ok: true, value: undefined } as const;
  const before = { ok: false, failure: { code: "exchanged_before" } } as const;
  const wrong = { ...settledAttempt("", wrongPin(1)) };
  const refused: Settled = { ...wrong, request: { ...wrong.request, operation: "reKey" } };
  const lost =
    (begun: boolean) =>
    async (_: unknown, __: unknown, ___: unknown, options: { progress?: unknown } = {}) => {
      if (begun) (options.progress as (step: object) => void)({ step: "generating", purpose: "auth", suite: "rsa" });
      throw new ServerUnreachable("as the test wants it");
    };
  /** What the server says each time that it is asked; the last of them goes on. */
  let states: Partial<KeyState>[];
  beforeEach(() => {
    states = [{}];
  });
  const exchange = (...settled: (Settled | undefined | "lost")[]) => {
    const client = {
      call: async () => ({ ok: true, value: keyState(states.length > 1 ? states.shift() : states[0]) }),
      settle: async () => {
        const next = settled.shift();
        if (next === "lost") throw new ServerUnreachable("as the test wants it");
        return next;
      },
    } as unknown as ChannelClient;
    return exchangeKeys(client, job(), () => undefined);
  };

  it("are begun anew until it holds", async () => {
    vi.mocked(changePin).mockImplementationOnce(lost(false)).mockImplementationOnce(lost(true));
    vi.mocked(changePin).mockResolvedValueOnce(done);
    expect(await exchange()).toEqual(done);
    expect(changePin).toHaveBeenCalledTimes(3);
  });

  it("are not begun anew with an old PIN that was wrong: one typing is one attempt", async () => {
    vi.mocked(changePin).mockImplementationOnce(lost(false));
    expect(await exchange(undefined, refused)).toEqual(refused.outcome);
    expect(changePin).toHaveBeenCalledTimes(1);
  });

  const pins = (auth: KeyState["pins"]["auth"]) => ({ pins: { auth, sign: usable(3) } });
  const standing = (keyVersion: number) => ({ keys: [{ purpose: "auth" as const, suite: "rsa" as const, keyVersion }] });
  const allowed: KeyState["reKey"] = { purpose: "auth", change: "replace", suites: ["rsa"], state: "allowed", until: 1 };

  it.each<[string, Partial<KeyState>, Partial<KeyState>, object]>([
    ["one attempt less", {}, pins(usable(2)), { code: "wrong_pin", attemptsLeft: 2, lockedUntil: 0 }],
    [
      "a lock",
      pins(usable(1)),
      pins({ state: "locked", attemptsLeft: 0, lockedUntil: 9 }),
      { code: "wrong_pin", attemptsLeft: 0, lockedUntil: 9 },
    ],
    ["a lock that has ended since", pins(usable(1)), pins(usable(3)), { code: "exchange_given_up" }],
    ["the last lock", {}, pins({ state: "dead", attemptsLeft: 0, lockedUntil: 0 }), { code: "pin_dead" }],
    ["another key", standing(1), standing(3), { code: "exchanged_before" }],
  ])(
    "try no PIN again where another window has heard what became of it: the account tells, by %s",
    async (_, one, two, failure) => {
      states = [one, two];
      vi.mocked(changePin).mockImplementationOnce(lost(false));
      expect(await exchange()).toEqual({ ok: false, failure });
      expect(changePin).toHaveBeenCalledTimes(1);
    },
  );

  it("go on where the account says that the old PIN was right, and stand where it says that they do", async () => {
    states = [pins(usable(1)), { ...pins(usable(3)), reKey: allowed }];
    vi.mocked(changePin).mockImplementationOnce(lost(false)).mockResolvedValueOnce(done);
    expect(await exchange()).toEqual(done);
    expect(changePin).toHaveBeenCalledTimes(2);
    states = [standing(1), standing(3)];
    vi.mocked(changePin).mockImplementationOnce(lost(true));
    expect(await exchange()).toEqual(done);
    expect(changePin).toHaveBeenCalledTimes(3);
  });

  it("are begun with the key that the old PIN is for", async () => {
    states = [standing(4)];
    vi.mocked(changePin).mockResolvedValue(done);
    await exchange();
    expect(vi.mocked(changePin).mock.lastCall?.[3]).toMatchObject({ standing: 4 });
  });

  it("take no earlier attempt's failure for their own, whether or not it was heard of at once", async () => {
    vi.mocked(changePin).mockResolvedValue(done);
    expect(await exchange(refused)).toEqual(done);
    expect(await exchange("lost", refused)).toEqual(done);
  });

  it("stand where the last answer was lost; what stood before anything was begun is another change's", async () => {
    vi.mocked(changePin).mockImplementationOnce(lost(true)).mockResolvedValueOnce(before);
    expect(await exchange()).toEqual(done);
    vi.mocked(changePin).mockImplementationOnce(lost(false)).mockResolvedValueOnce(before);
    expect(await exchange()).toEqual(before);
  });
});
