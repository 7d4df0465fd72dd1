// What wraps: one key-encryption key (KEK) by its id, wherever it is kept. Two implementations: local-key.ts and external-key.ts.

export interface KeyEncryptionKey {
  /** 1 to 64 letters, digits, '-' or '_': stands in every value that it wraps. Not secret. */
  readonly id: string;
  /** Why it cannot be used as it is configured; missing where nothing is known to be wrong. */
  readonly problem?: string;
  /** Sealed bytes in a form of the key's own. Throws VaultUnavailable where the key cannot be asked. */
  encrypt(plaintext: Uint8Array, associatedData: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Undefined where the bytes were altered, or sealed by another key or with other associated data. Throws VaultUnavailable where nobody
   * can say whether they were: an outage must never look like damage.
   */
  decrypt(sealed: Uint8Array, associatedData: Uint8Array): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/**
 * Nothing can be wrapped or unwrapped just now: the KEK is missing, or whoever keeps it does not answer. Nothing was decided: whoever
 * catches it answers 503, and charges nobody. The message is for the operator: it names KEKs, and holds no key and no token.
 */
export class VaultUnavailable extends Error {
  override name = "VaultUnavailable";
}
