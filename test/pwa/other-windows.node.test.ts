// A request that is in front of the person in two windows of one browser: answered in one, the other one says what was answered, or
// nothing, but never that it was answered elsewhere; and one of them alone leads back to the site.
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
  typeDigits,
} from "./support/model.ts";
import { tabStorage } from "./support/page.ts";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { DeviceStorage } from "../../src/authenticator/device-record.ts";
import type { CertificateChoice, ShownTransaction } from "../../src/protocol/claimed-transaction.ts";
import { runKeyWork } from "../../src/pwa/key-work/key-work.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { followOtherWindows } from "../../src/pwa/model/answered-there.ts";
import { openListed } from "../../src/pwa/model/device-choice.ts";
import { confirmPin } from "../../src/pwa/model/pin-actions.ts";
import { openTransaction, showClaimed } from "../../src/pwa/model/transactions.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));
vi.mock("../../src/pwa/key-work/key-work.ts", async (original) => ({
  ...(await original<typeof import("../../src/pwa/key-work/key-work.ts")>()),
  runKeyWork: vi.fn<() => Promise<unknown>>(),
}));

/** Each hears at once what the others of its name say. */
class Channel extends EventTarget {
  static open: Channel[] = [];
  readonly name: string;
  constructor(name: string) {
    super();
    this.name = name;
    Channel.open.push(this);
  }
  postMessage(data: unknown): void {
    for (const other of Channel.open) {
      if (other !== this && other.name === this.name)
        other.dispatchEvent(new MessageEvent("message", { data: structuredClone(data) }));
    }
  }
}
vi.stubGlobal("BroadcastChannel", Channel);

const ID = "0123456789012345678901";
const CALLBACK = "https://bank.example/back";
const record = deviceRecord();
const storage: DeviceStorage = {
  read: async () => record,
  write: async () => undefined,
  remove: async () => undefined,
  exclusively: (work) => work(),
};
const { listed, claimed: base } = login(ID, "DEMO");
const claimed = {
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
} as ShownTransaction;
const awaited = { relyingPartyName: "DEMO", until: Date.now() + 100_000 };
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

/** In which the person answers, and the other one. */
let [first, second]: TestModel[] = [];
/** What the server says of the account. */
let state: ReturnType<typeof keyState>;
let isWaiting: boolean;

const answer = (operation: string): Answer => {
  if (operation === "listTransactions") return ok({ transactions: isWaiting ? [listed] : [] });
  if (operation === "claimTransaction" && !isWaiting) return { ok: false, failure: { code: "no_such_transaction" } };
  if (operation === "confirmCertificateChoice") return ok({ confirmed: true, awaits: true });
  return ok(operation === "claimTransaction" ? claimed : state);
};

function openWindow(): TestModel {
  const model = testModel(["a"], () => storage);
  model.answer = answer;
  model.store.updateAccount("a", { waiting: [listed] });
  followOtherWindows(model);
  return model;
}

const screenOf = ({ store }: TestModel) => store.screen;
const returns = (model: TestModel): boolean => "returnTo" in screenOf(model);

/** From a window of another version. */
const hears = (data: unknown): void => {
  for (const channel of Channel.open) channel.dispatchEvent(new MessageEvent("message", { data }));
};

/** The PIN is typed in the first window, and that comes of it. */
async function types(result: unknown, meanwhile: () => Promise<unknown> = async () => undefined): Promise<void> {
  vi.mocked(runKeyWork).mockImplementation(async () => {
    await meanwhile();
    return result as never;
  });
  typeDigits(first!, "4711");
  await confirmPin(first!);
}

const right = { ok: true, value: undefined };
const wrong = (attemptsLeft: number, lockedUntil: number) => ({
  ok: false,
  failure: { code: "wrong_pin", attemptsLeft, lockedUntil },
});

beforeEach(async () => {
  tabStorage.clear();
  Channel.open = [];
  state = keyState();
  isWaiting = true;
  [first, second] = [openWindow(), openWindow()];
  for (const model of [first, second]) await showClaimed(model, "a", claimed, "pin");
});

