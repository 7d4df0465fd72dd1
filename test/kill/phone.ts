// A person with a phone: our own engine, a stored record that survives every kill, and a memory of all that the server ever told it, which
// everything that the server says or has on disk later is held against.
import { BEGINNING, type ChainEvent, type Head } from "../../src/audit/chain.ts";
import type { Purpose, Suite } from "../../src/account/purpose.ts";
import { PURPOSES } from "../../src/account/purpose.ts";
import { failed, type Result } from "../../src/account/result.ts";
import { ChannelClient, type ChannelFailure, type Settled } from "../../src/authenticator/channel-client.ts";
import type { SelfAssertedIdentity } from "../../src/authenticator/enrolment.ts";
import type { Pin } from "../../src/authenticator/pin-key.ts";
import type { ServerConnection } from "../../src/authenticator/server-connection.ts";
import {
  approveTransaction,
  claimApplication,
  claimTransaction,
  listTransactions,
  refuseTransaction,
} from "../../src/authenticator/transactions.ts";
import { presentation } from "../../src/authenticator/presentation.ts";
import type { ClaimedTransaction, SignedTransaction } from "../../src/protocol/claimed-transaction.ts";
import type { AnswerBody } from "../../src/protocol/device-messages.ts";
import { utf8 } from "../../src/protocol/encoding.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import { hold } from "./violation.ts";

/** PINs are no secret here: they are stretched once. */
export const ITERATIONS = 1;
const ROUND = 3;
const LAST_ATTEMPT = 9;

export const pinOf = (digits: string): Pin => utf8(digits);

export type KeyState = AnswerBody<"getKeyState">;

/** How a phone reaches the server: `name` of the request that leaves, for whoever wants to kill the server over it. */
export type Send = (name: string, ...request: Parameters<typeof fetch>) => Promise<Response>;

/** An attempt with a PIN that has left, or is about to. */
export interface Trying {
  readonly purpose: Purpose;
  readonly right: boolean;
}

const COUNTED: ReadonlySet<string> = new Set(["performSignature", "reKey"]);
/** Each raises the epoch, by itself or by what follows from it. */
const KEY_CHANGES: ReadonlySet<string> = new Set([
  "initiateKey",
  "submitClient2ndPart",
  "dkgRound",
  "provePossession",
  "revokeKey",
]);

export class Phone {
  readonly person: SelfAssertedIdentity;
  readonly pins: Record<Purpose, string>;
  readonly server: ServerConnection;
  readonly storage = new MemoryStorage();
  readonly client: ChannelClient;
  /** As it was asked for: told here before the account knows it. */
  readonly documentNumber: string;

  /** Wrong PINs that were answered, since the last right one. */
  readonly wrong: Record<Purpose, number> = { auth: 0, sign: 0 };
  /** Until when, as it was told; 0 where there is no lock. */
  readonly lockedUntil: Record<Purpose, number> = { auth: 0, sign: 0 };
  /** Of the account, where it is known exactly: as it was on disk, and what was paid since. */
  epoch: number | undefined;
  trying: Trying | undefined;
  /** Ids of transactions of which the phone heard that they are signed. */
  readonly signed = new Set<string>();
  /** Right PINs that were answered, by purpose. */
  readonly rightAnswers: Record<Purpose, number> = { auth: 0, sign: 0 };
  /** Asked to be closed: it may be closed from here on. */
  closing = false;
  /** Heard that it is closed. */
  closed = false;
  active = false;
  /** JSON of each offer that was made to this phone, and the transaction that it was for. */
  readonly #offers = new Map<string, string>();
  /** The same by transaction and version of the key. */
  readonly #offered = new Map<string, string>();
  /** Nonces on disk, wrapped, in hexadecimal digits, with what they are for. */
  readonly nonces = new Map<string, { readonly subject: string; burnt: boolean }>();
  /** The end of the account's audit chain, as it was on disk. */
  auditHead: Head = BEGINNING;
  /** All events of it that were ever seen, there or in the table. */
  readonly auditEvents: ChainEvent[] = [];
  #lastMessage: unknown;
  #lastRequestId = "";

