// What is said of notifications: "on" only where the server of every account has heard of them.
import "./support/page.ts";
import { expect, it, vi } from "vitest";
import { renewSubscription } from "../../src/pwa/model/notifications.ts";
import { type Answer, ok, testModel } from "./support/model.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));
vi.mock("../../src/pwa/live/push-subscription.ts", () => ({
  permission: async () => "granted",
  currentSubscription: async () => ({ endpoint: "https://push.example/1", p256dh: "", auth: "" }),
  subscriptionHash: () => "hash",
}));

it.each<readonly [string, string, Answer]>([
  ["on", "has heard", ok({ subscribed: true })],
  ["unavailable", "does not push there", ok({ subscribed: false })],
  ["off", "cannot be reached", "unreachable"],
  ["off", "fails", { ok: false, failure: { code: "server_error" } }],
])("%s, where the server %s", async (notifications, _, answer) => {
  const model = testModel();
  model.answer = () => answer;
  await renewSubscription(model);
  expect(model.store.state.notifications).toBe(notifications);
});
