// A new account, as the app makes it: after a kill it asks what became of it, and takes the step that is next.
import { assertIdentity, makeKeys, openAccount } from "../../../src/authenticator/enrolment.ts";
import { settleKeys } from "../../../src/authenticator/re-key.ts";
import { ITERATIONS, type Phone, pinOf } from "../phone.ts";
import { makeKeysFor } from "../ready-keys.ts";
import { hold } from "../violation.ts";
import type { World } from "../world.ts";
import type { Story } from "./story.ts";

/** Counted in looks, not in time: a machine may be as slow as it likes. What failed is tried again after 2 s, then after 4. */
const PATIENCE = 200;
const PAUSE_MS = 50;
const OPENING = { "/device/accounts": 1, "/registration/self-asserted": 1 };
const KEYS = { initiateKey: [1, 4], submitClient2ndPart: [2, 2], dkgRound: [2, 2], provePossession: [4, 4] } as const;
const APPLICATION = { claimTransaction: 1, performSignature: 10, getKeyState: [2, 5] } as const;

export class Enrolment implements Story {
  readonly phone: Phone;
  readonly phones: readonly Phone[];
  readonly targets = { ...OPENING, ...KEYS, ...APPLICATION };
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    this.phone = world.newPhone();
    this.phones = [this.phone];
  }

  async goOn(): Promise<void> {
    const { phone } = this;
    await this.#identify();
    await phone.settle();
    await this.#holdForParty();
    for (let looks = 0; !phone.active; looks++) {
      const { status } = await phone.keyState();
      if (status === "identified") await this.#makeKeys();
      else if (status === "applying") await this.#apply();
      else if (status === "active") await this.#settled();
      else hold("an account goes on where it was", status === "issuing", () => status);
      hold("an enrolment comes to its end", looks < PATIENCE, () => status);
      if (status === "issuing") await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  /** A channel that was cut off while it was opened is left behind. */
  async #identify(): Promise<void> {
    const { phone } = this;
    const { server, storage } = phone;
    if (storage.record === undefined) {
      const opened = await openAccount(server, storage);
      hold("a channel opens", opened.ok, () => opened);
    }
    if (storage.record?.owner !== undefined) return;
    const refusal = await assertIdentity(server, storage, phone.person);
    hold("an identity is taken, also a second time", refusal === undefined, () => refusal);
  }

  async #makeKeys(): Promise<void> {
    const { phone } = this;
    const made = await makeKeys(
      phone.client,
      { auth: pinOf(phone.pins.auth), sign: pinOf(phone.pins.sign) },
      undefined,
      ITERATIONS,
    );
    hold("keys can be made, also anew", made.ok, () => made);
  }

  async #apply(): Promise<void> {
    const application = await this.phone.claim("");
    hold("an application waits", application !== undefined);
    if (application === undefined) return;
    const approved = await this.phone.approve(application, true);
    hold("an application is signed", approved);
  }

  async #settled(): Promise<void> {
    const { phone } = this;
    const settled = await settleKeys(phone.client);
    hold(
      "an active account has keys of both purposes and suites",
      settled.ok && settled.value.state.keys.length === 4,
      () => settled,
    );
    phone.active = true;
  }

  /** Not there, or usable: whoever asks meanwhile finds no account that is half one. */
  async #holdForParty(): Promise<void> {
    const { phone } = this;
    if (phone.active) return;
    const { status } = await phone.keyState();
    if (status !== "issuing" && status !== "applying") return;
    const text = `Too early? ${this.#world.kills}`;
    const { party } = this.#world;
    const started = await party.start({ documentNumber: phone.documentNumber, purpose: "auth", suite: "rsa", text });
    if (!started.ok) {
      return hold("who asks too early finds nobody", started.failure.code === "account_unknown", () => started);
    }
    const answer = await party.look(started.value);
    const claimed = answer === undefined ? await phone.claim(text) : undefined;
    if (answer !== undefined) return hold("nobody half there answers", answer.endResult === "DOCUMENT_UNUSABLE", () => answer);
    hold("who can be asked is active", claimed !== undefined && (await phone.keyState()).status === "active", () => started);
    if (claimed !== undefined) hold("who can be asked can answer", await phone.approve(claimed, true));
  }
}

/** To its end, without a kill. */
export async function enrolled(world: World): Promise<Phone> {
  const enrolment = new Enrolment(world);
  makeKeysFor(enrolment.phone.documentNumber);
  await enrolment.goOn();
  return enrolment.phone;
}
