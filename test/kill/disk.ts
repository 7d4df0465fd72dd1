// What the objects have on disk while no server runs, read from copies: SQLite mends what a kill left in the midst of a commit as soon as
// anybody opens it, and that is for the server to do.
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BEGINNING, type ChainEvent, chainName, type Head, storedEvent } from "../../src/audit/chain.ts";
import { kekIdOf } from "../../src/vault/wrapping.ts";
import type { Writer } from "./fuse.ts";
import { hold } from "./violation.ts";

export type Row = Readonly<Record<string, unknown>>;

export interface AccountOnDisk {
  readonly account: Row;
  /** Payments in a row, by purpose. */
  readonly wrong: Readonly<Record<string, number>>;
  readonly keys: readonly Row[];
  readonly pending: readonly Row[];
  readonly outbox: readonly Row[];
  readonly requests: ReadonlySet<string>;
  readonly cloneWatch: Row;
  readonly reKey: Row | undefined;
  /** The newest event that it recorded, and those that no queue took yet. */
  readonly audit: AuditOnDisk;
  /** KEKs that wrapped values name, with where those stand. */
  readonly keks: readonly (readonly [id: string, place: string])[];
}

export interface AuditOnDisk {
  readonly head: Head;
  readonly waiting: readonly ChainEvent[];
}

export interface PersonOnDisk {
  readonly account: Row | undefined;
  readonly epoch: number;
}

export interface IndexOnDisk {
  /** By serial number in hexadecimal digits. */
  readonly certificates: ReadonlyMap<string, Row>;
  /** By handle: the KEKs that the account is said to name. */
  readonly keks: ReadonlyMap<string, readonly string[]>;
  /** By handle: the audit events that came by the queue. */
  readonly audit: ReadonlyMap<string, readonly ChainEvent[]>;
}

const WRAPPED = [
  ["account", "channel_keys"],
  ["key_pair", "server_share"],
  ["key_pair", "proof_nonce"],
  ["push_subscription", "wrapped"],
  ["answer", "secret"],
  ["pending_transaction", "nonce"],
] as const;

export class Disk {
  readonly #folder: string;
  /** Of a handle. */
  readonly #personFiles = new Map<string, string>();

  /** `folder`: of the server's state. */
  constructor(folder: string) {
    this.#folder = join(folder, "v3");
  }

  /** Folders in which writes are to be seen. They come with the first object of their kind. */
  folders(): ReadonlyMap<string, Writer> {
    const folders = [
      ["do/tally-AccountObject", "account"],
      ["do/tally-SessionObject", "session"],
      ["do/tally-PersonObject", "person"],
      ["d1/miniflare-D1DatabaseObject", "database"],
    ] as const;
    return new Map(
      folders.map(([name, writer]) => [join(this.#folder, name), writer] as const).filter(([name]) => existsSync(name)),
    );
  }

  /** Undefined where nothing was ever committed. */
  account(handle: string): AccountOnDisk | undefined {
    return this.#read(this.#file("Account", handle), (database) => {
      if (!isFilled(database, "account")) return undefined;
      const all = (statement: string): Row[] => database.prepare(statement).all();
      const [account] = all("SELECT * FROM account");
      const [cloneWatch] = all("SELECT * FROM clone_watch");
      if (account === undefined || cloneWatch === undefined) return undefined;
      return {
        account,
        cloneWatch,
        wrong: Object.fromEntries(all("SELECT * FROM lockout").map(({ purpose, wrong }) => [String(purpose), Number(wrong)])),
        keys: all("SELECT * FROM key_pair ORDER BY purpose, key_version"),
        pending: all("SELECT * FROM pending_transaction"),
        outbox: all("SELECT * FROM outbox"),
        audit: auditOf(all("SELECT * FROM audit ORDER BY id")),
        requests: new Set(all("SELECT request_id FROM request").map((row) => String(row["request_id"]))),
        reKey: all("SELECT * FROM re_key")[0],
        keks: WRAPPED.flatMap(([table, column]) =>
          all(`SELECT ${column} AS value FROM ${table} WHERE ${column} IS NOT NULL`).map(
            ({ value }) => [kekIdOf(value as Uint8Array) ?? "none", `${table}.${column}`] as const,
          ),
        ),
      };
    });
  }

  /** What the account's person knows of it. */
  person(handle: string): PersonOnDisk | undefined {
    const known = this.#personFiles.get(handle);
    const taken = new Set(this.#personFiles.values());
    for (const file of known === undefined ? this.#files("Person").filter((each) => !taken.has(each)) : [known]) {
      const found = this.#read(file, (database) => {
        if (!isFilled(database, "account")) return undefined;
        const account = database.prepare("SELECT * FROM account WHERE handle = ?").get(handle);
        const epoch = database.prepare("SELECT epoch FROM account_epoch WHERE handle = ?").get(handle);
        return account === undefined && epoch === undefined ? undefined : { account, epoch: Number(epoch?.["epoch"] ?? 0) };
      });
      if (found === undefined) continue;
      this.#personFiles.set(handle, file);
      return found;
    }
    return undefined;
  }