  constructor(url: string, send: Send, input: { person: SelfAssertedIdentity; pins: Record<Purpose, string> }) {
    this.person = input.person;
    this.pins = { ...input.pins };
    const { country, personalCode, documentSuffix = "" } = input.person;
    this.documentNumber = `PNO${country}-${personalCode}-${documentSuffix}-Q`;
    this.server = { url, fetch: (address, init) => send(this.#nameOf(address, init), address, init) };
    this.client = new WatchedClient(this);
  }

  get handle(): string {
    return this.storage.record?.handle ?? "";
  }

  /** The request that may be under way. */
  get pending() {
    return this.storage.record?.pending;
  }

  #nameOf(address: unknown, init: RequestInit | undefined): string {
    const path = new URL(String(address)).pathname;
    if (path !== "/device/messages") return path;
    const { requestId = "", operation = "" } = this.pending ?? {};
    const isKnown = requestId === this.#lastRequestId;
    const name = !isKnown ? operation : init?.body === this.#lastMessage ? "repeat" : "resume";
    this.#lastRequestId = requestId;
    this.#lastMessage = init?.body;
    return name;
  }

  /** Every answer to a request comes by here once: at once, or after a kill, when the request is settled. */
  hear(operation: string, transactionId: string, outcome: Result<unknown, ChannelFailure>): void {
    const code = outcome.ok ? "" : outcome.failure.code;
    const known = `${operation} of ${this.documentNumber}`;
    hold("an honest phone is in step", code !== "out_of_step" && code !== "refused", () => [known, outcome]);
    hold("the channel is known", code !== "unknown_channel" || !this.active, () => known);
    hold("nobody closes an account but who was asked to", code !== "account_closed" || this.closing, () => [known, outcome]);
    hold("nothing on the server is damaged", code !== "server_error" && code !== "malformed", () => [known, outcome]);
    if (KEY_CHANGES.has(operation)) this.epoch = undefined;
    if (COUNTED.has(operation)) this.#hearAttempt(operation, transactionId, outcome);
    if (operation === "revokeKey" && outcome.ok) this.closed = true;
  }

  #hearAttempt(operation: string, transactionId: string, outcome: Result<unknown, ChannelFailure>): void {
    const { trying } = this;
    if (trying === undefined) return hold("an attempt is answered that was made", false, () => [operation, outcome]);
    this.trying = undefined;
    const { purpose, right } = trying;
    const before = this.wrong[purpose];
    const failure = outcome.ok ? undefined : outcome.failure;
    const details = () => ({ operation, trying, before, outcome });
    if (failure === undefined || failure.code === "wrong_pin" || (failure.code === "pin_dead" && before < LAST_ATTEMPT))
      this.#paid();
    if (failure === undefined) {
      hold("nothing is signed without the PIN", right, details);
      this.wrong[purpose] = 0;
      this.rightAnswers[purpose]++;
      if (transactionId !== "") this.signed.add(transactionId);
      return;
    }
    switch (failure.code) {
      case "wrong_pin": {
        hold("a right PIN is right", !right, details);
        const wrong = ++this.wrong[purpose];
        const falls = wrong % ROUND === 0;
        const told = { attemptsLeft: failure.attemptsLeft, isLocked: failure.lockedUntil > Date.now() };
        const expected = { attemptsLeft: falls ? 0 : ROUND - (wrong % ROUND), isLocked: falls };
        hold("the counter is what was paid", JSON.stringify(told) === JSON.stringify(expected), () => [details(), expected]);
        this.lockedUntil[purpose] = failure.lockedUntil;
        return;
      }
      case "pin_dead":
        hold("a PIN dies of nine wrong ones", (!right && before === LAST_ATTEMPT - 1) || before === LAST_ATTEMPT, details);
        this.wrong[purpose] = LAST_ATTEMPT;
        return;
      case "pin_locked":
        return hold("only what was locked is locked", this.isLocked(purpose), details);
      default:
        // Nothing was evaluated, and an honest phone has nothing to hear then: its transaction lives, and is its own.
        hold("an attempt is evaluated", operation === "reKey" && failure.code === "wrong_state", details);
    }
  }

