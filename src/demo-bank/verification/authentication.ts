// Whether the answer to a login proves that the person who was asked for has confirmed exactly this login. What was signed is
// rebuilt from the bank's own record; of the answer it takes only what the server and the device have added.
import { sha256, toBase64, utf8 } from "../bytes.ts";
import type { CompleteSession } from "../relying-party-api/answers.ts";
import type { Interactions } from "../relying-party-api/interactions.ts";
import type { TrustAnchors } from "./certificate-chain.ts";
import { statusFault } from "./certificate-status.ts";
import { type Person, verifyCertificate } from "./person-certificate.ts";
import { announcementFault, signatureFault } from "./signature.ts";
import { type Fault, refused, type Verdict } from "./verdict.ts";

/** First field of what is signed. */
const SCHEME_NAME = "smart-id";
/** Characters; the documentation promises at least as many. */
const SERVER_RANDOM_LENGTH = 24;

export interface ExpectedAuthentication {
  readonly semanticsIdentifier: string;
  /** Where one device was asked. */
  readonly documentNumber: string | undefined;
  /** Base64, as sent. */
  readonly rpChallenge: string;
  readonly interactions: Interactions;
  readonly relyingPartyName: string;
  readonly certificateLevel: string;
}

export interface AuthenticatedPerson extends Person {
  readonly documentNumber: string;
}

/** `at`: milliseconds since the epoch. */
export async function verifyAuthentication(
  answer: CompleteSession,
  expected: ExpectedAuthentication,
  anchors: TrustAnchors,
  at: number,
): Promise<Verdict<AuthenticatedPerson>> {
  const fault = formFault(answer, expected) ?? announcementFault(answer.signature);
  if (fault !== undefined) return refused(fault);
  const { documentNumber = "", certificate: base64 } = answer;
  const verified = await verifyCertificate({ base64, purpose: "authentication", documentNumber, anchors, at });
  if (!verified.ok) return verified;
  const { certificate, person } = verified.value;
  if (person.semanticsIdentifier !== expected.semanticsIdentifier) return refused("other-person");
  const wrong =
    (await signatureFault(certificate, answer.signature.value, await acspV2Payload(answer, expected))) ??
    (await statusFault(certificate, anchors, at));
  return wrong === undefined ? { ok: true, value: { ...person, documentNumber } } : refused(wrong);
}

function formFault(answer: CompleteSession, expected: ExpectedAuthentication): Fault | undefined {
  const { signature, documentNumber } = answer;
  if (answer.signatureProtocol !== "ACSP_V2") return "signature-protocol";
  if (signature.flowType !== "Notification") return "flow-type";
  if (answer.interactionTypeUsed !== expected.interactions.type) return "interaction-type";
  if (answer.certificateLevel !== expected.certificateLevel) return "certificate-level";
  const asked = expected.documentNumber;
  if (documentNumber === undefined || (asked !== undefined && documentNumber !== asked)) return "document-number";
  const random = signature.serverRandom ?? "";
  if (random.length < SERVER_RANDOM_LENGTH || !/^[A-Za-z0-9+/]+={0,2}$/.test(random)) return "server-random";
  return /^[A-Za-z0-9_-]{43}$/.test(signature.userChallenge ?? "") ? undefined : "user-challenge";
}

/** ACSP_V2. The empty fields: no brokered party, and no callback in a notification flow. */
async function acspV2Payload(answer: CompleteSession, expected: ExpectedAuthentication): Promise<Uint8Array<ArrayBuffer>> {
  const { rpChallenge, relyingPartyName, interactions } = expected;
  const { serverRandom, userChallenge, flowType } = answer.signature;
  const fields = [
    SCHEME_NAME,
    "ACSP_V2",
    serverRandom,
    rpChallenge,
    userChallenge,
    toBase64(utf8(relyingPartyName)),
    "",
    toBase64(await sha256(utf8(interactions.encoded))),
    answer.interactionTypeUsed,
    "",
    flowType,
  ];
  return utf8(fields.join("|"));
}

/** Four digits for the person to compare: the last two bytes of the challenge's SHA-256 as a number, its last four digits. */
export async function verificationCode(rpChallenge: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await sha256(rpChallenge);
  const number = new DataView(digest.buffer).getUint16(digest.length - 2);
  return String(number % 10_000).padStart(4, "0");
}
