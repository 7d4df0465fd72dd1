// PIN attempts on one account, made by hand but in step: whatever contribution, for whatever transaction, under whatever transcript.
import type { Purpose, Suite } from "../../src/account/purpose.ts";
import type { DeviceRecord } from "../../src/authenticator/device-record.ts";
import { claimTransaction, listTransactions } from "../../src/authenticator/transactions.ts";
import type { EnvelopeBinding } from "../../src/channel/second-envelope.ts";
import type { SignedTransaction } from "../../src/protocol/claimed-transaction.ts";
import type { RequestBody } from "../../src/protocol/device-messages.ts";
import { utf8 } from "../../src/protocol/encoding.ts";
import { ALGORITHMS, LOGIN_TEXT, randomChallenge, startLogin, startSignature } from "./demo-party.ts";
import { attemptRequest, contributionFor, shareOf } from "./handmade-messages.ts";
import { accountStub, forPin, type HeadlessDevice, PINS, WRONG_PINS } from "./headless-device.ts";
import { query } from "./server-vault.ts";

export interface Attempt {
  readonly contribution: Uint8Array;
  readonly transcript: Uint8Array;
}

interface Waiting {
  readonly sessionID: string;
  readonly claimed: SignedTransaction;
}

export class Attempts {
  readonly device: HeadlessDevice;
  readonly documentNumber: string;
  /** What unmasks under the right PIN and under a wrong one; a PIN is stretched once. */
  readonly #shares = new Map<string, Promise<Uint8Array>>();

  constructor(device: HeadlessDevice & { readonly documentNumber: string }) {
    this.device = device;
    this.documentNumber = device.documentNumber;
  }

  get record(): DeviceRecord {
    const { record } = this.device.storage;
    if (record === undefined) throw new Error("no account");
    return record;
  }

  /** The account's object. */
  get stub() {
    return accountStub(this.record);
  }

  query(statement: string, ...values: SqlStorageValue[]) {
    return query(this.record.handle, statement, ...values);
  }

  /** Nothing waits and no PIN was ever wrong: as it is before each attempt of a table. */
  async clear(): Promise<void> {
    await this.query("DELETE FROM pending_transaction");
    await this.query("DELETE FROM lockout");
  }

  /** Payments of that PIN since it was right. */
  async wrong(purpose: Purpose): Promise<number> {
    return Number((await this.query("SELECT wrong FROM lockout WHERE purpose = ?", purpose))[0]?.["wrong"] ?? 0);
  }

  /** The device's OTP, where a test took requests past the device. */
  async backInStep(): Promise<void> {
    const oneTimePassword = (await this.query("SELECT one_time_password FROM account"))[0]?.["one_time_password"] as string;
    const { pending: _, ...record } = this.record;
    await this.device.storage.write({ ...record, oneTimePassword });
  }

  /** A login, or for `sign` a signature, that a key of that suite is to answer: asked for and claimed. */
  async wait(suite: Suite, purpose: Purpose = "auth"): Promise<Waiting> {
    const algorithms = ALGORITHMS[suite];
    const sessionID =
      purpose === "auth"
        ? await startLogin(this.documentNumber, randomChallenge(), LOGIN_TEXT, algorithms)
        : await startSignature(this.documentNumber, utf8(crypto.randomUUID()), algorithms);
    return { sessionID, claimed: await this.claim() };
  }

  /** What came last, or the transaction that is named. */
  async claim(transactionId?: string): Promise<SignedTransaction> {
    const { client } = this.device;
    const listed = transactionId === undefined ? await listTransactions(client) : undefined;
    const last = listed?.ok === true ? listed.value.at(-1)?.transactionId : undefined;
    const claimed = await claimTransaction(client, transactionId ?? last ?? "");
    if (!claimed.ok) throw new Error(claimed.failure.code);
    return forPin(claimed.value);
  }

  share(purpose: Purpose, suite: Suite, pin: string): Promise<Uint8Array> {
    const name = `${purpose}:${suite}:${pin}`;
    const known = this.#shares.get(name) ?? shareOf(this.record, purpose, pin, suite);
    this.#shares.set(name, known);
    return known;
  }

  /** A new contribution of the PIN, with the transcript that goes with it. */
  async contribution(claimed: SignedTransaction, pin: "right" | "wrong"): Promise<Attempt> {
    const { purpose, suite } = claimed;
    const share = await this.share(purpose, suite, (pin === "right" ? PINS : WRONG_PINS)[purpose]);
    return contributionFor(this.record, claimed, share);
  }

  /** The code of the failure, or "signed". `binding`: where the envelope says something else than the request. */
  async send(claimed: SignedTransaction, sent: Attempt, binding: Partial<EnvelopeBinding> = {}): Promise<string> {
    const answer = await this.device.client.call("performSignature", async (record, requestId) => {
      const { body } = await attemptRequest(record, claimed, sent, "", requestId, binding);
      return body as RequestBody<"performSignature">;
    });
    return answer.ok ? "signed" : answer.failure.code;
  }

  async try(claimed: SignedTransaction, pin: "right" | "wrong"): Promise<string> {
    return this.send(claimed, await this.contribution(claimed, pin));
  }
}
