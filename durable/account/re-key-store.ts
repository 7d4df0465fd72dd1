// Every SQL statement about the change of keys that is under way.
import type { ReKey } from "../../src/account/account-state.ts";
import type { Purpose, Suite } from "../../src/account/purpose.ts";
import type { ProofRequest } from "../../src/protocol/claimed-transaction.ts";

type Row = Record<string, SqlStorageValue>;

export class ReKeyStore {
  readonly #sql: SqlStorage;
  #asked = false;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  read(): ReKey | undefined {
    const row = this.#sql.exec<Row>("SELECT * FROM re_key").toArray()[0];
    if (row === undefined) return undefined;
    return {
      purpose: row["purpose"] as Purpose,
      change: row["change"] as ReKey["change"],
      suites: JSON.parse(row["suites"] as string) as readonly Suite[],
      state: row["state"] as ReKey["state"],
      until: row["until"] as number,
    };
  }

  /** In place of whatever stood here. */
  ask({ purpose, change, suites }: Pick<ReKey, "purpose" | "change" | "suites">, proof: ProofRequest, until: number): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO re_key VALUES (1, ?, ?, ?, 'asked', ?, ?, NULL)",
      purpose,
      change,
      JSON.stringify(suites),
      until,
      JSON.stringify(proof),
    );
    this.#asked = true;
  }

  /** Whether one was asked for since this was asked last: its end is a time to wake at. Later ends follow when that one is looked at. */
  takeAsked(): boolean {
    const asked = this.#asked;
    this.#asked = false;
    return asked;
  }

  /** The proof request that stands; undefined where there is none, or it was burnt. */
  proof(): ProofRequest | undefined {
    const [row] = this.#sql.exec<{ proof: string }>("SELECT proof FROM re_key WHERE proof IS NOT NULL").toArray();
    return row === undefined ? undefined : (JSON.parse(row.proof) as ProofRequest);
  }

  /** Whatever becomes of the attempt that follows. */
  burnProof(): void {
    this.#sql.exec("UPDATE re_key SET proof = NULL");
  }

  /** `grantHash`: 32 bytes. */
  allow(until: number, grantHash: Uint8Array): void {
    this.#sql.exec("UPDATE re_key SET state = 'allowed', until = ?, grant_hash = ?", until, grantHash.slice().buffer);
  }

  /** Undefined until it is allowed. */
  grantHash(): Uint8Array | undefined {
    const [row] = this.#sql
      .exec<{ grant_hash: ArrayBuffer }>("SELECT grant_hash FROM re_key WHERE grant_hash IS NOT NULL")
      .toArray();
    return row && new Uint8Array(row.grant_hash);
  }

  setIssuing(since: number): void {
    this.#sql.exec("UPDATE re_key SET state = 'issuing', until = ?", since);
  }

  remove(): void {
    this.#sql.exec("DELETE FROM re_key");
  }
}
