// What the attempt of this very window ends leads back to where the request began, too: a PIN that was right, and one that was locked or
// used up by it.
import { tabStorage } from "./support/page.ts";
import { beforeEach, expect, it, vi } from "vitest";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { runKeyWork } from "../../src/pwa/key-work/key-work.ts";
import type { ShownTransaction } from "../../src/protocol/claimed-transaction.ts";
import { showClaimed } from "../../src/pwa/model/transactions.ts";
import { login, testModel, type TestModel, typeDigits } from "./support/model.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));
vi.mock("../../src/pwa/key-work/key-work.ts", async (original) => ({
  ...(await original<typeof import("../../src/pwa/key-work/key-work.ts")>()),
  runKeyWork: vi.fn<() => Promise<unknown>>(),
}));

const ID = "0123456789012345678901";
const CALLBACK = "https://bank.example/back";
const { claimed } = login(ID, "DEMO");
const opened = {
  ...claimed,
  suite: "rsa",
  offer: {},
  signatureAlgorithm: "rsassa-pss",
  hashAlgorithm: "SHA-512",
  schemeName: "smart-id",
  serverRandom: "",
  flowType: "Web2App",
  initialCallbackUrl: CALLBACK,
  sessionSecretDigest: "DIGEST",
} as ShownTransaction;

let model: TestModel;

beforeEach(() => {
  tabStorage.clear();
  model = testModel();
});

it.each([
  ["was right", { ok: true, value: undefined }, { name: "outcome", outcome: "confirmed" }, true],
  ["is locked by it", { code: "wrong_pin", attemptsLeft: 0, lockedUntil: 9 }, { name: "locked", until: 9 }, false],
  ["is locked already", { code: "pin_locked", lockedUntil: 9 }, { name: "locked", until: 9 }, false],
  ["is used up by it", { code: "pin_dead" }, { name: "dead", purpose: "auth" }, false],
] as const)("after a PIN that %s; only a signature proves who asked for it", async (_, came, screen, isProven) => {
  vi.mocked(runKeyWork).mockResolvedValue(("ok" in came ? came : { ok: false, failure: came }) as never);
  await showClaimed(model, "a", opened, "pin");
  typeDigits(model, "9026");
  actionsOf(model).confirmPin();
  const address = isProven ? expect.stringContaining("userChallengeVerifier=") : `${CALLBACK}?sessionSecretDigest=DIGEST`;
  await vi.waitFor(() => expect(model.store.screen).toMatchObject({ ...screen, returnTo: address as string }));
});