describe("answered in another window of this browser", () => {
  it("with the right PIN, it was confirmed, and only that window leads back", async () => {
    await types(right);
    expect(screenOf(first!)).toMatchObject({ outcome: "confirmed", returnTo: expect.stringContaining(CALLBACK) as string });
    expect(screenOf(second!)).toEqual({ name: "outcome", outcome: "confirmed", purpose: "auth", relyingPartyName: "DEMO" });
    expect(tabStorage.has("tally-way-back")).toBe(false);
  });

  it("with a no, it was refused, which the person can still say they did not start", async () => {
    actionsOf(first!).refuse();
    await vi.waitFor(() => expect(screenOf(first!)).toMatchObject({ outcome: "refused" }));
    expect(returns(first!)).toBe(true);
    expect(screenOf(second!)).toMatchObject({ outcome: "refused", transactionId: ID });
    expect(returns(second!)).toBe(false);
  });

  it("as the server says first, goes home without a word", async () => {
    await types(right, async () => {
      isWaiting = false;
      await second!.accounts.refresh("a");
      expect(screenOf(second!)).toMatchObject({ name: "home" });
    });
    expect(screenOf(second!)).toMatchObject({ name: "home" });
    expect(returns(first!)).toBe(true);
  });

  it.each(["its request", "the question which device to use"])("as the server says first of a no, leaves %s", async (what) => {
    if (what !== "its request") {
      second!.store.updateAccount("a", { waiting: [{ ...listed, amongSeveral: true }] });
      await openListed(second!, "a", ID);
    }
    first!.answer = async (operation) => {
      if (operation !== "refuseTransaction") return answer(operation);
      isWaiting = false;
      await second!.accounts.refresh("a");
      expect(screenOf(second!)).toMatchObject({ name: "home" });
      return ok({ refused: true });
    };
    actionsOf(first!).refuse();
    await vi.waitFor(() => expect(screenOf(first!)).toMatchObject({ outcome: "refused" }));
    expect(screenOf(second!)).toMatchObject({ name: "home" });
  });

  it("as the server says first of a certificate choice, waits for what follows", async () => {
    for (const model of [first!, second!]) await showClaimed(model, "a", choice);
    first!.answer = async (operation) => {
      if (operation !== "confirmCertificateChoice") return answer(operation);
      [isWaiting, state] = [false, keyState({ awaited })];
      await second!.accounts.refresh("a");
      return answer(operation);
    };
    actionsOf(first!).confirmChoice();
    await vi.waitFor(() => expect(screenOf(first!)).toMatchObject({ name: "awaiting" }));
    expect(screenOf(second!)).toMatchObject({ name: "awaiting" });
  });

  it("as the server says first of a lock, takes the way back from nobody", async () => {
    await types(wrong(0, 9), async () => {
      isWaiting = false;
      state = keyState({ pins: { ...state.pins, auth: { state: "locked", attemptsLeft: 0, lockedUntil: 9 } } });
      await second!.accounts.refresh("a");
      expect(screenOf(second!)).toMatchObject({ name: "locked" });
    });
    expect(screenOf(first!)).toMatchObject({ name: "locked", returnTo: expect.stringContaining(CALLBACK) as string });
  });

  it("with a PIN that is locked by it, goes home, and is led back in that window alone", async () => {
    isWaiting = false;
    state = keyState({ pins: { ...state.pins, auth: { state: "locked", attemptsLeft: 0, lockedUntil: 9 } } });
    await types(wrong(0, 9));
    expect(screenOf(first!)).toMatchObject({ name: "locked", returnTo: expect.stringContaining(CALLBACK) as string });
    await second!.accounts.refresh("a");
    expect(screenOf(second!)).toEqual({ name: "home", check: "idle" });
  });

  it("with a PIN whose answer this window hears in its place, leads back here, and is no news from elsewhere there", async () => {
    await types({ ok: false, failure: { code: "unreachable" } });
    expect(screenOf(first!)).toMatchObject({ name: "pin", problem: { kind: "unreachable" } });
    isWaiting = false;
    second!.attempts.settled("a", settledAttempt(ID, signed));
    await second!.accounts.refresh("a");
    expect(screenOf(second!)).toMatchObject({ outcome: "confirmed", returnTo: expect.stringContaining(CALLBACK) as string });
    expect(screenOf(first!)).toMatchObject({ outcome: "confirmed" });
    expect(returns(first!)).toBe(false);
  });

  it("with a wrong PIN, it still waits", async () => {
    await types(wrong(2, 0));
    await second!.accounts.refresh("a");
    expect(screenOf(second!)).toMatchObject({ name: "pin", claimed: { transactionId: ID } });
    // By another device now: that is news from elsewhere again.
    isWaiting = false;
    await second!.accounts.refresh("a");
    expect(screenOf(second!)).toMatchObject({ outcome: "answered-elsewhere" });
  });

  it.each([
    ["could not be worked on", undefined],
    ["the server does not understand", { ok: false, failure: { code: "malformed" } }],
  ])("with a PIN that %s, another device may still answer it", async (_, result) => {
    await types(result);
    isWaiting = false;
    await second!.accounts.refresh("a");
    expect(screenOf(second!)).toMatchObject({ outcome: "answered-elsewhere" });
  });

  it("and never heard of again, another device may have answered it", async () => {
    hears({ transactionId: ID, is: "answering", returns: false });
    isWaiting = false;
    vi.spyOn(Date, "now").mockReturnValue(Date.now() + 60_001);
    await second!.accounts.refresh("a");
    vi.restoreAllMocks();
    expect(screenOf(second!)).toMatchObject({ outcome: "answered-elsewhere" });
  });

  it("and in this one as well, says that it does not know, and not nothing", async () => {
    hears({ transactionId: ID, is: "answering", returns: false });
    vi.mocked(runKeyWork).mockResolvedValueOnce({ ok: false, failure: { code: "no_such_transaction" } } as never);
    typeDigits(second!, "4711");
    await confirmPin(second!);
    expect(screenOf(second!)).toMatchObject({ outcome: "interrupted" });
  });

  it("while a PIN is on its way here too, ends as that PIN does", async () => {
    typeDigits(second!, "4711");
    const here = Promise.withResolvers<unknown>();
    vi.mocked(runKeyWork).mockReturnValueOnce(here.promise as never);
    const done = confirmPin(second!);
    await types(right);
    expect(screenOf(second!)).toMatchObject({ name: "pin", pin: { state: "working" } });
    here.resolve({ ok: false, failure: { code: "no_such_transaction" } });
    await done;
    expect(screenOf(second!)).toMatchObject({ outcome: "confirmed" });
    expect([returns(first!), returns(second!)]).toEqual([true, false]);
  });

  it("is not opened by what was listed before", async () => {
    second!.store.go({ name: "home", check: "idle" });
    await types(right);
    isWaiting = false;
    second!.store.updateAccount("a", { waiting: [listed] });
    await openTransaction(second!, "a", ID);
    expect(screenOf(second!)).toMatchObject({ outcome: "confirmed" });
    expect(returns(second!)).toBe(false);
  });

  it("is no question for a device any more", async () => {
    second!.store.updateAccount("a", { waiting: [{ ...listed, amongSeveral: true }] });
    await openListed(second!, "a", ID);
    expect(screenOf(second!)).toMatchObject({ name: "use-device" });
    await types(right);
    expect(screenOf(second!)).toMatchObject({ outcome: "confirmed", relyingPartyName: "DEMO" });
  });

  it("as a certificate choice, is waited for in both", async () => {
    for (const model of [first!, second!]) await showClaimed(model, "a", choice);
    state = keyState({ awaited });
    isWaiting = false;
    actionsOf(first!).confirmChoice();
    await vi.waitFor(() => expect(screenOf(first!)).toMatchObject({ name: "awaiting" }));
    expect(screenOf(second!)).toMatchObject({ name: "home" });
    await second!.accounts.refresh("a");
    expect(screenOf(second!)).toMatchObject({ name: "awaiting", relyingPartyName: "DEMO" });
  });

  it("takes no other request away", async () => {
    const other = login("t2", "GOOD BANK");
    await showClaimed(second!, "a", other.claimed, "pin");
    await types(right);
    expect(screenOf(second!)).toMatchObject({ name: "pin", claimed: { transactionId: "t2" } });
  });
});

it("answered on another device, each window says so and leads back", async () => {
  isWaiting = false;
  for (const model of [first!, second!]) {
    await model.accounts.refresh("a");
    expect(screenOf(model)).toMatchObject({ outcome: "answered-elsewhere", returnTo: expect.any(String) as string });
  }
});

it.each([
  undefined,
  "x",
  {},
  { transactionId: ID },
  { transactionId: ID, is: "over", outcome: "confirmed" },
  { transactionId: ID, is: "done", outcome: "confirmed", returns: false },
])("what says nothing of a request changes nothing: %o", async (data) => {
  hears(data);
  expect(screenOf(second!)).toMatchObject({ name: "pin" });
});

it("an answer that nobody gives is not taken for one", () => {
  hears({ transactionId: ID, is: "over", outcome: "account-active", returns: false });
  expect(screenOf(second!)).toEqual({ name: "home", check: "idle" });
});