  #paid(): void {
    if (this.epoch !== undefined) this.epoch++;
  }

  isLocked = (purpose: Purpose): boolean => this.lockedUntil[purpose] > Date.now();
  isDead = (purpose: Purpose): boolean => this.wrong[purpose] >= LAST_ATTEMPT;
  isUsable = (purpose: Purpose): boolean => this.active && !this.closing && !this.isLocked(purpose) && !this.isDead(purpose);

  /** What became of the request that a kill interrupted. */
  async settle(): Promise<void> {
    await this.client.settle();
    // Its request never arrived, or its PIN was never asked for.
    this.trying = undefined;
  }

  /** Held against all that is known of the account. */
  async keyState(): Promise<KeyState> {
    const answer = await this.client.call("getKeyState", () => ({}));
    if (!answer.ok) throw new Error(`getKeyState: ${answer.failure.code}`);
    const state = answer.value;
    hold("an honest phone is never taken for a copy", state.outOfStep.count === 0, () => state);
    for (const purpose of PURPOSES) {
      const { state: pin, attemptsLeft, lockedUntil } = state.pins[purpose];
      const wrong = this.wrong[purpose];
      const expected = this.isDead(purpose) ? "dead" : this.isLocked(purpose) ? "locked" : "usable";
      const isRight = pin === expected && (pin !== "usable" || attemptsLeft === ROUND - (wrong % ROUND));
      const isSameLock = pin !== "locked" || lockedUntil === this.lockedUntil[purpose];
      hold("the lockout is what was told", isRight && isSameLock, () => [purpose, state.pins[purpose], wrong, this.lockedUntil]);
    }
    return state;
  }

  /** What the relying party asked with that text, claimed; whatever else waits is refused, as a person does. Undefined where it is not there. */
  async claim(text: string): Promise<SignedTransaction | undefined> {
    const listed = await listTransactions(this.client);
    if (!listed.ok) throw new Error(`listTransactions: ${listed.failure.code}`);
    let found: SignedTransaction | undefined;
    for (const { transactionId, relyingPartyName } of listed.value) {
      const answer = await (relyingPartyName === "" ? claimApplication : claimTransaction)(this.client, transactionId);
      // The session may be over whose start was never answered.
      if (!answer.ok) continue;
      const claimed = answer.value;
      if (claimed.kind === "certificate-choice") continue;
      this.#remember(claimed);
      if (claimed.kind === "application" ? text === "" : presentation(claimed)?.text === text) found = claimed;
      else await refuseTransaction(this.client, transactionId, "USER_REFUSED");
    }
    return found;
  }

  /** An offer is made for one transaction, and stays. */
  #remember(claimed: Exclude<ClaimedTransaction, { kind: "certificate-choice" }>): void {
    const offer = JSON.stringify([claimed.purpose, claimed.suite, claimed.keyVersion, claimed.offer]);
    // PKCS#1 v1.5 has none.
    if (Object.keys(claimed.offer).length === 0) return;
    const { transactionId, keyVersion } = claimed;
    hold("one nonce is offered to one transaction", (this.#offers.get(offer) ?? transactionId) === transactionId, () => claimed);
    this.#offers.set(offer, transactionId);
    const place = `${transactionId} ${keyVersion}`;
    hold("an offer that was told stays", (this.#offered.get(place) ?? offer) === offer, () => [
      claimed,
      this.#offered.get(place),
    ]);
    this.#offered.set(place, offer);
  }

  async approve(claimed: SignedTransaction, right: boolean): Promise<boolean> {
    const { purpose } = claimed;
    this.trying = { purpose, right };
    const approved = await approveTransaction(
      this.client,
      claimed,
      pinOf(right ? this.pins[purpose] : wrongPin(this.pins[purpose])),
    );
    return approved.ok;
  }

  standingKeys(purpose: Purpose, suite: Suite) {
    return (this.storage.record?.keys ?? []).filter((key) => key.purpose === purpose && key.suite === suite);
  }
}

export const wrongPin = (pin: string): string => `${pin}0`;

class WatchedClient extends ChannelClient {
  readonly #phone: Phone;

  constructor(phone: Phone) {
    // Nothing is gained by waiting: the server runs, or it does not.
    const pause = () => Promise.resolve();
    super(phone.server, phone.storage, pause, ({ request, received, outcome }: Settled) => {
      if (received) phone.hear(request.operation, request.transactionId, outcome);
      else if (!outcome.ok) phone.hear("resume", "", failed(outcome.failure));
    });
    this.#phone = phone;
  }

  override async call(...input: Parameters<ChannelClient["call"]>): Promise<never> {
    const [operation, , transactionId = ""] = input;
    const answer = await super.call(...input);
    this.#phone.hear(operation, transactionId, answer);
    return answer as never;
  }
}
