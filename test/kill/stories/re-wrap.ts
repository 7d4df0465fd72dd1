// Another KEK is the current one: accounts move to it as they are used, and the operator's job moves the rest. Whatever is cut off, every value
// unwraps, and the index names every KEK that something is wrapped under.
import type { Purpose } from "../../../src/account/purpose.ts";
import type { Phone } from "../phone.ts";
import { hold } from "../violation.ts";
import type { World } from "../world.ts";
import { Signing } from "./signing.ts";
import type { Story } from "./story.ts";

/** Accounts in one step: more than one step, and more than one account in it. */
const STEP = 3;
/** Steps. What is used up within the hour is still named. */
const PATIENCE = 60;

export class ReWrap implements Story {
  readonly phones: readonly Phone[];
  readonly targets = { rewrap: [8, 3], performSignature: 3, claimTransaction: 1, getKeyState: 1, listTransactions: 2 } as const;
  readonly #world: World;
  readonly #signing: Signing;
  readonly #from: string;

  /** `phones`: active; `purpose`: whose PIN the first one can use. `from`: the KEK of before. */
  constructor(world: World, phones: readonly [Phone, ...Phone[]], { purpose, from }: { purpose: Purpose; from: string }) {
    this.#world = world;
    this.phones = phones;
    this.#from = from;
    this.#signing = new Signing(world, phones[0], { purpose, suite: "ed25519" });
  }

  async goOn(): Promise<void> {
    const { operator } = this.#world;
    // Side by side: an account is used while it moves.
    await both(this.#signing.goOn(), this.#rewrap());
    const { uses } = await operator.give({ kind: "vaultStatus" });
    const named = uses.find(({ id }) => id === this.#from)?.accounts ?? 0;
    const waiting = this.phones.filter((phone) => phone.pending !== undefined).length;
    hold("the job moves every account", named <= waiting, () => [this.#from, uses]);
    for (const phone of this.phones) {
      await phone.settle();
      await phone.keyState();
    }
  }

  async #rewrap(): Promise<void> {
    const { operator } = this.#world;
    const { current: target } = await operator.give({ kind: "vaultStatus" });
    for (let after = "", steps = 0; ; steps++) {
      const { failed, next } = await operator.give({ kind: "rewrap", kek: this.#from, target, after, limit: STEP });
      const odd = failed.filter(({ reason }) => reason !== "still_named");
      hold("an account can be re-wrapped", odd.length === 0, () => odd);
      hold("a job comes to its end", steps < PATIENCE);
      if (next === "" && failed.length === 0) return;
      after = next;
    }
  }
}

/** The first failure, when both have come to rest: nothing goes on behind the back of who is told. */
async function both(...works: readonly Promise<void>[]): Promise<void> {
  for (const each of await Promise.allSettled(works)) if (each.status === "rejected") throw each.reason;
}
