// Every SQL statement about the live channel: its tickets, and what those who look on are told of.

export class LiveStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Keeps only the newest `most` tickets, and none whose time is over. */
  addTicket(ticketHash: string, expiresAt: number, { now, most }: { now: number; most: number }): void {
    this.#sql.exec("DELETE FROM live_ticket WHERE expires_at <= ?", now);
    this.#sql.exec("INSERT INTO live_ticket (ticket_hash, expires_at) VALUES (?, ?)", ticketHash, expiresAt);
    this.#sql.exec("DELETE FROM live_ticket WHERE id NOT IN (SELECT id FROM live_ticket ORDER BY id DESC LIMIT ?)", most);
  }

  /** Until when it was good; undefined where there is none. It is gone from here on, whatever follows. */
  burnTicket(ticketHash: string): number | undefined {
    return this.#sql
      .exec<{ expires_at: number }>("DELETE FROM live_ticket WHERE ticket_hash = ? RETURNING expires_at", ticketHash)
      .toArray()[0]?.expires_at;
  }

  burnAll(): void {
    this.#sql.exec("DELETE FROM live_ticket");
  }

  /** Differs whenever the status, a lockout, a pending transaction or who else is asked for it, a notice, what is awaited or a change of keys does. */
  fingerprint(): string {
    const rows = this.#sql.exec(
      // The platform takes five terms at the most.
      `SELECT status || coalesce((SELECT purpose || state FROM re_key), ''), 0 FROM account
       UNION ALL SELECT purpose || wrong, locked_until FROM lockout
       UNION ALL SELECT transaction_id || coalesce(details ->> '$.offered.amongSeveral', ''), claimed FROM pending_transaction
       UNION ALL SELECT id, dismissed FROM notice
       UNION ALL SELECT session, stopped FROM awaited
       ORDER BY 1`,
    );
    return JSON.stringify([...rows.raw()]);
  }
}
