// The real model, with a server whose answers a test decides.
import "./page.ts";
import type { ChannelClient, ChannelFailure, Settled } from "../../../src/authenticator/channel-client.ts";
import type { DeviceRecord, DeviceStorage } from "../../../src/authenticator/device-record.ts";
import type { Presentation } from "../../../src/authenticator/presentation.ts";
import { ServerUnreachable } from "../../../src/authenticator/server-connection.ts";
import type { ListedTransaction } from "../../../src/authenticator/transactions.ts";
import type { ShownTransaction } from "../../../src/protocol/claimed-transaction.ts";
import type { Operation } from "../../../src/protocol/device-messages.ts";
import { Accounts } from "../../../src/pwa/model/accounts.ts";
import { Attempts } from "../../../src/pwa/model/attempts.ts";
import { type Model, newModel } from "../../../src/pwa/model/model.ts";
import { react } from "../../../src/pwa/model/reactions.ts";
import type { KeyState } from "../../../src/pwa/model/state.ts";
import { EMPTY_PIN, Store } from "../../../src/pwa/model/store.ts";

const OWNER = { givenName: "MARI", surname: "TAMM", semanticsIdentifier: "PNOEE-50001029996" };

/** 32 bytes. */
const KEY = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";

export const deviceRecord = (part: Partial<DeviceRecord> = {}): DeviceRecord => ({
  handle: "h",
  deviceToServer: KEY,
  serverToDevice: KEY,
  encryptionKey: { kty: "EC", crv: "P-256", x: "", y: "" },
  transcriptHash: "",
  oneTimePassword: "",
  keys: [],
  returnSecret: KEY,
  owner: OWNER,
  ...part,
});

export const usable = (attemptsLeft: number) => ({ state: "usable" as const, attemptsLeft, lockedUntil: 0 });

export const keyState = (part: Partial<KeyState> = {}): KeyState => ({
  status: "active",
  closedReason: "",
  documentNumber: "",
  level: "QUALIFIED",
  now: Date.now(),
  expiresAt: Date.now() + 1e10,
  pins: { auth: usable(3), sign: usable(3) },
  outOfStep: { count: 0, lastAt: 0, unansweredForGood: false },
  pushEndpointHash: "",
  suites: ["rsa", "ed25519"],
  keys: [],
  reKey: null,
  notices: [],
  awaited: null,
  ...part,
});

/** A login by that relying party. */
export const login = (transactionId: string, relyingPartyName: string, type = "displayTextAndPIN") => {
  const text = type === "displayTextAndPIN" ? { displayText60: "Log in" } : { displayText200: "Log in" };
  const expiresAt = Date.now() + 100_000;
  const claimed = {
    kind: "authentication",
    transactionId,
    purpose: "auth",
    expiresAt,
    keyVersion: 1,
    relyingPartyName,
    brokeredRpName: "",
    flowType: "Notification",
    initialCallbackUrl: "",
    sessionSecretDigest: "",
    interactionTypeUsed: type,
    interactions: Buffer.from(JSON.stringify([{ type, ...text }])).toString("base64"),
    rpChallenge: Buffer.alloc(64).toString("base64"),
  } as unknown as ShownTransaction;
  const shown: Presentation = {
    relyingPartyName,
    interaction: "displayTextAndPIN",
    text: "Log in",
    verificationCode: "1234",
  };
  const listed: ListedTransaction = { transactionId, purpose: "auth", expiresAt, relyingPartyName };
  return { claimed, shown, listed };
};

export type Login = ReturnType<typeof login>;

export type Answer =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly failure: ChannelFailure } | "unreachable";

export const ok = (value: unknown): Answer => ({ ok: true, value });

export function settledAttempt(transactionId: string, outcome: Settled["outcome"], received = true): Settled {
  const request = { requestId: "r", operation: "performSignature", transactionId, oneTimePassword: "" } as const;
  return { request, received, outcome };
}

export const signed: Settled["outcome"] = { ok: true, value: { signed: true } };
export const wrongPin = (attemptsLeft: number): Settled["outcome"] => ({
  ok: false,
  failure: { code: "wrong_pin", attemptsLeft, lockedUntil: 0 },
});

export interface TestModel extends Model {
  /** What the server answers, by account and operation. */
  answer: (operation: Operation, accountId: string) => Answer | Promise<Answer>;
  /** Every message to the server. */
  readonly asked: Operation[];
  /** Their bodies. */
  readonly bodies: unknown[];
  /** What a reload left open, as it turns out. */
  interrupted: Settled | undefined;
}

const memory: DeviceStorage = {
  read: async () => deviceRecord(),
  write: async () => undefined,
  remove: async () => undefined,
  exclusively: (work) => work(),
};

/** Active accounts, at home. */
export function testModel(ids: readonly string[] = ["a"], storageOf: (id: string) => DeviceStorage = () => memory): TestModel {
  const store = new Store();
  const attempts = new Attempts();
  const asked: Operation[] = [];
  const bodies: unknown[] = [];
  const accounts = new Accounts(store, {
    refreshed: (id, refreshed) => react(model, id, refreshed),
    settled: (id, settled) => attempts.settled(id, settled),
  });
  const model: TestModel = {
    ...newModel({ store, accounts, attempts }),
    asked,
    bodies,
    interrupted: undefined,
    answer: (operation) => ok(operation === "listTransactions" ? { transactions: [] } : keyState()),
  };
  accounts.client = (id) =>
    ({
      storage: storageOf(id),
      settle: async () => model.interrupted,
      async call(operation: Operation, build: (record: DeviceRecord, requestId: string) => unknown) {
        asked.push(operation);
        bodies.push(await build(deviceRecord(), "r"));
        const answer = await model.answer(operation, id);
        if (answer === "unreachable") throw new ServerUnreachable("as the test wants it");
        return answer;
      },
    }) as unknown as ChannelClient;
  const state = keyState();
  store.patch({ accounts: ids.map((id) => ({ id, owner: OWNER, state, clockSkew: 0, waiting: [] })), selected: ids[0] });
  store.go({ name: "home", check: "idle" });
  return model;
}

export function atPin({ store }: Model, { claimed, shown }: Login, accountId = "a"): void {
  store.go({ name: "pin", accountId, claimed, shown, pin: EMPTY_PIN });
}

/** Digits as a person types them. */
export function typeDigits({ store }: Model, digits: string): void {
  for (const digit of digits) {
    store.pin.press(Number(digit));
    if ("pin" in store.screen) store.stayWithPin(store.screen, {});
  }
}
