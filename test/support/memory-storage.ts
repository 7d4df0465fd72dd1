// A device's storage in memory, for tests: remembers every state that was ever written, as a thief would find them. Work that asks for
// the lock which it holds fails here; in a browser, whose locks know no owner, it would wait for itself for ever.
import { AsyncLocalStorage } from "node:async_hooks";
import type { DeviceRecord, DeviceStorage } from "../../src/authenticator/device-record.ts";

export class MemoryStorage implements DeviceStorage {
  record: DeviceRecord | undefined;
  /** Every state that was written, oldest first, as text. */
  readonly written: string[] = [];
  readonly #holds = new AsyncLocalStorage<true>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(record?: DeviceRecord) {
    this.record = record;
  }

  async read(): Promise<DeviceRecord | undefined> {
    return structuredClone(this.record);
  }

  async write(record: DeviceRecord): Promise<void> {
    this.record = structuredClone(record);
    this.written.push(JSON.stringify(record));
  }

  async remove(): Promise<void> {
    this.record = undefined;
  }

  async exclusively<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#holds.getStore() === true) throw new Error("the lock is asked for by the work that holds it");
    const turn = this.#queue.then(() => this.#holds.run(true, work));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** A second device with everything that this one holds now. */
  copy(): MemoryStorage {
    return new MemoryStorage(structuredClone(this.record));
  }
}