  /** What all accounts share. */
  index(): IndexOnDisk {
    const folder = join(this.#folder, "d1/miniflare-D1DatabaseObject");
    const [file = ""] = readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
    const rows = this.#read(join(folder, file), (database) => ({
      certificates: database.prepare("SELECT * FROM certificates").all(),
      keks: database.prepare("SELECT handle, group_concat(kek_id, ' ') AS keks FROM wrapped_accounts GROUP BY handle").all(),
      audit: database
        .prepare("SELECT lower(hex(chain)) AS chain, position, lower(hex(hash)) AS hash, at, kind, detail FROM audit_events")
        .all(),
    }));
    const { certificates = [], keks = [], audit = [] } = rows ?? {};
    return {
      certificates: new Map(certificates.map((row) => [String(row["serial_number"]), row])),
      keks: new Map(keks.map((row) => [String(row["handle"]), String(row["keks"]).split(" ")])),
      audit: Map.groupBy(
        audit.map((row) => exportedEvent.parse(row)),
        ({ chain }) => chain,
      ),
    };
  }

  /** Hours go by: nobody waits for a lock. The one place that writes, and only where no server runs. */
  endLocks(handle: string): void {
    const database = new DatabaseSync(this.#file("Account", handle));
    database.exec("UPDATE lockout SET locked_until = min(locked_until, 1)");
    database.close();
  }

  #file(kind: string, handle: string): string {
    return join(this.#folder, `do/tally-${kind}Object`, `${handle}.sqlite`);
  }

  #files(kind: string): readonly string[] {
    const folder = join(this.#folder, `do/tally-${kind}Object`);
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))
      .map((name) => join(folder, name));
  }

  #read<Value>(file: string, read: (database: DatabaseSync) => Value): Value | undefined {
    if (!existsSync(file)) return undefined;
    const folder = mkdtempSync(join(this.#folder, "../look-"));
    const copy = join(folder, "copy.sqlite");
    let database: DatabaseSync | undefined;
    try {
      copyFileSync(file, copy);
      if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`);
      database = new DatabaseSync(copy);
      const sound = database.prepare("PRAGMA quick_check(1)").get();
      hold("a database is sound after a kill", sound?.["quick_check"] === "ok", () => [file, sound]);
      return read(database);
    } finally {
      database?.close();
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function auditOf(rows: readonly Row[]): AuditOnDisk {
  const newest = rows.at(-1);
  const messages = rows.flatMap(({ message }) => (typeof message === "string" ? [message] : []));
  return {
    head:
      newest === undefined
        ? BEGINNING
        : { position: Number(newest["position"]), hash: Buffer.from(newest["hash"] as Uint8Array).toString("hex") },
    waiting: storedEvent.array().parse(JSON.parse(`[${messages.join(",")}]`)),
  };
}

const exportedEvent = storedEvent.extend({ chain: chainName });

const isFilled = (database: DatabaseSync, table: string): boolean =>
  database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(table) !== undefined;
