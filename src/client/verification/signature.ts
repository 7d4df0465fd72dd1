// Whether a person's certificate goes with a signature. Which kind of key it must be is said by the algorithm that was asked for, never
// by the certificate or the answer.
import type { X509Certificate } from "@peculiar/x509";
import { type Algorithm, ALGORITHMS } from "../algorithms.ts";
import { fromBase64 } from "../encoding.ts";
import type { VerificationFailureCode } from "../failures.ts";
import { ed25519KeyOf, verifiesEd25519 } from "./ed25519.ts";
import { rsaKeyOf, verifiesRsa } from "./rsa.ts";

/** Undefined where the signature (base64) is over exactly this hash, by the certificate's key. */
export async function signatureFault(
  certificate: X509Certificate,
  algorithm: Algorithm,
  digest: Uint8Array<ArrayBuffer> | undefined,
  signature: string,
): Promise<VerificationFailureCode | undefined> {
  const verify = await verifierOf(certificate, algorithm);
  if (verify === undefined) return "certificate_key";
  const value = fromBase64(signature);
  if (value === undefined || value.length === 0) return "signature_encoding";
  if (digest?.length !== ALGORITHMS[algorithm].hashLength) return "signature";
  const verdict = await verify(digest, value);
  if (verdict === undefined) return "algorithm_unsupported";
  return verdict ? undefined : "signature";
}

type Bytes = Uint8Array<ArrayBuffer>;
type Verifier = (digest: Bytes, signature: Bytes) => Promise<boolean | undefined>;

/** Undefined where the key is not of the algorithm's kind, or unsound. */
async function verifierOf(certificate: X509Certificate, algorithm: Algorithm): Promise<Verifier | undefined> {
  const names = ALGORITHMS[algorithm];
  if (names.scheme === "Ed25519") {
    const key = ed25519KeyOf(certificate);
    return key && ((digest, signature) => verifiesEd25519(key, digest, signature));
  }
  const key = await rsaKeyOf(certificate);
  return key && ((digest, signature) => verifiesRsa(key, names, digest, signature));
}
