// A device's storage in memory, for tests: remembers every state that was ever written, as a thief would find them.
import type { DeviceRecord, DeviceStorage } from "../../src/authenticator/device-record.ts";

export class MemoryStorage implements DeviceStorage {
  record: DeviceRecord | undefined;
  /** Every state that was written, oldest first, as text. */
  readonly written: string[] = [];
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
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** A second device with everything that this one holds now. */
  copy(): MemoryStorage {
    return new MemoryStorage(structuredClone(this.record));
  }
}
