// Whoever makes an account has the browser asked to keep it for good, and makes it whatever the browser says.
import { testModel } from "./support/model.ts";
import { expect, it, vi } from "vitest";
import type { assertIdentity, openAccount } from "../../src/authenticator/enrolment.ts";
import { submitIdentity } from "../../src/pwa/model/enrolment.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));
vi.mock("../../src/authenticator/enrolment.ts", async (original) => ({
  ...(await original<typeof import("../../src/authenticator/enrolment.ts")>()),
  openAccount: vi.fn<typeof openAccount>(async () => ({ ok: true, value: undefined })),
  assertIdentity: vi.fn<typeof assertIdentity>(async () => undefined),
}));

const FORM = {
  givenName: "MARI",
  surname: "TAMM",
  country: "EE",
  personalCode: "48503140291",
  dateOfBirth: "",
  level: "QUALIFIED",
} as const;

it.each<readonly [string, string | undefined, object]>([
  ["promises it", "kept", { persist: async () => true }],
  ["does not", "refused", { persist: async () => false }],
  ["never says", undefined, { persist: () => new Promise<never>(() => undefined) }],
  ["fails", undefined, { persist: () => Promise.reject(new DOMException("", "InvalidStateError")) }],
  ["cannot be asked", undefined, {}],
])("who the person is goes to the server, and the browser is asked once, where it %s", async (_, storage, manager) => {
  vi.stubGlobal("navigator", { storage: manager });
  const asked = "persist" in manager ? vi.spyOn(manager as { persist: () => unknown }, "persist") : undefined;
  const model = testModel([]);
  model.store.go({ name: "identity", busy: false });
  await submitIdentity(model, FORM);
  expect(model.store.screen).toMatchObject({ name: "choose-pin", purpose: "auth" });
  expect(model.store.state.storage).toBe(storage);
  if (asked !== undefined) expect(asked).toHaveBeenCalledOnce();
});
