// A session's signature as any verifier sees it.
import { X509Certificate } from "@peculiar/x509";
import { fromBase64 } from "../../src/protocol/encoding.ts";
import type { SessionStatus } from "../../src/protocol/session-status.ts";

type Complete = Extract<SessionStatus, { state: "COMPLETE" }>;

/** By the key of the certificate in the answer, with the algorithm that the answer names. */
export async function isSignedBy({ cert, signature }: Complete, message: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const certificate = new X509Certificate(fromBase64(cert?.value ?? "") ?? new Uint8Array(0));
  const { hashAlgorithm: hash = "", saltLength = 0 } = signature?.signatureAlgorithmParameters ?? {};
  const value = fromBase64(signature?.value ?? "") ?? new Uint8Array(0);
  if (signature?.signatureAlgorithm === "ed25519") {
    const key = await crypto.subtle.importKey("spki", certificate.publicKey.rawData, "Ed25519", false, ["verify"]);
    return crypto.subtle.verify("Ed25519", key, value, await crypto.subtle.digest(hash, message));
  }
  const name = signature?.signatureAlgorithm === "rsassa-pss" ? "RSA-PSS" : "RSASSA-PKCS1-v1_5";
  const key = await crypto.subtle.importKey("spki", certificate.publicKey.rawData, { name, hash }, false, ["verify"]);
  return crypto.subtle.verify(name === "RSA-PSS" ? { name, saltLength } : name, key, value, message);
}
