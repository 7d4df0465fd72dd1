// Every SQL statement about where an account's device wants to be pushed.

export interface StoredSubscription {
  /** SHA-256 of the endpoint, base64url. */
  readonly endpointHash: string;
  readonly wrapped: Uint8Array;
}

export class PushStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  read(): StoredSubscription | undefined {
    const row = this.#sql
      .exec<{ endpoint_hash: string; wrapped: ArrayBuffer }>("SELECT endpoint_hash, wrapped FROM push_subscription")
      .toArray()[0];
    return row === undefined ? undefined : { endpointHash: row.endpoint_hash, wrapped: new Uint8Array(row.wrapped) };
  }

  set({ endpointHash, wrapped }: StoredSubscription): void {
    this.#sql.exec("INSERT OR REPLACE INTO push_subscription VALUES (1, ?, ?)", endpointHash, wrapped.slice().buffer);
  }

  remove(): void {
    this.#sql.exec("DELETE FROM push_subscription");
  }

  /** Only this one: the device may have sent another meanwhile. */
  prune(endpointHash: string): void {
    this.#sql.exec("DELETE FROM push_subscription WHERE endpoint_hash = ?", endpointHash);
  }
}
