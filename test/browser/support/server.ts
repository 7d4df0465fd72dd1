// The real server of a test file, on a state folder of its own: started, stopped, started again, with everything it prints kept.
// Its clock cannot be moved and it has no door for tests: what must have happened long ago is written into its databases while
// it is stopped.
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { type LocalServer, startServer } from "../../../scripts/server.ts";
import type { Purpose } from "../../../src/account/purpose.ts";

const ACCOUNT_COMMAND = join(import.meta.dirname, "../../../scripts/account.ts");

export class TestServer {
  readonly stateFolder = mkdtempSync(join(tmpdir(), "tally-browser-test-"));
  output = "";
  /** Of the Worker, from the next start on: as an operator deploys others. */
  variables: Readonly<Record<string, string>> = {};
  readonly #publicUrl: () => string;
  #running: LocalServer | undefined;

  /** `publicUrl`: origin under which browsers reach it, known when it starts. */
  constructor(publicUrl: () => string) {
    this.#publicUrl = publicUrl;
  }

  get url(): string {
    if (this.#running === undefined) throw new Error("the server is stopped");
    return this.#running.url;
  }

  /** On another port each time: what browsers know is the network's address. */
  async start(): Promise<void> {
    const onOutput = (text: string): void => void (this.output += text);
    // A pool of shares would be made for people who never come.
    // Browsers and relying parties come by the wire in front of it, which has an address of its own.
    const bank = { DEMO_BANK_API: `${this.#publicUrl()}/v3`, DEMO_BANK_URL: `${this.#publicUrl()}/demo` };
    const variables = { SHARE_POOL_SIZE: "0", DEVICE_LINK_BASE: "", ...bank, ...this.variables };
    this.#running = await startServer({ port: 0, stateFolder: this.stateFolder, variables, onOutput });
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }

  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.stateFolder, { recursive: true, force: true });
  }

  /** As whoever runs the service does it. */
  async closeAsOperator(documentNumber: string): Promise<void> {
    const options = ["close", documentNumber, "--yes", "--state", this.stateFolder];
    await promisify(execFile)(process.execPath, [ACCOUNT_COMMAND, ...options]);
  }

  /** As if the lock's hours had passed. Only while the server is stopped. */
  endLock(documentNumber: string, purpose: Purpose): void {
    this.#change(documentNumber, "UPDATE lockout SET locked_until = 1 WHERE purpose = ? AND locked_until > 0", purpose);
  }

  /** As if eight wrong PINs had been typed, and two locks waited out: one more is the last. Only while the server is stopped. */
  leaveOneAttempt(documentNumber: string, purpose: Purpose): void {
    this.#change(documentNumber, "INSERT OR REPLACE INTO lockout (purpose, wrong, locked_until) VALUES (?, 8, 0)", purpose);
  }

  /** As if whoever proved a PIN had made no new keys in the time that there is for it. Only while the server is stopped. */
  endKeyMaking(documentNumber: string): void {
    this.#change(documentNumber, "UPDATE re_key SET until = ? WHERE state = 'allowed'", 1);
  }

  /** As if the account had been made three years before that: then its time is over. Only while the server is stopped. */
  endsAt(documentNumber: string, milliseconds: number): void {
    this.#change(documentNumber, "UPDATE account SET expires_at = ?1, applied_at = ?1 - 94608000000", milliseconds);
  }

  get #accounts(): string {
    return join(this.stateFolder, "v3", "do", "tally-AccountObject");
  }

  #change(documentNumber: string, statement: string, value: string | number): void {
    if (this.#running !== undefined) throw new Error("the server must be stopped while its databases are changed");
    const work = (database: DatabaseSync) => database.prepare(statement).run(value);
    if (this.#inAccount(documentNumber, work, { readOnly: false }).changes !== 1) throw new Error("there was nothing to change");
  }

  /** Payments for PINs since the last right one. */
  wrongPins(documentNumber: string): Readonly<Record<string, number>> {
    return this.#inAccount(documentNumber, (database) => {
      const rows = database.prepare("SELECT purpose, wrong FROM lockout").all() as { purpose: string; wrong: number }[];
      return Object.fromEntries(rows.map(({ purpose, wrong }) => [purpose, wrong]));
    });
  }

  /** Whether a PIN was proven, and new keys may be made until they are proven. */
  isReKeying(documentNumber: string): boolean {
    return this.#inAccount(documentNumber, (database) => {
      const row = database.prepare("SELECT 1 FROM re_key WHERE state = 'allowed'").get();
      return row !== undefined;
    });
  }

  /** Of the newest key of that purpose that has a certificate. */
  keyVersion(documentNumber: string, purpose: Purpose): number {
    return this.#inAccount(documentNumber, (database) => {
      const query = "SELECT max(key_version) AS newest FROM key_pair WHERE purpose = ? AND certificate IS NOT NULL";
      return (database.prepare(query).get(purpose) as { newest: number }).newest;
    });
  }

  /** How many requests of the account came out of step: a sign of a copied device. */
  outOfStep(documentNumber: string): number {
    return this.#inAccount(documentNumber, (database) => {
      const row = database.prepare("SELECT out_of_step FROM clone_watch").get() as { out_of_step: number } | undefined;
      return row?.out_of_step ?? 0;
    });
  }

  /** Document numbers of the accounts that are active. */
  activeAccounts(): readonly string[] {
    const found: string[] = [];
    this.#eachAccount((database) => {
      const row = database.prepare("SELECT document_number FROM account WHERE status = 'active'").get();
      if (row !== undefined) found.push((row as { document_number: string }).document_number);
    });
    return found.toSorted();
  }

  #inAccount<Value>(documentNumber: string, use: (database: DatabaseSync) => Value, options = { readOnly: true }): Value {
    const found: Value[] = [];
    this.#eachAccount((database) => {
      const row = database.prepare("SELECT 1 FROM account WHERE document_number = ?").get(documentNumber);
      if (row !== undefined) found.push(use(database));
    }, options);
    const [value] = found;
    if (value === undefined) throw new Error(`no account ${documentNumber} in ${this.stateFolder}`);
    return value;
  }

  /** Of a server that runs, everything that it has answered for: its databases are in WAL mode, which lets others read. */
  #eachAccount(use: (database: DatabaseSync) => void, options = { readOnly: true }): void {
    for (const name of readdirSync(this.#accounts)) {
      if (!/^[0-9a-f]{64}\.sqlite$/.test(name)) continue;
      const database = new DatabaseSync(join(this.#accounts, name), options);
      try {
        const table = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'account'").get();
        if (table !== undefined) use(database);
      } finally {
        database.close();
      }
    }
  }
}
