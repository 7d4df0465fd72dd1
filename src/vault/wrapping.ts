// The form of everything secret that the objects and the database store: wrapped under a KEK, whose id stands in front. The associated
// data names the row and the KEK, so that a value moved to another row, account or key version does not unwrap, nor one under whose
// id another KEK was written.
import type { Purpose, Suite } from "../account/purpose.ts";
import { concatBytes, fromUtf8, lengthPrefixed, utf8 } from "../protocol/encoding.ts";
import { isKekId } from "../protocol/kek-id.ts";
import type { KeyEncryptionKey } from "./key-encryption-key.ts";

/** Where a wrapped value belongs. */
export interface WrappedPlace {
  readonly kind: "server-share" | "pooled-share" | "nonce" | "channel-keys" | "push-subscription" | "answer-secret";
  /** Handle of the account; for a pooled share its id. */
  readonly account: string;
  readonly purpose: Purpose | "";
  readonly suite: Suite | "";
  readonly keyVersion: number;
  /** SubjectPublicKeyInfo of the key pair that a share belongs to; empty where there is none. */
  readonly publicKey: Uint8Array;
  /** The transaction or proof that a nonce is for. */
  readonly subject?: string;
}

const FORMAT = 1;

/** Format byte, length and text of the KEK's id, then what the KEK sealed. */
export async function wrap(kek: KeyEncryptionKey, place: WrappedPlace, plaintext: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const sealed = await kek.encrypt(plaintext, await associatedData(kek.id, place));
  const id = utf8(kek.id);
  return concatBytes(Uint8Array.of(FORMAT, id.length), id, sealed);
}

/** Undefined where the value was altered, moved, or wrapped under another KEK. Throws VaultUnavailable. */
export async function unwrap(
  kek: KeyEncryptionKey,
  place: WrappedPlace,
  wrapped: Uint8Array,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (kekIdOf(wrapped) !== kek.id) return undefined;
  return kek.decrypt(wrapped.subarray(2 + (wrapped[1] ?? 0)), await associatedData(kek.id, place));
}

/** The KEK that a stored value names, whether there is such a KEK or not; undefined for bytes that are no wrapped value. */
export function kekIdOf(wrapped: Uint8Array): string | undefined {
  const length = wrapped[1] ?? 0;
  if (wrapped[0] !== FORMAT || wrapped.length <= 2 + length) return undefined;
  try {
    const id = fromUtf8(wrapped.subarray(2, 2 + length));
    return isKekId(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

async function associatedData(kekId: string, place: WrappedPlace): Promise<Uint8Array<ArrayBuffer>> {
  const publicKeyHash = await crypto.subtle.digest("SHA-256", new Uint8Array(place.publicKey));
  return lengthPrefixed(
    "tally-wrapped-1",
    place.kind,
    place.account,
    place.purpose,
    place.suite,
    place.keyVersion,
    kekId,
    new Uint8Array(publicKeyHash),
    ...(place.subject === undefined ? [] : [place.subject]),
  );
}
