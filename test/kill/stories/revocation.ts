// A person closes their account: once it is said to be closed, nobody brings it back, and its certificates are revoked for everybody.
import { PURPOSES } from "../../../src/account/purpose.ts";
import type { Phone } from "../phone.ts";
import { hold } from "../violation.ts";
import type { World } from "../world.ts";
import type { Story } from "./story.ts";

export class Revocation implements Story {
  readonly phones: readonly Phone[];
  readonly targets = { revokeKey: 10, getKeyState: 1, start: 1 };
  readonly #world: World;
  readonly #phone: Phone;

  constructor(world: World, phone: Phone) {
    this.#world = world;
    this.#phone = phone;
    this.phones = [phone];
  }

  async goOn(): Promise<void> {
    const phone = this.#phone;
    await phone.settle();
    if (!phone.closed) {
      phone.closing = true;
      const answer = await phone.client.call("revokeKey", () => ({}));
      hold("an account can be closed", answer.ok, () => answer);
    }
    phone.active = false;
    const { status, closedReason, keys } = await phone.keyState();
    hold("a closed account is closed", status === "closed" && closedReason === "owner" && keys.length === 0, () => [
      status,
      keys,
    ]);
    await this.#holdForParty();
  }

  async #holdForParty(): Promise<void> {
    const { party } = this.#world;
    const { documentNumber } = this.#phone;
    for (const purpose of PURPOSES) {
      const started = await party.start({ documentNumber, purpose, suite: "rsa", text: `Gone ${this.#world.nextNumber()}` });
      if (started.ok) {
        const { endResult } = await party.end(started.value);
        hold("a closed account answers nobody", endResult === "DOCUMENT_UNUSABLE", () => endResult);
      } else {
        hold("a closed account is nobody", started.failure.code === "account_unknown", () => started);
      }
    }
  }
}
