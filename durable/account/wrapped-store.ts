// Every SQL statement about values that are wrapped, whatever they are for: which KEKs they name, what the index of accounts was told of
// it, and the exchange of one wrapping for another.
import type { Purpose, Suite } from "../../src/account/purpose.ts";
import { kekIdOf, type WrappedPlace } from "../../src/vault/wrapping.ts";
import { answerSecretPlace, channelKeysPlace, pushSubscriptionPlace, sharePlace } from "./wrapped-places.ts";

type Row = Record<string, SqlStorageValue>;

/** One that stays until something takes its place; nonces do not. */
export interface LastingValue {
  readonly place: WrappedPlace;
  readonly wrapped: Uint8Array<ArrayBuffer>;
  /** False where something else stands there by now: what was used up, destroyed or replaced meanwhile stays so. */
  readonly replace: (by: Uint8Array) => boolean;
}

/** What the index of accounts was told last, or is being told: ids of KEKs in order. */
export interface Told {
  readonly keks: readonly string[];
  /** Raised with each telling; 0 before the first. */
  readonly version: number;
}

/** The longest id and what stands before it, and one byte of what follows. */
const HEAD = 67;

/** Of each table that has wrapped values, what they begin with. One statement each: a compound one has five terms at most. */
const HEADS = (
  [
    ["account", "channel_keys"],
    ["key_pair", "server_share"],
    ["key_pair", "proof_nonce"],
    ["push_subscription", "wrapped"],
    ["answer", "secret"],
    ["pending_transaction", "nonce"],
  ] as const
).map(([table, column]) => `SELECT substr(${column}, 1, ${HEAD}) AS head FROM ${table} WHERE ${column} IS NOT NULL`);

const bytesOf = (value: SqlStorageValue | undefined): Uint8Array<ArrayBuffer> =>
  value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array(0);

export class WrappedStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Of everything that is wrapped, nonces too. */
  kekIds(): readonly string[] {
    const rows = HEADS.flatMap((statement) => this.#sql.exec<Row>(statement).toArray());
    const ids = rows.map(({ head }) => kekIdOf(bytesOf(head))).filter((id) => id !== undefined);
    return [...new Set(ids)].toSorted();
  }

  lasting(handle: string): readonly LastingValue[] {
    return [...this.#channelKeys(handle), ...this.#shares(handle), ...this.#subscriptions(handle), ...this.#answers(handle)];
  }

  told(): Told {
    const [row] = this.#sql
      .exec<{ told_keks: string; told_version: number }>("SELECT told_keks, told_version FROM account")
      .toArray();
    if (row === undefined) return { keks: [], version: 0 };
    return { keks: JSON.parse(row.told_keks) as readonly string[], version: row.told_version };
  }

  setTold({ keks, version }: Told): void {
    this.#sql.exec("UPDATE account SET told_keks = ?, told_version = ?", JSON.stringify(keks), version);
  }

  #channelKeys(handle: string): readonly LastingValue[] {
    return this.#values("SELECT channel_keys AS wrapped FROM account", () => ({
      place: channelKeysPlace(handle),
      statement: "UPDATE account SET channel_keys = ?1 WHERE channel_keys = ?2",
    }));
  }

  #shares(handle: string): readonly LastingValue[] {
    const select = `SELECT purpose, suite, key_version, public_key, server_share AS wrapped FROM key_pair
      WHERE server_share IS NOT NULL`;
    return this.#values(select, (row) => {
      const purpose = row["purpose"] as Purpose;
      const keyVersion = row["key_version"] as number;
      return {
        place: sharePlace(handle, { purpose, suite: row["suite"] as Suite, keyVersion, publicKey: bytesOf(row["public_key"]) }),
        statement: "UPDATE key_pair SET server_share = ?1 WHERE server_share = ?2 AND purpose = ?3 AND key_version = ?4",
        key: [purpose, keyVersion],
      };
    });
  }

  #subscriptions(handle: string): readonly LastingValue[] {
    return this.#values("SELECT wrapped FROM push_subscription", () => ({
      place: pushSubscriptionPlace(handle),
      statement: "UPDATE push_subscription SET wrapped = ?1 WHERE wrapped = ?2",
    }));
  }

  #answers(handle: string): readonly LastingValue[] {
    return this.#values("SELECT request_id, secret AS wrapped FROM answer WHERE secret IS NOT NULL", (row) => {
      const requestId = row["request_id"] as string;
      return {
        place: answerSecretPlace(handle, requestId),
        statement: "UPDATE answer SET secret = ?1 WHERE secret = ?2 AND request_id = ?3",
        key: [requestId],
      };
    });
  }

  /** `statement`: puts ?1 in the place of ?2, if ?2 still stands in the row that `key` names. */
  #values(
    select: string,
    describe: (row: Row) => { place: WrappedPlace; statement: string; key?: readonly SqlStorageValue[] },
  ): readonly LastingValue[] {
    return this.#sql
      .exec<Row>(select)
      .toArray()
      .map((row) => {
        const { place, statement, key = [] } = describe(row);
        const wrapped = bytesOf(row["wrapped"]);
        const replace = (by: Uint8Array): boolean =>
          this.#sql.exec(statement, by.slice().buffer, wrapped.slice().buffer, ...key).rowsWritten > 0;
        return { place, wrapped, replace };
      });
  }
}
