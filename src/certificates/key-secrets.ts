// Private keys of authorities and OCSP signers, as the secrets store holds them, and whether one belongs to a certificate.
// A secret holds one key, or several apart by white space: after a rollover the keys of before still sign status.
import "reflect-metadata";
import type { X509Certificate } from "@peculiar/x509";
import { fromBase64 } from "../protocol/encoding.ts";

export interface KeyAlgorithm {
  readonly name: "ECDSA";
  readonly namedCurve: "P-256" | "P-384";
}

/** In the order in which they stand there. Throws, naming the binding, for what is missing or no such key in PKCS#8 and base64. */
export async function readKeys(
  binding: string,
  secret: SecretsStoreSecret,
  algorithm: KeyAlgorithm,
): Promise<readonly CryptoKey[]> {
  let text: string;
  try {
    text = await secret.get();
  } catch {
    throw new Error(`the secret ${binding} is missing`);
  }
  return Promise.all(
    text
      .trim()
      .split(/\s+/)
      .map((part) => importKey(binding, part, algorithm)),
  );
}

/** `text`: PKCS#8 in base64. Throws, naming the binding, for anything else. */
export async function importKey(binding: string, text: string, algorithm: KeyAlgorithm): Promise<CryptoKey> {
  const pkcs8 = fromBase64(text);
  if (pkcs8 === undefined) throw new Error(`the secret ${binding} is not base64`);
  try {
    return await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]);
  } catch {
    throw new Error(`the secret ${binding} is not an ECDSA ${algorithm.namedCurve} key in PKCS#8`);
  }
}

/** The one key that is the certificate's, by a trial signature: private keys stay non-extractable. */
export async function keyOf(
  certificate: X509Certificate,
  keys: readonly CryptoKey[],
  algorithm: KeyAlgorithm,
): Promise<CryptoKey | undefined> {
  const { namedCurve } = certificate.publicKey.algorithm as { readonly namedCurve?: string };
  if (namedCurve !== algorithm.namedCurve) return undefined;
  const publicKey = await certificate.publicKey.export(algorithm, ["verify"]);
  const probe = new TextEncoder().encode("tally-key-check");
  const trial = { name: "ECDSA", hash: "SHA-256" };
  for (const key of keys) {
    const signature = await crypto.subtle.sign(trial, key, probe);
    if (await crypto.subtle.verify(trial, publicKey, signature, probe)) return key;
  }
  return undefined;
}
