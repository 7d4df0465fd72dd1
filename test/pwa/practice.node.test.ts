// A login that nobody asked for: taken for practice by what was claimed and by nothing else, and told as what it was.
import "./support/page.ts";
import { expect, it, vi } from "vitest";
import { PRACTICE_SCHEME } from "../../src/protocol/practice.ts";
import { beginPractice, showPractice } from "../../src/pwa/model/practice.ts";
import { ended } from "../../src/pwa/model/fate.ts";
import { react } from "../../src/pwa/model/reactions.ts";
import { openTransaction } from "../../src/pwa/model/transactions.ts";
import { keyState, login, ok, testModel, type TestModel } from "./support/model.ts";

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
