// Every SQL statement about where an account's device wants to be pushed.

export interface StoredSubscription {
  /** SHA-256 of where and what (`subscriptionText`), base64url. */
  readonly endpointHash: string;
  readonly wrapped: Uint8Array;
}

/** Tests on their way, by the request that asked. Of one object while it is in memory: its storage is the same in all its calls. */
const underWay = new WeakMap<SqlStorage, Map<string, Promise<unknown>>>();

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

  /** The same request that comes again meanwhile is told what becomes of the first, and makes none of its own. */
  async testOnce<Outcome>(requestId: string, test: () => Promise<Outcome>): Promise<Outcome> {
    const running = underWay.get(this.#sql) ?? new Map<string, Promise<unknown>>();
    underWay.set(this.#sql, running);
    const first = running.get(requestId) as Promise<Outcome> | undefined;
    if (first !== undefined) return first;
    const started = test().finally(() => running.delete(requestId));
    running.set(requestId, started);
    return started;
  }

  /** False where the last test was less than `pause` milliseconds ago. Outlasts every subscription. A clock that was set back stops none. */
  countTest(now: number, pause: number): boolean {
    const [last] = this.#sql.exec<{ sent_at: number }>("SELECT sent_at FROM test_push").toArray();
    if (last !== undefined && last.sent_at <= now && now < last.sent_at + pause) return false;
    this.#sql.exec("INSERT OR REPLACE INTO test_push VALUES (1, ?)", now);
    return true;
  }
}
