// Whether the answer to a payment is this customer's signature over exactly this document. Used when the answer comes, and again
// whenever the payment is looked at.
import type { X509Certificate } from "@peculiar/x509";
import type { CompleteSession } from "../relying-party-api/answers.ts";
import type { TrustAnchors } from "./certificate-chain.ts";
import { statusFault } from "./certificate-status.ts";
import { verifyCertificate } from "./person-certificate.ts";
import { announcementFault, signatureFault } from "./signature.ts";
import { type Fault, refused, type Verdict } from "./verdict.ts";

export interface ExpectedSignature {
  /** The exact bytes. */
  readonly document: Uint8Array<ArrayBuffer>;
  readonly semanticsIdentifier: string;
  readonly documentNumber: string;
}

/** What the bank keeps of an answer. Base64. */
export interface KeptSignature {
  readonly value: string;
  readonly certificate: string;
}

/** `at`: milliseconds since the epoch. */
export async function verifyPaymentAnswer(
  answer: CompleteSession,
  expected: ExpectedSignature & { readonly interactionType: string; readonly certificateLevel: string },
  anchors: TrustAnchors,
  at: number,
): Promise<Verdict<KeptSignature>> {
  const fault = formFault(answer, expected) ?? announcementFault(answer.signature);
  if (fault !== undefined) return refused(fault);
  const kept = { value: answer.signature.value ?? "", certificate: answer.certificate ?? "" };
  const verified = await verifyKeptSignature(kept, expected, anchors, at);
  if (!verified.ok) return verified;
  const status = await statusFault(verified.value, anchors, at);
  return status === undefined ? { ok: true, value: kept } : refused(status);
}

function formFault(
  answer: CompleteSession,
  expected: { readonly interactionType: string; readonly certificateLevel: string; readonly documentNumber: string },
): Fault | undefined {
  if (answer.signatureProtocol !== "RAW_DIGEST_SIGNATURE") return "signature-protocol";
  if (answer.signature.flowType !== "Notification") return "flow-type";
  if (answer.interactionTypeUsed !== expected.interactionType) return "interaction-type";
  if (answer.certificateLevel !== expected.certificateLevel) return "certificate-level";
  return answer.documentNumber === expected.documentNumber ? undefined : "document-number";
}

/**
 * From the document alone; the certificate must have been valid at that time. Its status is not asked for again: a signature stays one
 * when its certificate was revoked since.
 */
export async function verifyKeptSignature(
  kept: KeptSignature,
  expected: ExpectedSignature,
  anchors: TrustAnchors,
  at: number,
): Promise<Verdict<X509Certificate>> {
  const { documentNumber, semanticsIdentifier, document } = expected;
  const verified = await verifyCertificate({ base64: kept.certificate, purpose: "signature", documentNumber, anchors, at });
  if (!verified.ok) return verified;
  const { certificate, person } = verified.value;
  if (person.semanticsIdentifier !== semanticsIdentifier) return refused("other-person");
  const fault = await signatureFault(certificate, kept.value, document);
  return fault === undefined ? { ok: true, value: certificate } : refused(fault);
}
