// The engine's storage in a browser: one record for each account, in the database, and a Web Lock for each account.
import type { DeviceRecord, DeviceStorage } from "../../authenticator/device-record.ts";
import { currentRecord, type EarlierRecord } from "../../authenticator/earlier-record.ts";
import { refuseUnwrapped } from "../../authenticator/passkey-wrap.ts";
import { readEntry, removeEntry, writeEntry } from "./database.ts";

export class BrowserStorage implements DeviceStorage {
  readonly #account: string;

  /** `account`: its id in this browser. */
  constructor(account: string) {
    this.#account = account;
  }

  async read(): Promise<DeviceRecord | undefined> {
    const record = await readEntry<DeviceRecord | EarlierRecord>("records", this.#account);
    return record && currentRecord(record);
  }

  /** Throws `PasskeyNeeded` for a share that would lie there without the passkey that it has. */
  async write(record: DeviceRecord): Promise<void> {
    refuseUnwrapped(record);
    await writeEntry("records", this.#account, record);
  }

  remove(): Promise<void> {
    return removeEntry("records", this.#account);
  }

  /**
   * Over all tabs and workers of this origin: the browser keeps the lock, and releases it when its holder is closed or terminated.
   * `work` must not ask for the same account's lock, here or in a worker that it waits for: Web Locks know no owner, and it would
   * wait for itself. Nothing in a browser tells such a call from another one at the same time; the storages of the tests can, and fail.
   */
  async exclusively<Value>(work: () => Promise<Value>): Promise<Value> {
    // The promise of a promise: the types of the platform would flatten it only here.
    const done = await navigator.locks.request(`tally-account-${this.#account}`, async () => ({ value: await work() }));
    return done.value;
  }
}
