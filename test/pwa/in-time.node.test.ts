// The time of a request in front of the person: said to be over when it is, of that request alone, and never over an answer.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { atPin, login, settledAttempt, signed, type TestModel, testModel } from "./support/model.ts";
import { tellUntold } from "../../src/pwa/model/next.ts";
import { showClaimed } from "../../src/pwa/model/transactions.ts";
import type { Screen } from "../../src/pwa/model/state.ts";
import { EMPTY_PIN } from "../../src/pwa/model/store.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

const TIME_MS = 100_000;

let shop: ReturnType<typeof login>;
let model: TestModel;

beforeEach(async () => {
  vi.useFakeTimers();
  shop = login("t1", "SHADY SHOP");
  model = testModel();
  await showClaimed(model, "a", shop.claimed, "pin");
});
afterEach(() => void vi.useRealTimers());

it("ends the request in front of the person, at its PIN too, with what they can say of it", () => {
  vi.advanceTimersByTime(TIME_MS - 1);
  expect(model.store.screen.name).toBe("pin");
  vi.advanceTimersByTime(1);
  expect(model.store.screen).toMatchObject({ outcome: "timed-out", relyingPartyName: "SHADY SHOP", transactionId: "t1" });
});

it("is the server's, whatever the device's clock says", async () => {
  const slow = testModel();
  slow.store.updateAccount("a", { clockSkew: 40_000 });
  await showClaimed(slow, "a", shop.claimed, "pin");
  vi.advanceTimersByTime(TIME_MS - 40_000);
  expect(slow.store.screen).toMatchObject({ outcome: "timed-out" });
});

it("takes no other request away", () => {
  atPin(model, login("t2", "GOOD BANK"));
  vi.advanceTimersByTime(TIME_MS);
  expect(model.store.screen).toMatchObject({ name: "pin", claimed: { transactionId: "t2" } });
  model.store.go({ name: "settings" });
  vi.advanceTimersByTime(TIME_MS);
  expect(model.store.screen.name).toBe("settings");
});

it("is the server's to judge while a PIN is on its way", () => {
  model.store.go({ name: "pin", accountId: "a", ...shop, pin: { ...EMPTY_PIN, state: "working" } });
  vi.advanceTimersByTime(TIME_MS);
  expect(model.store.screen).toMatchObject({ name: "pin", pin: { state: "working" } });
});

it("of a request whose PIN's answer was lost says that its end is not known, and what became of it is told later", () => {
  vi.spyOn(model.waysBack, "from").mockImplementation(
    (_, screen) => ({ ...screen, returnTo: "https://shop.example/" }) as Screen,
  );
  model.attempts.made("t1", { purpose: "auth", relyingPartyName: "SHADY SHOP" });
  model.attempts.lost("t1");
  vi.advanceTimersByTime(TIME_MS);
  expect(model.store.screen).toMatchObject({ outcome: "interrupted", returnTo: "https://shop.example/" });
  expect([model.attempts.isLost("t1"), model.leftAlone.has("t1")]).toEqual([true, true]);
  model.attempts.settled("a", settledAttempt("t1", signed));
  model.store.go({ name: "home", check: "idle" });
  tellUntold(model);
  expect(model.store.screen).toMatchObject({ outcome: "confirmed", relyingPartyName: "SHADY SHOP" });
});
