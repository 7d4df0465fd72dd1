// The device's record in a file: validated when it is read, replaced as a whole when it is written, and on the disk before a
// write resolves. Holds what DeviceRecord holds and the server's address; never a PIN.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { PURPOSES, SUITES } from "../../src/account/purpose.ts";
import type { DeviceRecord, DeviceStorage } from "../../src/authenticator/device-record.ts";
import { currentRecord } from "../../src/authenticator/earlier-record.ts";
import { type Operation, REQUEST_BODIES } from "../../src/protocol/device-messages.ts";
import { ecPublicKeySchema } from "../../src/protocol/ec-public-key.ts";
import { acquireLock } from "../process-lock.ts";
import { CommandFailure } from "./command-failure.ts";

/** Raised whenever an older Tally could not use the file any more. */
const STATE_VERSION = 2;
const LOCK_PATIENCE_MILLISECONDS = 60_000;

const text = z.string();
const key = z.object({
  suite: z.enum(SUITES),
  keyVersion: z.int(),
  salt: text,
  iterations: z.int().optional(),
  stored: text,
  masked: text,
});
const device = z.object({
  handle: text,
  deviceToServer: text,
  serverToDevice: text,
  encryptionKey: ecPublicKeySchema,
  transcriptHash: text,
  oneTimePassword: text,
  pending: z
    .object({
      requestId: text,
      operation: z.enum(Object.keys(REQUEST_BODIES) as Operation[]),
      transactionId: text,
      oneTimePassword: text,
    })
    .exactOptional(),
  owner: z
    .object({ givenName: text, surname: text, semanticsIdentifier: text, dateOfBirth: text.exactOptional() })
    .nullable()
    .transform((owner) => owner ?? undefined),
});
const stateSchema = z.discriminatedUnion("version", [
  z.object({
    version: z.literal(STATE_VERSION),
    server: z.url(),
    device: device.extend({ keys: z.array(key.extend({ purpose: z.enum(PURPOSES) })), returnSecret: text }),
  }),
  /** Of the time when `rsa` was the only suite. */
  z.object({
    version: z.literal(1),
    server: z.url(),
    device: device.extend({ keys: z.object({ auth: key.exactOptional(), sign: key.exactOptional() }) }),
  }),
]);
interface State {
  readonly server: string;
  readonly device: DeviceRecord;
}

export class StateFile implements DeviceStorage {
  readonly path: string;
  readonly #server: string;
  #queue: Promise<unknown> = Promise.resolve();
  #kept = false;

  /** `server`: remembered with a new account; an account that is there already stays with the server that it was made on. */
  constructor(path: string, server: string) {
    this.path = path;
    this.#server = server;
  }

  async read(): Promise<DeviceRecord | undefined> {
    return readState(this.path)?.device;
  }

  async write(record: DeviceRecord): Promise<void> {
    const before = readState(this.path);
    const server = before?.device.handle === record.handle ? before.server : this.#server;
    const state = { version: STATE_VERSION, server, device: { ...record, owner: record.owner ?? null } };
    replaceFile(this.path, `${JSON.stringify(state, null, 2)}\n`);
  }

  async remove(): Promise<void> {
    // What a killed process had not yet renamed holds a masked share too.
    for (const path of [this.path, `${this.path}.new`]) rmSync(path, { force: true });
  }

  async exclusively<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.#queue.then(() => (this.#kept ? work() : this.#locked(work)));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Keeps other processes out for as long as the whole work takes, not for single requests only. Not to be nested. */
  async keepLocked<Value>(work: () => Promise<Value>): Promise<Value> {
    return this.#locked(async () => {
      this.#kept = true;
      try {
        return await work();
      } finally {
        this.#kept = false;
      }
    });
  }

  async #locked<Value>(work: () => Promise<Value>): Promise<Value> {
    onDisk(this.path, () => mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 }));
    const lock = await acquireLock(`${this.path}.lock`, LOCK_PATIENCE_MILLISECONDS);
    if (lock === undefined) {
      throw new CommandFailure("busy", `${this.path} is in use by another process for too long: try again when it is done`);
    }
    try {
      return await work();
    } finally {
      // Nothing is left that it could protect: no account was made, or it was deleted.
      if (existsSync(this.path)) lock.release();
      else lock.releaseAndDelete();
    }
  }
}

/** The server that the account in this file was made on; undefined where there is no account. */
export const rememberedServer = (path: string): string | undefined => readState(path)?.server;

function readState(path: string): State | undefined {
  const content = onDisk(path, () => {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  });
  if (content === undefined) return undefined;
  const parsed = stateSchema.safeParse(parseJson(content));
  if (parsed.success) return { server: parsed.data.server, device: currentRecord(parsed.data.device) };
  // An old copy is no way out: it is out of step with the server, as a stolen one would be.
  throw new CommandFailure("damaged", `${path} is damaged: delete it and enrol anew, or choose another file with --state`);
}

function parseJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

/** All or nothing, and on the disk when it returns: after a crash the old or the new content is there, never a mixture. */
function replaceFile(path: string, content: string): void {
  onDisk(path, () => {
    const next = `${path}.new`;
    rmSync(next, { force: true });
    const file = openSync(next, "wx", 0o600);
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(next, path);
    // Windows cannot open a folder; its rename is durable with the file system's journal.
    if (process.platform === "win32") return;
    const folder = openSync(dirname(path), "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  });
}

function onDisk<Value>(path: string, action: () => Value): Value {
  try {
    return action();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CommandFailure("storage", `cannot use the state file ${path} (${code}): choose another with --state`);
  }
}
