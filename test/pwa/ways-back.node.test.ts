// After a request that a page of the relying party opened: back to that page, and to no other address; with the proof of who asked for
// it only where something may have been signed. And what a certificate choice leads to.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { address, tabStorage } from "./support/page.ts";
import {
  type Answer,
  deviceRecord,
  keyState,
  login,
  ok,
  settledAttempt,
  signed,
  testModel,
  type TestModel,
} from "./support/model.ts";
import type { DeviceStorage } from "../../src/authenticator/device-record.ts";
import type { CertificateChoice, ShownTransaction } from "../../src/protocol/claimed-transaction.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { check } from "../../src/pwa/model/checking.ts";
import { showRestoredEnd } from "../../src/pwa/model/fate.ts";
import { openTransaction, showClaimed } from "../../src/pwa/model/transactions.ts";
import { WaysBack } from "../../src/pwa/model/ways-back.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

const record = deviceRecord();
const storage: DeviceStorage = {
  read: async () => record,
  write: async () => undefined,
  remove: async () => undefined,
  exclusively: (work) => work(),
};
const ID = "0123456789012345678901";
const CALLBACK = "https://bank.example:8443/back?state=7";
const { listed, claimed: base } = login(ID, "DEMO");
const web = (part: Partial<ShownTransaction> = {}): ShownTransaction =>
  ({
    ...base,
    suite: "rsa",
    offer: {},
    signatureAlgorithm: "rsassa-pss",
    hashAlgorithm: "SHA-512",
    schemeName: "smart-id",
    serverRandom: "",
    flowType: "Web2App",
    initialCallbackUrl: CALLBACK,
    sessionSecretDigest: "DIGEST",
    ...part,
  }) as ShownTransaction;
const choice: CertificateChoice = {
  kind: "certificate-choice",
  transactionId: ID,
  purpose: "sign",
  expiresAt: Date.now() + 100_000,
  relyingPartyName: "DEMO",
  brokeredRpName: "",
  flowType: "Web2App",
  initialCallbackUrl: CALLBACK,
  sessionSecretDigest: "DIGEST",
};

const newModel = (): TestModel => testModel(["a"], () => storage);
const returnOf = ({ store: { screen } }: TestModel): string | undefined => ("returnTo" in screen ? screen.returnTo : undefined);

/** The PIN was right, as the next answer of the server says. */
async function signs(model: TestModel): Promise<void> {
  model.attempts.settled("a", settledAttempt(ID, signed));
  await model.accounts.refresh("a");
}

beforeEach(() => {
  tabStorage.clear();
  address.replace.mockClear();
});

