// The offer of a passkey at home: once on a device, after the first request of a site that was confirmed there, until it is put away.
import { beforeEach, expect, it, vi } from "vitest";
import { clearDatabase, stores } from "./support/database.ts";
import { testModel, type TestModel } from "./support/model.ts";
import { words } from "./support/words.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { followPasskeyOffer } from "../../src/pwa/model/passkey-offer.ts";
import type { AccountView } from "../../src/pwa/model/state.ts";
import { PasskeyOffer } from "../../src/pwa/views/passkey-offer.tsx";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));
const may = vi.hoisted(() => ({ havePasskeys: true }));
vi.mock("../../src/pwa/passkey/ceremony.ts", () => ({
  mayHavePasskeys: async () => may.havePasskeys,
  forgetPasskey: async () => undefined,
}));

beforeEach(() => {
  clearDatabase();
  may.havePasskeys = true;
});

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

async function started(): Promise<TestModel> {
  const model = testModel();
  model.store.go({ name: "home", check: "idle" });
  await followPasskeyOffer(model);
  await settled();
  return model;
}

/** And home again. */
async function confirms({ store }: TestModel, practice = false): Promise<void> {
  store.go({ name: "outcome", outcome: "confirmed", purpose: "auth", ...(practice && { practice: true }) });
  await settled();
  store.go({ name: "home", check: "idle" });
  await settled();
}

function shown({ store }: TestModel, part: Partial<AccountView> = {}): boolean {
  const [account] = store.state.accounts as [AccountView];
  const actions = { askPasskey: () => undefined, declinePasskeyOffer: () => undefined };
  return words(PasskeyOffer({ account: { ...account, ...part }, state: store.state, actions })).includes("second lock");
}

it("comes with the first request of a site that is confirmed, not with a practice, and is there after a reload", async () => {
  const model = await started();
  expect(shown(model)).toBe(false);
  await confirms(model, true);
  expect(shown(model)).toBe(false);
  await confirms(model);
  expect(shown(model)).toBe(true);
  expect(shown(await started())).toBe(true);
});

it("is put away for good: no reload and no other request brings it back", async () => {
  const model = await started();
  await confirms(model);
  actionsOf(model).declinePasskeyOffer();
  expect(shown(model)).toBe(false);
  await confirms(model);
  expect(shown(model)).toBe(false);
  const again = await started();
  await confirms(again);
  expect(shown(again)).toBe(false);
});

it("stays put away where another window was still to hear of it", async () => {
  const [model, other] = [await started(), await started()];
  await confirms(model);
  actionsOf(model).declinePasskeyOffer();
  await settled();
  await confirms(other);
  expect(shown(other)).toBe(false);
  expect(shown(await started())).toBe(false);
});

it("is over for good once an account has a passkey, or none can be made", async () => {
  const model = await started();
  await confirms(model);
  model.store.updateAccount("a", { passkey: { credentialId: "c", salt: "s" } });
  await settled();
  model.store.updateAccount("a", { passkey: undefined });
  expect(shown(model)).toBe(false);
  expect(shown(await started())).toBe(false);
  clearDatabase();
  const other = await started();
  await confirms(other);
  other.store.go({ name: "passkey", accountId: "a", step: "impossible", busy: false });
  await settled();
  expect(shown(other)).toBe(false);
  expect(stores.settings.get("passkey-offer")).toEqual({ offer: "over" });
});

it("does not come where the browser can have none, and nothing is kept of it there", async () => {
  may.havePasskeys = false;
  const model = await started();
  await confirms(model);
  expect(shown(model)).toBe(false);
  expect(stores.settings.has("passkey-offer")).toBe(false);
});

it("stands beside no request that waits, and not at an account that is told of its passkey in other words", async () => {
  const model = await started();
  await confirms(model);
  expect(shown(model)).toBe(true);
  const waiting = [{ transactionId: "t", purpose: "auth", expiresAt: Date.now() + 60_000, relyingPartyName: "DEMO" }] as const;
  expect(shown(model, { waiting })).toBe(false);
  expect(shown(model, { missesPasskey: true })).toBe(false);
  expect(shown(model, { state: undefined })).toBe(false);
});
