// Signed answers that may be given again: to the same certIDs, in the same state, for a minute. The state is read anew for every
// request and is part of what an answer is found by, so a revocation is never answered with what was signed before it.
// Saves the signature, not the read. Lives in the isolate.
import { AsnConvert } from "@peculiar/asn1-schema";
import { toBase64 } from "../../protocol/encoding.ts";
import type { StatusAnswer } from "./response.ts";

/** Milliseconds; well within the five minutes for which an answer is valid. */
const REUSED_FOR = 60_000;

/** About 1500 bytes each. */
const MAXIMUM_ANSWERS = 1_000;

export interface SignedAnswer {
  readonly der: Uint8Array<ArrayBuffer>;
  /** Milliseconds since the epoch, whole seconds. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
}

const answers = new Map<string, SignedAnswer>();

/** Where an answer of this content is kept; the times are no part of it. */
export function answerKey({ signer, statuses }: Pick<StatusAnswer, "signer" | "statuses">): string {
  const { serialNumber, signatureValue } = serialOf(signer);
  const states = statuses.map(({ certificate, status }) => [base64(AsnConvert.serialize(certificate)), status]);
  return JSON.stringify([serialNumber, signatureValue, states]);
}

/** A signer is told from its successor with the same key by its certificate. */
function serialOf({ certificate }: StatusAnswer["signer"]): { serialNumber: string; signatureValue: string } {
  return {
    serialNumber: base64(certificate.tbsCertificate.serialNumber),
    signatureValue: base64(certificate.signatureValue),
  };
}

const base64 = (bytes: ArrayBuffer): string => toBase64(new Uint8Array(bytes));

export function findAnswer(key: string, now: number): SignedAnswer | undefined {
  const answer = answers.get(key);
  return answer !== undefined && answer.thisUpdate <= now && now < answer.thisUpdate + REUSED_FOR ? answer : undefined;
}

/** The oldest make room. */
export function keepAnswer(key: string, answer: SignedAnswer): void {
  answers.delete(key);
  for (const oldest of answers.keys()) {
    if (answers.size < MAXIMUM_ANSWERS) break;
    answers.delete(oldest);
  }
  answers.set(key, answer);
}
