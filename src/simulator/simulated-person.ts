// A test person with their device: looks for what waits whenever the server says that something changed, opens links that are handed over,
// and answers as the person's behaviour says. Enrolment, storage and processes are others' business.
import type { ChannelClient } from "../authenticator/channel-client.ts";
import { ServerUnreachable } from "../authenticator/server-connection.ts";
import {
  approveTransaction,
  claimTransaction,
  confirmCertificateChoice,
  listTransactions,
  openDeviceLink,
  refuseTransaction,
  returnAddress,
} from "../authenticator/transactions.ts";
import type { ClaimedTransaction } from "../protocol/claimed-transaction.ts";
import { utf8 } from "../protocol/encoding.ts";
import { answeredRequest, answersRequests, answerTo } from "./behaviour.ts";
import { callBack } from "./callback.ts";
import { listen } from "./live-channel.ts";
import { pinsOf, type TestPerson } from "./people.ts";

/** The browser that a same-device flow began in. */
export interface Browser {
  /** A `Cookie` header. */
  readonly cookie?: string | undefined;
  /** In place of the callback that the relying party registered. */
  readonly initialCallbackUrl?: string | undefined;
}

export class SimulatedPerson {
  readonly person: TestPerson;
  readonly #client: ChannelClient;
  readonly #say: (line: string) => void;
  readonly #closing = new AbortController();
  /** Each is answered once; a PIN that were wrong would otherwise be tried at every look. */
  readonly #taken = new Set<string>();
  #looking = false;
  #lookAgain = false;

  /** `say`: what a developer should know of. */
  constructor(person: TestPerson, client: ChannelClient, say: (line: string) => void) {
    this.person = person;
    this.#client = client;
    this.#say = (line) => say(`${person.documentNumber}: ${line}`);
  }

  /** Until `leave`, or until the account is over. */
  async attend(): Promise<void> {
    const over = await listen(this.#client, () => this.#changed(), this.#closing.signal);
    if (over !== undefined) this.#say(`does not answer any more (${over.code})`);
  }

  leave(): void {
    this.#closing.abort();
  }

  /**
   * Opens a link. Resolves when the server has said whether it leads anywhere; what the person then does goes on by itself.
   * `browser`: of a same-device flow, which is returned to.
   */
  async open(link: string, browser: Browser | undefined): Promise<{ readonly opened: boolean; readonly reason?: string }> {
    const { behaviour, interactions } = this.person;
    if (!answersRequests(behaviour)) return { opened: false, reason: "never_answers" };
    const claimed = await openDeviceLink(this.#client, link, interactions);
    if (!claimed.ok) return { opened: false, reason: claimed.failure.code };
    void this.#guard(() => this.#answerOnce(claimed.value, browser));
    return { opened: true };
  }

  /** One look at a time; what changes during a look is looked at after it. */
  #changed(): void {
    if (!answersRequests(this.person.behaviour)) return;
    this.#lookAgain = true;
    if (this.#looking) return;
    this.#looking = true;
    void this.#guard(async () => {
      try {
        while (this.#lookAgain) {
          this.#lookAgain = false;
          await this.#look();
        }
      } finally {
        // In the turn of the last comparison, so that no change falls in between.
        this.#looking = false;
      }
    });
  }

  async #look(): Promise<void> {
    const listed = await listTransactions(this.#client);
    if (!listed.ok) return this.#say(`cannot see what waits (${listed.failure.code})`);
    for (const id of this.#taken) if (!listed.value.some(({ transactionId }) => transactionId === id)) this.#taken.delete(id);
    for (const { transactionId, relyingPartyName } of listed.value) {
      if (relyingPartyName === "" || this.#taken.has(transactionId)) continue;
      const claimed = await claimTransaction(this.#client, transactionId, this.person.interactions);
      // Over, or another device of the same person was faster.
      if (claimed.ok) await this.#answerOnce(claimed.value, undefined);
    }
  }

  async #answerOnce(claimed: ClaimedTransaction, browser: Browser | undefined): Promise<void> {
    const { transactionId } = claimed;
    if (this.#taken.has(transactionId)) return;
    this.#taken.add(transactionId);
    try {
      await this.#answer(claimed, browser);
    } catch (error) {
      // Whether the answer arrived is seen when the server is back.
      if (error instanceof ServerUnreachable) this.#taken.delete(transactionId);
      throw error;
    }
  }

  async #answer(claimed: ClaimedTransaction, browser: Browser | undefined): Promise<void> {
    const request = answeredRequest(claimed);
    const answer = request && answerTo(this.person.behaviour, request);
    if (answer === undefined) return;
    const done =
      answer === "approve" ? await this.#approve(claimed) : await refuseTransaction(this.#client, claimed.transactionId, answer);
    if (!done.ok) return this.#say(`a request was not answered (${done.failure.code})`);
    if (browser !== undefined) await this.#return(claimed, answer === "approve", browser);
  }

  async #approve(claimed: ClaimedTransaction): ReturnType<typeof approveTransaction> {
    if (claimed.kind === "certificate-choice") {
      const confirmed = await confirmCertificateChoice(this.#client, claimed.transactionId);
      return confirmed.ok ? { ok: true, value: undefined } : confirmed;
    }
    const pin = utf8(pinsOf(this.person)[claimed.purpose]);
    const approved = await approveTransaction(this.#client, claimed, pin);
    // What contradicts itself is refused as the app refuses it.
    if (!approved.ok && approved.failure.code === "not_presentable")
      return refuseTransaction(this.#client, claimed.transactionId, "PROTOCOL_FAILURE");
    return approved;
  }

  /** After a refusal, too: the person is back on the page that began, as with the app. */
  async #return(claimed: ClaimedTransaction, signed: boolean, { cookie, initialCallbackUrl }: Browser): Promise<void> {
    const record = await this.#client.storage.read();
    if (record === undefined || claimed.kind === "application") return;
    const terms = initialCallbackUrl === undefined ? claimed : { ...claimed, initialCallbackUrl };
    const address = returnAddress(record, terms, signed);
    if (address === undefined) return this.#say("no callback was called: the link is not one of Web2App or App2App");
    const fault = await callBack(address, cookie);
    if (fault !== undefined) this.#say(`the callback ${new URL(address).origin} failed: ${fault}`);
  }

  /** A server that is away is met again when the live channel is; anything else is a fault of this program and is said. */
  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof ServerUnreachable) return this.#say(`a request was not answered (${error.message})`);
      this.#say(`a request was not answered: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
}
