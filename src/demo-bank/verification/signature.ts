// RSASSA-PSS with SHA-512 (RFC 8017 §8.1), and the parameters by which an answer must announce exactly that.
import type { X509Certificate } from "@peculiar/x509";
import { fromBase64 } from "../bytes.ts";
import type { SignatureAnswer } from "../relying-party-api/answers.ts";
import type { Fault } from "./verdict.ts";

const HASH = "SHA-512";
/** Bytes: as long as the hash. */
const SALT_LENGTH = 64;
const SMALLEST_MODULUS_BITS = 3072;

/** What is announced is what was asked for; undefined where it is. */
export function announcementFault(signature: SignatureAnswer): Fault | undefined {
  if (signature.signatureAlgorithm !== "rsassa-pss") return "signature-algorithm";
  const asAsked =
    signature.hashAlgorithm === HASH &&
    signature.maskGenAlgorithm === "id-mgf1" &&
    signature.maskGenHashAlgorithm === HASH &&
    signature.saltLength === SALT_LENGTH &&
    signature.trailerField === "0xbc";
  return asAsked ? undefined : "signature-parameters";
}

/** Undefined where the signature (base64) is over exactly these bytes by the certificate's key. */
export async function signatureFault(
  certificate: X509Certificate,
  signature: string | undefined,
  signed: Uint8Array<ArrayBuffer>,
): Promise<Fault | undefined> {
  const value = fromBase64(signature ?? "");
  if (value === undefined || value.length === 0) return "signature-encoding";
  const algorithm = { name: "RSA-PSS", hash: HASH };
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey("spki", certificate.publicKey.rawData, algorithm, false, ["verify"]);
  } catch {
    return "certificate-encoding";
  }
  const { modulusLength = 0 } = key.algorithm as { readonly modulusLength?: number };
  if (modulusLength < SMALLEST_MODULUS_BITS) return "key-too-small";
  const right = await crypto.subtle.verify({ name: "RSA-PSS", saltLength: SALT_LENGTH }, key, value, signed);
  return right ? undefined : "signature";
}
