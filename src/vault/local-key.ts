// A KEK that this Worker holds itself: AES-256-GCM by WebCrypto, under a random 96-bit initialisation vector. One key may wrap some
// four billion values before two vectors are likely enough to be equal (NIST SP 800-38D, section 8.3).
import { bytesToHex } from "@noble/hashes/utils.js";
import { concatBytes, fromBase64, lengthPrefixed } from "../protocol/encoding.ts";
import { isKekId } from "../protocol/kek-id.ts";
import type { KeyEncryptionKey } from "./key-encryption-key.ts";

const IV_LENGTH = 12;
const TAG_LENGTH = 16;

/** `secret`: 32 bytes in base64. The imported key cannot be exported again. Throws for anything else, without a word of it. */
export async function importKeyEncryptionKey(id: string, secret: string): Promise<KeyEncryptionKey> {
  const bytes = fromBase64(secret.trim());
  if (bytes?.length !== 32) throw new Error("KEK must be 32 bytes in base64");
  if (!isKekId(id)) throw new Error("the id of a KEK must be 1 to 64 letters, digits, '-' or '_'");
  const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  bytes.fill(0);
  return {
    id,
    encrypt: (plaintext, associatedData) => sealUnder(key, plaintext, associatedData),
    decrypt: (sealed, associatedData) => openUnder(key, sealed, associatedData),
  };
}

/** Tells one key from another, and nothing of a random key: 8 bytes of a hash, hexadecimal. `secret`: as above. */
export async function checkValueOf(secret: string): Promise<string> {
  const bytes = fromBase64(secret.trim()) ?? new Uint8Array(0);
  const labelled = lengthPrefixed("tally-kek-check-1", bytes);
  const hash = await crypto.subtle.digest("SHA-256", labelled);
  bytes.fill(0);
  labelled.fill(0);
  return bytesToHex(new Uint8Array(hash, 0, 8));
}

/** 12-byte initialisation vector, ciphertext with a 16-byte tag. */
export async function sealUnder(
  key: CryptoKey,
  plaintext: Uint8Array,
  associatedData: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_LENGTH));
  const algorithm = { name: "AES-GCM", iv, additionalData: new Uint8Array(associatedData) };
  // Not copied: whoever has the plaintext overwrites it, and nobody would the copy.
  const bytes = plaintext as Uint8Array<ArrayBuffer>;
  return concatBytes(iv, new Uint8Array(await crypto.subtle.encrypt(algorithm, key, bytes)));
}

/** Undefined where it was altered, or sealed by another key or with other associated data. */
export async function openUnder(
  key: CryptoKey,
  sealed: Uint8Array,
  associatedData: Uint8Array,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (sealed.length < IV_LENGTH + TAG_LENGTH) return undefined;
  const iv = new Uint8Array(sealed.subarray(0, IV_LENGTH));
  const algorithm = { name: "AES-GCM", iv, additionalData: new Uint8Array(associatedData) };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, new Uint8Array(sealed.subarray(IV_LENGTH))));
  } catch {
    return undefined;
  }
}
