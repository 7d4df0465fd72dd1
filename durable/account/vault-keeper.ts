// Sees to it that the index of accounts says under which KEKs something of this account is wrapped, and that what is wrapped under an old
// one moves to the current one: on use, and when an operator's job asks. One for each time that the object is loaded: while it is, its
// vault has one current KEK.
import { isEnrolling } from "../../src/account/account-state.ts";
import { failed, type Result, success } from "../../src/account/result.ts";
import type { RewrapFailure } from "../../src/account/objects.ts";
import { equalBytes } from "../../src/protocol/encoding.ts";
import { VaultUnavailable } from "../../src/vault/key-encryption-key.ts";
import { schemaVersion } from "../storage/migrations.ts";
import type { AccountContext } from "./account-context.ts";
import type { AlarmClock } from "./alarm-clock.ts";
import { record } from "./audit.ts";
import type { OutboxDelivery } from "./outbox-delivery.ts";
import { unlessUnavailable } from "./vault-outage.ts";
import type { LastingValue } from "./wrapped-store.ts";

/** What the index is told, by the outbox. */
export interface KeksToTell {
  readonly keks: readonly string[];
  readonly version: number;
}

const TELLING = "vault";

export class VaultKeeper {
  readonly #state: DurableObjectState;
  readonly #parts: { readonly alarm: AlarmClock; readonly delivery: OutboxDelivery };
  /** `unknown`: not told in this load. `stale`: something names another KEK than the current one, and nobody tried to move it. */
  #known: "unknown" | "stale" | "settled" = "unknown";

  constructor(state: DurableObjectState, parts: { alarm: AlarmClock; delivery: OutboxDelivery }) {
    this.#state = state;
    this.#parts = parts;
  }

  /**
   * Before anything more is wrapped in this load: the index names the current KEK first. Nobody has to know of an enrolment, whose
   * hour may end without a word.
   */
  tell(context: AccountContext): void {
    if (this.#known !== "unknown") return;
    const account = context.account.account();
    if (account === undefined || isEnrolling(account)) return;
    const posted = this.#state.storage.transactionSync(() => tellKeks(context, "changed"));
    const { keks } = context.wrapped.told();
    this.#known = keks.some((id) => id !== context.secrets.vault.currentId) ? "stale" : "settled";
    if (posted) this.#parts.alarm.soon(context);
  }

  /** After an answer: whoever used the account does not wait for it. Once in a load; the job comes again. */
  rewrapOnUse(context: AccountContext): void {
    if (this.#known !== "stale") return;
    this.#known = "settled";
    const work = unlessUnavailable(rewrap(this.#state.storage, context, "changed")).then(() => this.#deliver(context));
    this.#state.waitUntil(work.catch((error: unknown) => console.error("an account was not re-wrapped:", error)));
  }

  /** For the job. `target`: the KEK that the asker has as the current one. Gives the other KEKs that are still named. */
  async rewrapNow(context: AccountContext, target: string): Promise<Result<readonly string[], RewrapFailure>> {
    if (context.secrets.vault.currentId !== target) return failed("another_kek");
    const done = await unlessUnavailable(rewrap(this.#state.storage, context, "again").then(() => true));
    if (done === undefined) return failed("unavailable");
    this.#known = "settled";
    await this.#deliver(context);
    return success(context.wrapped.told().keks.filter((id) => id !== target));
  }

  /** What did not arrive is repeated by the alarm. */
  async #deliver(context: AccountContext): Promise<void> {
    this.#parts.delivery.exportRecorded(context);
    const waiting = context.outbox.all().filter(({ kind }) => kind === TELLING);
    if (waiting.length > 0) await this.#parts.delivery.deliver(context, waiting);
  }
}

/**
 * Everything lasting that is wrapped under another KEK, to the current one. What was changed while it was being wrapped stays as it is by
 * then, and what does not unwrap stays as it is. Throws VaultUnavailable where a KEK could not be asked; what could be moved is moved.
 */
async function rewrap(storage: DurableObjectStorage, context: AccountContext, telling: "changed" | "again"): Promise<void> {
  const { handle, wrapped, secrets } = context;
  const stale = wrapped.lasting(handle).filter((value) => !secrets.vault.isCurrent(value.wrapped));
  const tries = await Promise.allSettled(stale.map((value) => moved(context, value)));
  storage.transactionSync(() => {
    // Forgotten altogether meanwhile.
    if (schemaVersion(storage) === 0) return;
    const replaced = tries.filter((each) => each.status === "fulfilled" && each.value?.() === true).length;
    tellKeks(context, telling);
    const isWhole = wrapped.lasting(handle).every((value) => secrets.vault.isCurrent(value.wrapped));
    if (replaced > 0 && isWhole) record(context, { kind: "rewrapped", detail: { kek: secrets.vault.currentId } }, Date.now());
  });
  for (const each of tries) if (each.status === "rejected") throw each.reason;
}

/**
 * Puts it into its place, if what it was made of still stands there; undefined where that does not unwrap. Opened once before: what it
 * takes the place of is the only copy, and a KMS believes whatever it likes of what it wrapped. Throws VaultUnavailable, then too.
 */
async function moved({ handle, secrets }: AccountContext, value: LastingValue): Promise<(() => boolean) | undefined> {
  const { place, wrapped, replace } = value;
  const plaintext = await secrets.vault.unwrap(place, wrapped);
  if (plaintext === undefined) {
    console.error(`a value of kind ${place.kind} does not unwrap, and cannot be re-wrapped: account ${handle}`);
    return undefined;
  }
  try {
    const renewed = await secrets.vault.wrap(place, plaintext);
    const opened = await secrets.vault.unwrap(place, renewed);
    const isGood = opened !== undefined && equalBytes(opened, plaintext);
    opened?.fill(0);
    if (!isGood) throw new VaultUnavailable(`what the KEK ${secrets.vault.currentId} just wrapped does not unwrap`);
    return () => replace(renewed);
  } finally {
    plaintext.fill(0);
  }
}

/**
 * What is named now, and the current KEK, which may be used at any moment. In the commit that makes it true; in place of what was to be
 * told before. Nothing where the index knows it, unless it is told again. Runs inside the caller's storage transaction.
 */
function tellKeks(context: AccountContext, telling: "changed" | "again"): boolean {
  const { wrapped, outbox, secrets } = context;
  const account = context.account.account();
  if (account === undefined || isEnrolling(account)) return false;
  const keks = [...new Set([...wrapped.kekIds(), secrets.vault.currentId])].toSorted();
  const told = wrapped.told();
  if (telling === "changed" && told.keks.join(" ") === keks.join(" ")) return false;
  for (const { kind, id } of outbox.all()) if (kind === TELLING) outbox.acknowledge(id);
  // By the clock: rows that the platform brought back from before tell something newer all the same.
  const version = Math.max(told.version + 1, Date.now());
  wrapped.setTold({ keks, version });
  outbox.post(TELLING, "", { keks, version } satisfies KeksToTell);
  return true;
}