describe("the way back", () => {
  it("of a login that was confirmed goes to the callback, with both proofs", async () => {
    const model = newModel();
    await showClaimed(model, "a", web());
    await signs(model);
    expect(model.store.screen).toMatchObject({ name: "outcome", outcome: "confirmed" });
    const url = new URL(returnOf(model)!);
    expect(url.href.startsWith(`${CALLBACK}&sessionSecretDigest=DIGEST&userChallengeVerifier=`)).toBe(true);
    expect(url.searchParams.get("userChallengeVerifier")).toMatch(/^[\w-]{43}$/);
    actionsOf(model).returnToPage();
    expect(address.replace).toHaveBeenCalledExactlyOnceWith(url.href);
    expect(tabStorage.size).toBe(0);
  });

  it("is kept when another request comes before the person went back", async () => {
    const model = newModel();
    await showClaimed(model, "a", web());
    await signs(model);
    const back = returnOf(model);
    const other = { ...listed, transactionId: "2123456789012345678901" };
    model.answer = (operation) => ok(operation === "listTransactions" ? { transactions: [other] } : keyState());
    await model.accounts.refresh("a");
    expect(model.store.screen).toMatchObject({ name: "outcome", outcome: "confirmed", returnTo: back });
  });

  it("of a login that was refused proves no login", async () => {
    const model = newModel();
    model.answer = (operation) => ok(operation === "listTransactions" ? { transactions: [] } : keyState());
    await showClaimed(model, "a", web());
    actionsOf(model).refuse();
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ outcome: "refused" }));
    expect(returnOf(model)).toBe(`${CALLBACK}&sessionSecretDigest=DIGEST`);
  });

  it("is there when the PIN was locked by it, and when the time ran out", async () => {
    const model = newModel();
    await showClaimed(model, "a", web());
    model.answer = () =>
      ok({
        ...keyState(),
        pins: { ...keyState().pins, auth: { state: "locked", attemptsLeft: 0, lockedUntil: 9 } },
        transactions: [],
      });
    await model.accounts.refresh("a");
    expect(model.store.screen).toMatchObject({ name: "locked", returnTo: `${CALLBACK}&sessionSecretDigest=DIGEST` });
    await showClaimed(model, "a", web({ expiresAt: Date.now() }));
    await vi.waitFor(() =>
      expect(model.store.screen).toMatchObject({ outcome: "timed-out", returnTo: expect.any(String) as string }),
    );
  });

  it.each([
    ["a scanned code", web({ flowType: "QR" })],
    ["a notification", web({ flowType: "Notification" })],
    ["a callback that is a script", web({ initialCallbackUrl: "javascript:alert(1)" })],
    ["a callback without protection", web({ initialCallbackUrl: "http://bank.example/" })],
  ])("does not exist for %s", async (_, claimed) => {
    const model = newModel();
    await showClaimed(model, "a", claimed);
    await signs(model);
    expect(model.store.screen).toMatchObject({ outcome: "confirmed" });
    expect(returnOf(model)).toBeUndefined();
    actionsOf(model).returnToPage();
    expect(address.replace).not.toHaveBeenCalled();
  });

  it("is not another request's", async () => {
    const model = newModel();
    await showClaimed(model, "a", web());
    model.answer = () => ({ ok: false, failure: { code: "no_such_transaction" } });
    await openTransaction(model, "a", "another");
    expect(model.store.screen).toMatchObject({ outcome: "timed-out" });
    expect(returnOf(model)).toBeUndefined();
  });

  it("of an attempt whose answer a reload kept from the person is the same as without the reload", async () => {
    const before = newModel();
    await showClaimed(before, "a", web());
    const after = newModel();
    expect(await after.waysBack.restore(async () => record, Date.now())).toBeUndefined();
    await signs(after);
    await signs(before);
    expect(returnOf(after)).toBe(returnOf(before));
    expect(returnOf(after)).toContain("userChallengeVerifier");
  });

  it("outlives a reload on the ending, which is shown again, until the person has gone", async () => {
    const before = newModel();
    await showClaimed(before, "a", web());
    await signs(before);
    const ways = new WaysBack();
    const restored = { accountId: "a", transactionId: ID, outcome: "confirmed" };
    expect(await ways.restore(async () => record, Date.now())).toMatchObject(restored);
    const again = ways.from(ID, { name: "outcome", outcome: "confirmed" });
    expect(again).toHaveProperty("returnTo", returnOf(before));
    actionsOf(before).leave();
    expect(await new WaysBack().restore(async () => record, Date.now())).toBeUndefined();
  });

  it("is on the ending that a reload shows again, which its person can still say they did not start", async () => {
    const before = testModel(["a", "b"], () => storage);
    await showClaimed(before, "b", web());
    actionsOf(before).refuse();
    await vi.waitFor(() => expect(before.store.screen).toMatchObject({ name: "outcome", outcome: "refused" }));
    const model = testModel(["a", "b"], () => storage);
    expect(await showRestoredEnd(model)).toBe(true);
    expect(model.store.screen).toEqual(before.store.screen);
    expect(model.store.screen).toMatchObject({ transactionId: ID, returnTo: expect.any(String) as string });
    // Whose history that is asked for.
    expect(model.store.state.selected).toBe("b");
    // What still says that it waits is older.
    model.answer = (operation) => ok(operation === "listTransactions" ? { transactions: [listed] } : keyState());
    await model.accounts.refresh("b");
    expect(model.store.screen).toEqual(before.store.screen);
    actionsOf(model).leave();
    expect(await showRestoredEnd(testModel(["a", "b"], () => storage))).toBe(false);
  });

  it("is on the ending after a code that was typed wrongly, too", async () => {
    const kept = { accountId: "a", claimed: web(), transactionId: ID, outcome: "wrong-code" };
    tabStorage.set("tally-way-back", JSON.stringify(kept));
    const model = newModel();
    expect(await showRestoredEnd(model)).toBe(true);
    expect(model.store.screen).toMatchObject({
      outcome: "wrong-code",
      transactionId: ID,
      returnTo: expect.any(String) as string,
    });
  });

  it("is remembered by no tab that the browser forbids to, and is there all the same until a reload", async () => {
    const forbids = (): never => {
      throw new DOMException("as in some private windows", "SecurityError");
    };
    const allowed = sessionStorage;
    vi.stubGlobal("sessionStorage", { getItem: forbids, setItem: forbids, removeItem: forbids });
    const model = newModel();
    await showClaimed(model, "a", web());
    await signs(model);
    expect(returnOf(model)).toContain(CALLBACK);
    actionsOf(model).leave();
    expect(model.store.screen).toMatchObject({ name: "home" });
    expect(await new WaysBack().restore(async () => record, Date.now())).toBeUndefined();
    vi.stubGlobal("sessionStorage", allowed);
  });

  it.each([
    ["an address of somebody's own", { claimed: web({ initialCallbackUrl: "javascript:alert(1)" }) }],
    ["a request that is none", { claimed: { transactionId: ID } }],
    ["an account that is gone", { accountId: "b" }],
    ["another ending", { outcome: "account-active" }],
    ["what is long over", { claimed: web({ expiresAt: 1 }) }],
  ])("is not taken from a tab that keeps %s", async (_, part) => {
    tabStorage.set(
      "tally-way-back",
      JSON.stringify({ accountId: "a", claimed: web(), transactionId: ID, outcome: "confirmed", ...part }),
    );
    const ways = new WaysBack();
    const restored = await ways.restore(async (id) => (id === "a" ? record : undefined), Date.now());
    const shown = restored && ways.from(restored.transactionId, { name: "outcome", outcome: restored.outcome } as const);
    expect(shown && "returnTo" in shown).toBeFalsy();
  });

  it("carries a verifier that another device could not know", () => {
    const ways = new WaysBack();
    ways.remember(record, "a", web());
    const shown = ways.from(ID, { name: "outcome", outcome: "confirmed" } as const) as { readonly returnTo?: string };
    expect(new URL(shown.returnTo!).searchParams.get("userChallengeVerifier")).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const others = new WaysBack();
    others.remember(deviceRecord({ returnSecret: "A".repeat(43) }), "a", web());
    expect(others.from(ID, { name: "outcome", outcome: "confirmed" })).not.toEqual(shown);
  });
});

