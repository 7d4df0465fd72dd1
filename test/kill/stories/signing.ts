// A login or a signature with the right PIN, from the party's request to the result that it verifies.
import type { Purpose, Suite } from "../../../src/account/purpose.ts";
import { type Asked, isLate, type Started } from "../party.ts";
import type { Phone } from "../phone.ts";
import { hold } from "../violation.ts";
import type { World } from "../world.ts";
import type { Story } from "./story.ts";

export class Signing implements Story {
  readonly phones: readonly Phone[];
  readonly targets = { start: 2, listTransactions: 1, claimTransaction: 2, performSignature: 8, poll: 2, ocsp: 1 };
  readonly #world: World;
  readonly #phone: Phone;
  #asked: Asked;
  #started: Started | undefined;
  #transactionId: string | undefined;

  constructor(world: World, phone: Phone, { purpose, suite }: { readonly purpose: Purpose; readonly suite: Suite }) {
    this.#world = world;
    this.#phone = phone;
    this.phones = [phone];
    this.#asked = { documentNumber: phone.documentNumber, purpose, suite, text: `Sign ${world.nextNumber()}` };
  }

  async goOn(): Promise<void> {
    const { party } = this.#world;
    await this.#phone.settle();
    if (this.#started !== undefined && !this.#isSigned && isLate(this.#started)) {
      this.#asked = { ...this.#asked, text: `Sign ${this.#world.nextNumber()}` };
      this.#started = undefined;
    }
    if (this.#started === undefined) {
      const started = await party.start(this.#asked);
      hold("a session starts", started.ok, () => started);
      if (started.ok) this.#started = started.value;
    }
    const started = this.#started;
    if (started === undefined) return;
    await this.#answer();
    const answer = await party.end(started);
    hold("what a phone signed is OK", answer.endResult === "OK", () => answer);
    await party.verify(started, answer);
    await this.#phone.keyState();
  }

  get #isSigned(): boolean {
    return this.#transactionId !== undefined && this.#phone.signed.has(this.#transactionId);
  }

  async #answer(): Promise<void> {
    if (this.#isSigned) return;
    const claimed = await this.#phone.claim(this.#asked.text);
    hold("what was asked for waits", claimed !== undefined, () => this.#asked);
    if (claimed === undefined) return;
    this.#transactionId = claimed.transactionId;
    const approved = await this.#phone.approve(claimed, true);
    hold("a right PIN signs", approved, () => claimed);
  }
}
