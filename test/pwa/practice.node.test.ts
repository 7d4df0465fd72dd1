// A login that nobody asked for: taken for practice by what was claimed and by nothing else, and told as what it was.
import { tabStorage } from "./support/page.ts";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { fromBase64 } from "../../src/protocol/encoding.ts";
import { PRACTICE_SCHEME } from "../../src/protocol/practice.ts";
import { leave } from "../../src/pwa/model/leaving.ts";
import { beginPractice, followPractice, showPractice } from "../../src/pwa/model/practice.ts";
import { readPractised } from "../../src/pwa/storage/settings.ts";
import { ended } from "../../src/pwa/model/fate.ts";
import { react } from "../../src/pwa/model/reactions.ts";
import { openTransaction } from "../../src/pwa/model/transactions.ts";
import { check } from "../../src/pwa/model/checking.ts";
import { clearDatabase, stores } from "./support/database.ts";
import { type Answer, keyState, login, ok, settledAttempt, signed, testModel, type TestModel } from "./support/model.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));
vi.mock("../../src/pwa/key-work/key-work.ts", () => ({ runKeyWork: vi.fn<() => void>(), StartedKeyWork: vi.fn<() => void>() }));

/** What the server lets be claimed under the practice's id, which it was told that challenge of. */
type Claimed = (rpChallenge: string) => object;
const practice: Claimed = (rpChallenge) => ({
  ...login("p", "Tally").claimed,
  schemeName: PRACTICE_SCHEME,
  rpChallenge,
  serverRandom: "",
  userChallenge: "",
});

beforeEach(() => {
  clearDatabase();
  tabStorage.clear();
});

async function practised(claimed: Claimed): Promise<TestModel> {
  const model = testModel();
  showPractice(model);
  const drawn = model.store.screen.name === "practice" ? model.store.screen.rpChallenge : "";
  model.answer = (operation) => {
    if (operation === "practise") return ok({ transactionId: "p" });
    return ok(operation === "claimTransaction" ? claimed(drawn) : {});
  };
  await beginPractice(model);
  return model;
}

it("is shown where it is the one that was begun", async () => {
  const { store } = await practised(practice);
  expect(store.screen).toMatchObject({ name: "transaction", claimed: { transactionId: "p" } });
});

it.each<readonly [string, Claimed]>([
  ["a real login, begun by whoever has the code guessed", (drawn) => ({ ...practice(drawn), schemeName: "smart-id" })],
  [
    "a practice that this device did not draw",
    (drawn) => ({ ...practice(drawn), rpChallenge: Buffer.alloc(32).toString("base64") }),
  ],
  ["a signature", (drawn) => ({ ...practice(drawn), kind: "signature", purpose: "sign", digest: "", verificationCode: "1234" })],
  ["a certificate choice", (drawn) => ({ ...practice(drawn), kind: "certificate-choice", purpose: "sign" })],
])("is nothing that can be confirmed where the server gives %s for it, and no practice that has ended", async (_, claimed) => {
  const model = await practised(claimed);
  const screen = { name: "outcome", outcome: "not-presentable" };
  expect(model.store.screen).toMatchObject(screen);
  expect(model.store.screen).not.toHaveProperty("practice");
  expect(model.bodies).toContainEqual({ transactionId: "p", refusal: "PROTOCOL_FAILURE" });
  // Nor when it is opened once more.
  await openTransaction(model, "a", "p");
  expect(model.store.screen).toMatchObject(screen);
});

it("that becomes known after a reload is told as practice, and only as the one that was drawn", async () => {
  const before = await practised(practice);
  const drawn = before.practising.get("p")!;
  expect(fromBase64(drawn)).toHaveLength(32);
  const model = testModel();
  followPractice(model);
  model.attempts.settled("a", settledAttempt("p", signed));
  await check(model, "idle");
  expect(model.store.screen).toMatchObject({ name: "outcome", outcome: "confirmed", practice: true });
  model.answer = () => ok(practice("AAAA"));
  await openTransaction(model, "a", "p");
  expect(model.store.screen).toMatchObject({ name: "outcome", outcome: "not-presentable" });
  // A practice of another window, which this one has shown, too.
  tabStorage.clear();
  const second = testModel();
  second.answer = () => ok(practice(drawn));
  await openTransaction(second, "a", "p");
  const third = testModel();
  followPractice(third);
  expect([...third.practising]).toEqual([["p", drawn]]);
});