describe("a certificate choice", () => {
  const until = Date.now() + 100_000;
  const awaited = { relyingPartyName: "DEMO", until };
  const linked = {
    ...web({ transactionId: "1123456789012345678901" }),
    kind: "signature",
    purpose: "sign",
    digest: "",
    verificationCode: "",
    flowType: "Notification",
    initialCallbackUrl: "",
    sessionSecretDigest: "",
  } as ShownTransaction;

  /** `state`: after the confirmation. */
  function confirming(state: ReturnType<typeof keyState>, awaits = true): TestModel {
    const model = newModel();
    model.answer = (operation): Answer => {
      if (operation === "confirmCertificateChoice") return ok({ confirmed: true, awaits });
      if (operation === "claimTransaction") return ok(linked);
      return ok(operation === "listTransactions" ? { transactions: [] } : state);
    };
    return model;
  }

  it("is shown without a PIN; the signature that follows opens by itself, and leads back to where the choice began", async () => {
    const model = confirming(keyState({ awaited }));
    await showClaimed(model, "a", choice);
    expect(model.store.screen).toMatchObject({ name: "certificate-choice", busy: false });
    actionsOf(model).confirmChoice();
    await vi.waitFor(() => expect(model.store.account("a")?.state?.awaited).toEqual(awaited));
    expect(model.store.screen).toMatchObject({ name: "awaiting", relyingPartyName: "DEMO" });
    const before = model.answer;
    const request = { ...listed, transactionId: linked.transactionId };
    model.answer = (operation, id) =>
      operation === "listTransactions" ? ok({ transactions: [request] }) : before(operation, id);
    await model.accounts.refresh("a");
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ name: "transaction", shown: { verificationCode: "" } }));
    model.attempts.settled("a", settledAttempt(linked.transactionId, signed));
    await model.accounts.refresh("a");
    expect(model.store.screen).toMatchObject({ outcome: "confirmed", returnTo: `${CALLBACK}&sessionSecretDigest=DIGEST` });
  });

  it("that was scanned afterwards leads back nowhere, and not to where an earlier one began", () => {
    const ways = new WaysBack();
    ways.remember(record, "a", choice);
    const scanned = { ...choice, transactionId: "3123456789012345678901", flowType: "QR", initialCallbackUrl: "" } as const;
    ways.remember(record, "a", scanned);
    ways.remember(record, "a", linked);
    const shown = ways.from(linked.transactionId, { name: "outcome", outcome: "confirmed" } as const);
    expect("returnTo" in shown).toBe(false);
    expect("returnTo" in ways.fromWait("a", { name: "outcome", outcome: "nothing-came" } as const)).toBe(false);
  });

  it("that nothing follows is done", async () => {
    const model = confirming(keyState(), false);
    await showClaimed(model, "a", choice);
    actionsOf(model).confirmChoice();
    await vi.waitFor(() =>
      expect(model.store.screen).toMatchObject({ outcome: "certificate-given", returnTo: expect.any(String) as string }),
    );
  });

  it("is refused as the whole request", async () => {
    const model = confirming(keyState());
    await showClaimed(model, "a", choice);
    actionsOf(model).refuse();
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ outcome: "refused" }));
    expect(model.bodies).toContainEqual({ transactionId: ID, refusal: "USER_REFUSED" });
  });

  it("whose confirmation got no answer ends as it ended at the server", async () => {
    const model = confirming(keyState({ awaited }));
    const { answer } = model;
    model.answer = (operation, id) => (operation === "confirmCertificateChoice" ? "unreachable" : answer(operation, id));
    await showClaimed(model, "a", choice);
    actionsOf(model).confirmChoice();
    await vi.waitFor(() =>
      expect(model.store.screen).toMatchObject({ name: "certificate-choice", busy: false, problem: { kind: "unreachable" } }),
    );
    const request = { requestId: "r", operation: "confirmCertificateChoice", transactionId: ID, oneTimePassword: "" } as const;
    model.attempts.settled("a", { request, received: true, outcome: { ok: true, value: { confirmed: true, awaits: true } } });
    await model.accounts.refresh("a");
    expect(model.store.screen).toMatchObject({ name: "awaiting" });
  });

  it("is waited for again after a reload, unless the person went away from it", async () => {
    const model = newModel();
    model.answer = (operation) => ok(operation === "listTransactions" ? { transactions: [] } : keyState({ awaited }));
    await model.accounts.refresh("a");
    expect(model.store.screen).toMatchObject({ name: "awaiting", accountId: "a" });
    actionsOf(model).leave();
    await check(model, "nothing");
    await model.accounts.refresh("a");
    expect(model.store.screen).toMatchObject({ name: "home" });
  });

  it("ends the waiting when the person says so, and when nothing came in time", async () => {
    const model = newModel();
    model.answer = (operation) => ok(operation === "listTransactions" ? { transactions: [] } : keyState({ awaited }));
    await model.accounts.refresh("a");
    actionsOf(model).stopWaiting();
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ outcome: "waiting-stopped" }));
    expect(model.asked).toContain("stopWaiting");
    actionsOf(model).leave();
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ name: "awaiting" }));
    model.answer = (operation) => ok(operation === "listTransactions" ? { transactions: [] } : keyState({ now: until }));
    await model.accounts.refresh("a");
    expect(model.store.screen).toMatchObject({ outcome: "nothing-came", relyingPartyName: "DEMO" });
  });
});

it("a request that cannot be shown is told to the server as the device's failure, also later", async () => {
  const model = newModel();
  model.answer = () => "unreachable";
  await showClaimed(model, "a", web({ interactions: "not JSON" }));
  expect(model.store.screen).toMatchObject({ outcome: "not-presentable", returnTo: expect.any(String) as string });
  await vi.waitFor(() => expect(model.refusals.get(ID)).toBe("PROTOCOL_FAILURE"));
  model.answer = (operation) => ok(operation === "listTransactions" ? { transactions: [listed] } : keyState());
  model.bodies.length = 0;
  await model.accounts.refresh("a");
  await vi.waitFor(() => expect(model.refusals.size).toBe(0));
  expect(model.bodies).toContainEqual({ transactionId: ID, refusal: "PROTOCOL_FAILURE" });
});
