// All KEKs of a deployment side by side: new values are wrapped under the current one, stored ones unwrap under the one that they name.
// The keys are read when they are first needed, and again when one is missing: what can be done without them is done without them.
import { type KeyEncryptionKey, VaultUnavailable } from "./key-encryption-key.ts";
import { kekIdOf, unwrap, wrap, type WrappedPlace } from "./wrapping.ts";

export interface Vault {
  /** Of the KEK that everything new is wrapped under. */
  readonly currentId: string;
  /** Throws VaultUnavailable. */
  readonly wrap: (place: WrappedPlace, plaintext: Uint8Array) => Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Undefined where the value was altered, moved or never was wrapped. Throws VaultUnavailable, also where the KEK that it names is
   * missing here.
   */
  readonly unwrap: (place: WrappedPlace, wrapped: Uint8Array) => Promise<Uint8Array<ArrayBuffer> | undefined>;
  readonly isCurrent: (wrapped: Uint8Array) => boolean;
  /** Ids of all KEKs that this deployment has and can use. Throws VaultUnavailable where they cannot be read. */
  readonly ids: () => Promise<readonly string[]>;
  /** What is wrong with a KEK that is configured and cannot be used. Throws VaultUnavailable likewise. */
  readonly problemOf: (id: string) => Promise<string | undefined>;
}

export type Keys = ReadonlyMap<string, KeyEncryptionKey>;

/** The secret may have been completed since it was read; a value that names what nobody has must not have it read each time. */
const READ_AGAIN_AFTER_MS = 5_000;
/** Ids are remembered that nobody has: whoever writes into the storage decides how many. */
const MAXIMUM_MISSED = 64;

/** `load`: reads the configuration; throws a VaultUnavailable that says what is wrong with it. `now`: milliseconds. */
export function openVault(input: {
  readonly currentId: string;
  readonly load: () => Promise<Keys>;
  readonly now?: () => number;
}): Vault {
  const { currentId, load, now = () => Date.now() } = input;
  // The outcome alone, and no promise: one request must not hang on another that is gone.
  let read: Keys | undefined;
  /** When each was looked for in vain, in milliseconds. */
  const missed = new Map<string, number>();
  const keys = async (): Promise<Keys> => (read ??= await load());
  const keyOf = async (id: string): Promise<KeyEncryptionKey> => {
    const known = (await keys()).get(id);
    if (known !== undefined) return known;
    if (now() - (missed.get(id) ?? -Infinity) >= READ_AGAIN_AFTER_MS) {
      if (missed.size >= MAXIMUM_MISSED) missed.clear();
      missed.set(id, now());
      read = await load();
    }
    const added = (await keys()).get(id);
    if (added === undefined) throw new VaultUnavailable(`the KEK ${id} is missing: it is neither in KEK nor in EXTERNAL_KEKS`);
    return added;
  };
  return {
    currentId,
    wrap: async (place, plaintext) => wrap(await keyOf(currentId), place, plaintext),
    unwrap: async (place, wrapped) => {
      const id = kekIdOf(wrapped);
      return id === undefined ? undefined : unwrap(await keyOf(id), place, wrapped);
    },
    isCurrent: (wrapped) => kekIdOf(wrapped) === currentId,
    ids: async () => [...(await keys()).values()].filter(({ problem }) => problem === undefined).map(({ id }) => id),
    problemOf: async (id) => (await keys()).get(id)?.problem,
  };
}