it.each(["null", "7", "{}", '{"transactionId":7,"rpChallenge":"AAAA"}', '{"transactionId":"p","rpChallenge":[]}', "{"])(
  "is not taken from a tab that keeps %s",
  (kept) => {
    tabStorage.set("tally-practice", kept);
    const model = testModel();
    followPractice(model);
    expect([...model.practising]).toEqual([]);
  },
);

it("begins once, for an account that is active, and takes nobody back who has gone meanwhile", async () => {
  const model = testModel();
  showPractice(model);
  const held = Promise.withResolvers<Answer>();
  model.answer = () => held.promise;
  const begun = [beginPractice(model), beginPractice(model)];
  model.store.go({ name: "home", check: "idle" });
  held.resolve(ok({ transactionId: "p" }));
  await Promise.all(begun);
  expect([model.asked, model.store.screen.name]).toEqual([["practise"], "home"]);
  model.store.updateAccount("a", { state: keyState({ status: "closed" }) });
  showPractice(model);
  expect(model.store.screen.name).toBe("home");
});

it.each(["settings", "home"] as const)("is gone away from to where it was begun (%s)", (from) => {
  const model = testModel();
  model.store.go(from === "settings" ? { name: from } : { name: from, check: "idle" });
  showPractice(model);
  leave(model);
  expect(model.store.screen).toMatchObject(from === "settings" ? { name: from, opened: "practice" } : { name: from });
});

describe("whether to try one is asked", () => {
  const confirms = ({ store }: TestModel): void =>
    store.go({ name: "outcome", outcome: "confirmed", purpose: "auth", relyingPartyName: "DEMO" });

  it("until something was confirmed, on any day", async () => {
    const model = testModel();
    followPractice(model);
    await vi.waitFor(() => expect(model.store.state.practised).toBe(false));
    model.store.go({ name: "outcome", outcome: "refused" });
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect([model.store.state.practised, await readPractised()]).toEqual([false, false]);
    confirms(model);
    await vi.waitFor(() => expect(model.store.state.practised).toBe(true));
    await vi.waitFor(async () => expect(await readPractised()).toBe(true));
    const later = testModel();
    followPractice(later);
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect(later.store.state.practised).toBeUndefined();
  });

  it("not of whoever confirms before storage has answered, nor where it does not answer at all", async () => {
    const model = testModel();
    followPractice(model);
    confirms(model);
    await vi.waitFor(() => expect(model.store.state.practised).toBe(true));
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect(model.store.state.practised).toBe(true);
    vi.spyOn(stores.settings, "get").mockImplementation(() => {
      throw new DOMException("damaged", "UnknownError");
    });
    const said = vi.spyOn(console, "error").mockReturnValue();
    const without = testModel();
    followPractice(without);
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect(without.store.state.practised).toBeUndefined();
    // That is said where accounts are read.
    expect(said).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});

it("is known by what was claimed where another window began it, or this one before it was loaded anew; nothing else is", async () => {
  const model = testModel();
  const end = { name: "outcome", outcome: "confirmed", relyingPartyName: "Tally" } as const;
  for (const [claimed, isPractice] of [
    [practice("AAAA"), true],
    [{ ...practice("AAAA"), schemeName: "smart-id" }, false],
  ] as const) {
    model.practising.clear();
    model.answer = () => ok(claimed);
    await openTransaction(model, "a", "p");
    expect(model.store.screen).toMatchObject({ name: "transaction" });
    expect(ended(model, "p", end)).toEqual(isPractice ? { ...end, practice: true } : end);
  }
});

it("leaves its end in front of a request that comes meanwhile: the real one would be taken for more of it", async () => {
  const model = testModel();
  const arrived = [login("t1", "DEMO").listed];
  const known = { kind: "known", state: keyState(), before: keyState(), arrived } as const;
  const end = { name: "outcome", outcome: "confirmed" } as const;
  model.store.go({ ...end, practice: true });
  react(model, "a", known);
  expect(model.store.screen).toMatchObject(end);
  model.store.go(end);
  react(model, "a", known);
  expect(model.store.screen.name).toBe("home");
});
