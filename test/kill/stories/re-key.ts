// A PIN is changed: new keys, new certificates. At any time one PIN holds, and the phone knows which.
import type { Purpose } from "../../../src/account/purpose.ts";
import { changePin, settleKeys } from "../../../src/authenticator/re-key.ts";
import { ITERATIONS, type Phone, pinOf } from "../phone.ts";
import { hold } from "../violation.ts";
import type { World } from "../world.ts";
import { Signing } from "./signing.ts";
import type { Story } from "./story.ts";

/** A kill may cost each try its keys. */
const TRIES = 12;
const PAUSE_MS = 100;

export class ReKey implements Story {
  readonly phones: readonly Phone[];
  readonly targets = {
    beginReKey: 1,
    reKey: 4,
    initiateKey: [1, 2],
    submitClient2ndPart: 2,
    dkgRound: 2,
    provePossession: [8, 2],
    getKeyState: [3, 3],
  } as const;
  readonly #phone: Phone;
  readonly #purpose: Purpose;
  readonly #newPin: string;
  readonly #login: Signing;
  #tries = 0;

  constructor(world: World, phone: Phone, purpose: Purpose) {
    this.#phone = phone;
    this.#purpose = purpose;
    this.phones = [phone];
    this.#newPin = `${purpose === "auth" ? 4000 : 80000}${String(world.random.below(100_000)).padStart(5, "0")}`;
    this.#login = new Signing(world, phone, { purpose, suite: world.random.pick(["rsa", "ed25519"]) });
  }

  async goOn(): Promise<void> {
    const phone = this.#phone;
    const purpose = this.#purpose;
    await phone.settle();
    while (phone.pins[purpose] !== this.#newPin) await this.#try();
    // With the new PIN, at the first go; and the relying party finds its certificate good.
    await this.#login.goOn();
  }

  async #try(): Promise<void> {
    const phone = this.#phone;
    const purpose = this.#purpose;
    hold("a PIN can be changed at last", this.#tries++ < TRIES);
    const settled = await settleKeys(phone.client);
    hold("the account says which keys stand", settled.ok, () => settled);
    if (settled.ok && settled.value.exchanged.includes(purpose)) return this.#isChanged();
    phone.trying = { purpose, right: true };
    const pins = { oldPin: pinOf(phone.pins[purpose]), newPin: pinOf(this.#newPin) };
    const pause = () => new Promise<void>((resolve) => setTimeout(resolve, PAUSE_MS));
    const changed = await changePin(phone.client, purpose, pins, { iterations: ITERATIONS, pause });
    if (changed.ok || changed.failure.code === "exchanged_before") return this.#isChanged();
    phone.trying = undefined;
    // The old one holds, and is typed again.
    hold("a change fails for want of time alone", changed.failure.code === "certificates_late", () => changed);
  }

  #isChanged(): void {
    this.#phone.pins[this.#purpose] = this.#newPin;
    this.#phone.trying = undefined;
  }
}
