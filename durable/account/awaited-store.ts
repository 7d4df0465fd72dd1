// Every SQL statement about the signature that a device waits for after a certificate choice by device link.

/** What follows the certificate choice of this session. */
export interface AwaitedSignature {
  /** Name of the certificate choice's session. */
  readonly session: string;
  readonly relyingPartyName: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** The person waits for it no longer. */
  readonly stopped: boolean;
}

type Row = { session: string; relying_party_name: string; until: number; stopped: number };

export class AwaitedStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  read(): AwaitedSignature | undefined {
    const [row] = this.#sql.exec<Row>("SELECT session, relying_party_name, until, stopped FROM awaited").toArray();
    if (row === undefined) return undefined;
    return { session: row.session, relyingPartyName: row.relying_party_name, until: row.until, stopped: row.stopped === 1 };
  }

  /** Takes the place of what was awaited before. */
  begin(session: string, relyingPartyName: string, until: number): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO awaited (id, session, relying_party_name, until, stopped) VALUES (1, ?, ?, ?, 0)",
      session,
      relyingPartyName,
      until,
    );
  }

  /** Remembered, so that what comes all the same is told that the person stopped. */
  stop(): void {
    this.#sql.exec("UPDATE awaited SET stopped = 1");
  }

  /** Nobody waits from then on, and nothing of it stays. */
  removeExpired(now: number): void {
    this.#sql.exec("DELETE FROM awaited WHERE until <= ?", now);
  }

  /** It came. */
  remove(): void {
    this.#sql.exec("DELETE FROM awaited");
  }
}
