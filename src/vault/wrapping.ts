// Wraps everything secret that the objects and the database store: AES-256-GCM under the deployment's key-encryption key
// (KEK). The associated data names the row, so that a value moved to another row, account or key version does not unwrap.
import type { Purpose, Suite } from "../account/purpose.ts";
import { concatBytes, fromBase64, fromUtf8, lengthPrefixed, utf8 } from "../protocol/encoding.ts";

export interface KeyEncryptionKey {
  readonly id: string;
  readonly key: CryptoKey;
}

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
const IV_LENGTH = 12;
const TAG_LENGTH = 16;

/** `secret`: 32 bytes in base64. The imported key cannot be exported again. Throws for anything else. */
export async function importKeyEncryptionKey(id: string, secret: string): Promise<KeyEncryptionKey> {
  const bytes = fromBase64(secret.trim());
  if (bytes?.length !== 32) throw new Error("KEK must be 32 bytes in base64");
  if (!/^[\w-]{1,64}$/.test(id)) throw new Error("KEK_ID must be 1 to 64 letters, digits, '-' or '_'");
  const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  bytes.fill(0);
  return { id, key };
}

/** Format byte, length and text of the KEK's id, 12-byte IV, ciphertext with a 16-byte tag. */
export async function wrap(kek: KeyEncryptionKey, place: WrappedPlace, plaintext: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_LENGTH));
  const additionalData = await associatedData(kek.id, place);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, kek.key, new Uint8Array(plaintext));
  const id = utf8(kek.id);
  return concatBytes(Uint8Array.of(FORMAT, id.length), id, iv, new Uint8Array(sealed));
}

/** Undefined where the value was altered, moved, or wrapped under another KEK. */
export async function unwrap(
  kek: KeyEncryptionKey,
  place: WrappedPlace,
  wrapped: Uint8Array,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const idLength = wrapped[1] ?? 0;
  const start = 2 + idLength;
  if (wrapped[0] !== FORMAT || wrapped.length < start + IV_LENGTH + TAG_LENGTH) return undefined;
  if (fromUtf8(wrapped.subarray(2, start)) !== kek.id) return undefined;
  const iv = new Uint8Array(wrapped.subarray(start, start + IV_LENGTH));
  const additionalData = await associatedData(kek.id, place);
  try {
    const sealed = new Uint8Array(wrapped.subarray(start + IV_LENGTH));
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, kek.key, sealed));
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
