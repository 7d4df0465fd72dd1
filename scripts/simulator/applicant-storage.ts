// Where the record of a test person lies while the account is being made: in memory until the application is signed. Nobody but this
// process has heard of the account before, so that after a crash a new one is as good, and waiting for the disk forty times is not.
import type { DeviceRecord, DeviceStorage } from "../../src/authenticator/device-record.ts";

export class ApplicantStorage implements DeviceStorage {
  readonly #lasting: DeviceStorage;
  #record: DeviceRecord | undefined;
  #isLasting = false;
  #queue: Promise<unknown> = Promise.resolve();

  /** `lasting`: holds no record yet. */
  constructor(lasting: DeviceStorage) {
    this.#lasting = lasting;
  }

  async read(): Promise<DeviceRecord | undefined> {
    return this.#record;
  }

  async write(record: DeviceRecord): Promise<void> {
    this.#record = record;
    // Once it is sent, the account may be active and its document number taken.
    this.#isLasting ||= record.pending?.operation === "performSignature";
    if (this.#isLasting) await this.#lasting.exclusively(() => this.#lasting.write(record));
  }

  async remove(): Promise<void> {
    this.#record = undefined;
    if (this.#isLasting) await this.#lasting.exclusively(() => this.#lasting.remove());
  }

  async exclusively<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}
