// Every operation of the API: one entry a route. What a route takes and gives stands in the schemas; what it is for, here.
import type { SchemaName } from "./components.ts";
import { ANSWERS, DOCUMENT, LINK_DOCUMENT, PERSON, REQUESTS } from "./examples.ts";
import type { Example } from "./openapi.ts";
import type { ProblemName } from "./problems.ts";

export interface OperationEntry {
  /** Below the base path, as OpenAPI writes it. */
  readonly path: string;
  readonly method: "get" | "post";
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  /** Of the one in the path. */
  readonly addressee?: string;
  readonly body?: { readonly schema: SchemaName; readonly example: object };
  readonly answer: { readonly schema: SchemaName; readonly examples: Readonly<Record<string, Example>> };
  readonly problems: readonly ProblemName[];
}

const BY_POST = ["TooSlow", "TooLarge", "NotJson", "Misdirected", "TooMany", "Internal"] as const;
const ANONYMOUS: readonly ProblemName[] = ["Malformed", "NotIdentified", "Forbidden", ...BY_POST];
const ADDRESSED: readonly ProblemName[] = ["Malformed", "NotIdentified", "Forbidden", "NoSuchAccount", ...BY_POST];

const started = { schema: "SessionStarted", examples: { started: { summary: "Started", value: ANSWERS.started } } } as const;
const link = { schema: "LinkStarted", examples: { started: { summary: "Started", value: ANSWERS.linkStarted } } } as const;
const coded = {
  schema: "SignatureStarted",
  examples: { started: { summary: "Started", value: ANSWERS.signatureStarted } },
} as const;

const LOG_IN = "Log in";
const SIGN = "Sign";
const CERTIFICATES = "Certificates";

const LINK_NEXT =
  "Make the device link on your server and show it as a QR code, with a new one every second, or as a button (Web2App, App2App). " +
  "The sessionSecret never leaves your server.";

export const OPERATIONS: readonly OperationEntry[] = [
  {
    path: "/authentication/device-link/anonymous",
    method: "post",
    operationId: "startAnonymousAuthenticationLink",
    tag: LOG_IN,
    summary: "Log in whoever opens the link",
    description: `The best way to log people in: they come from your page, and nobody can start a login in another's name by knowing a personal code. Who it was stands in the certificate of the result. ${LINK_NEXT}`,
    body: { schema: "AuthenticationLinkRequest", example: REQUESTS.authenticationLink },
    answer: link,
    problems: ANONYMOUS,
  },
  {
    path: "/authentication/device-link/etsi/{semanticsId}",
    method: "post",
    operationId: "startAuthenticationLinkOfPerson",
    tag: LOG_IN,
    summary: "Log in one person, by device link",
    description: `Like the anonymous one, but only this person's accounts may open the link: for a step where you know who must be there. ${LINK_NEXT}`,
    addressee: "PNOEE-40404040009",
    body: { schema: "AuthenticationLinkRequest", example: REQUESTS.authenticationLink },
    answer: link,
    problems: ADDRESSED,
  },
  {
    path: "/authentication/device-link/document/{documentNumber}",
    method: "post",
    operationId: "startAuthenticationLinkOfDocument",
    tag: LOG_IN,
    summary: "Log in one account, by device link",
    description: `Like the one before, but only this account may open the link: the one that answered last time. ${LINK_NEXT}`,
    addressee: LINK_DOCUMENT,
    body: { schema: "AuthenticationLinkRequest", example: REQUESTS.authenticationLink },
    answer: link,
    problems: ADDRESSED,
  },
  {
    path: "/authentication/notification/etsi/{semanticsId}",
    method: "post",
    operationId: "startAuthenticationOfPerson",
    tag: LOG_IN,
    summary: "Log in one person, by notification",
    description:
      "Asks all devices of the person at once; the first that answers counts. Show the verification code that you compute from the " +
      "rpChallenge: SHA-256 over the decoded bytes, the last two bytes as a big-endian number, modulo 10000, four digits. Whoever knows a " +
      "personal code can start this, so that people must compare codes; prefer device links.",
    addressee: PERSON,
    body: { schema: "AuthenticationRequest", example: REQUESTS.authentication },
    answer: started,
    problems: ADDRESSED,
  },
  {
    path: "/authentication/notification/document/{documentNumber}",
    method: "post",
    operationId: "startAuthenticationOfDocument",
    tag: LOG_IN,
    summary: "Log in one account, by notification",
    description: "Asks one device: that of the account that the document number names. Show the verification code as above.",
    addressee: DOCUMENT,
    body: { schema: "AuthenticationRequest", example: REQUESTS.authentication },
    answer: started,
    problems: ADDRESSED,
  },
  {
    path: "/signature/device-link/etsi/{semanticsId}",
    method: "post",
    operationId: "startSignatureLinkOfPerson",
    tag: SIGN,
    summary: "Have one person sign, by device link",
    description: `Asks for a signature over a digest from whichever account of the person opens the link. To know the certificate before you make what is signed, ask for it first (Certificates). ${LINK_NEXT}`,
    addressee: "PNOEE-40404040009",
    body: { schema: "SignatureLinkRequest", example: REQUESTS.signatureLink },
    answer: link,
    problems: ADDRESSED,
  },
  {
    path: "/signature/device-link/document/{documentNumber}",
    method: "post",
    operationId: "startSignatureLinkOfDocument",
    tag: SIGN,
    summary: "Have one account sign, by device link",
    description: `Asks for a signature over a digest from one account, whose certificate you know already. ${LINK_NEXT}`,
    addressee: LINK_DOCUMENT,
    body: { schema: "SignatureLinkRequest", example: REQUESTS.signatureLink },
    answer: link,
    problems: ADDRESSED,
  },
  {
    path: "/signature/notification/etsi/{semanticsId}",
    method: "post",
    operationId: "startSignatureOfPerson",
    tag: SIGN,
    summary: "Have one person sign, by notification",
    description:
      "Asks all devices of the person for a signature over a digest. Show the verification code of the answer; the server draws it.",
    addressee: PERSON,
    body: { schema: "SignatureRequest", example: REQUESTS.signature },
    answer: coded,
    problems: ADDRESSED,
  },
  {
    path: "/signature/notification/document/{documentNumber}",
    method: "post",
    operationId: "startSignatureOfDocument",
    tag: SIGN,
    summary: "Have one account sign, by notification",
    description: "Asks one device for a signature over a digest. Show the verification code of the answer.",
    addressee: DOCUMENT,
    body: { schema: "SignatureRequest", example: REQUESTS.signature },
    answer: coded,
    problems: ADDRESSED,
  },
  {
    path: "/signature/notification/linked/{documentNumber}",
    method: "post",
    operationId: "startLinkedSignature",
    tag: SIGN,
    summary: "Have the chosen account sign",
    description:
      "Follows a certificate choice by device link: the app of the person who chose is open and waits three minutes for this request, " +
      "so there is no second link and no verification code. One choice is followed by one signature; the same request again is the same session. " +
      "By RSA alone: what signs is the key of the certificate that was chosen, so `ed25519` is refused with 400.",
    addressee: LINK_DOCUMENT,
    body: { schema: "LinkedSignatureRequest", example: REQUESTS.linkedSignature },
    answer: started,
    problems: ADDRESSED,
  },
  {
    path: "/signature/certificate-choice/device-link/anonymous",
    method: "post",
    operationId: "startCertificateChoiceLink",
    tag: CERTIFICATES,
    summary: "Let whoever opens the link choose an account",
    description: `The result has the document number and the signing certificate of the account that the person chose; the signature follows as linked signature. ${LINK_NEXT}`,
    body: { schema: "CertificateChoiceLinkRequest", example: REQUESTS.certificateChoiceLink },
    answer: link,
    problems: ANONYMOUS,
  },
  {
    path: "/signature/certificate-choice/notification/etsi/{semanticsId}",
    method: "post",
    operationId: "startCertificateChoiceOfPerson",
    tag: CERTIFICATES,
    summary: "Let one person choose an account",
    description:
      "Asks the person's devices which account is to sign. The result has its document number and its signing certificate; ask for the signature by document number then.",
    addressee: PERSON,
    body: { schema: "CertificateChoiceRequest", example: REQUESTS.certificateChoice },
    answer: started,
    problems: ADDRESSED,
  },
  {
    path: "/signature/certificate/{documentNumber}",
    method: "post",
    operationId: "readCertificate",
    tag: CERTIFICATES,
    summary: "Read an account's signing certificate",
    description:
      "Answers at once, without asking the person and without a session: for an account that you know from before. It is the certificate for RSA; that for `ed25519` comes with the signature. Ask anew before each signature: a person who changes PIN2 gets another certificate, and the one of before is revoked.",
    addressee: DOCUMENT,
    body: { schema: "CertificateRequest", example: REQUESTS.certificate },
    answer: {
      schema: "CertificateAnswer",
      examples: {
        found: { summary: "Found (certificate cut short)", value: ANSWERS.certificate },
        unusable: { summary: "Cannot sign now", value: ANSWERS.unusable },
      },
    },
    problems: ADDRESSED,
  },
  {
    path: "/session/{sessionID}",
    method: "get",
    operationId: "awaitSession",
    tag: "Results",
    summary: "Wait for the end of a session",
    description:
      "A long poll: answers in the moment that the session ends, or `RUNNING` when `timeoutMs` is over; then ask again. The person has " +
      "three minutes; a session that nobody answered says `TIMEOUT` five seconds later. A result can be fetched for five minutes, " +
      "as often as you like and always in the same bytes, by you alone. Believe nothing before you have verified certificate and signature.",
    answer: {
      schema: "SessionStatus",
      examples: {
        running: { summary: "Nobody has answered yet", value: ANSWERS.running },
        authenticated: { summary: "A login (values cut short)", value: ANSWERS.authenticated },
        signed: { summary: "A signature (values cut short)", value: ANSWERS.signed },
        signedWithEd25519: { summary: "A signature with ed25519 (certificate cut short)", value: ANSWERS.signedWithEd25519 },
        chosen: { summary: "A certificate choice (certificate cut short)", value: ANSWERS.chosen },
        refused: { summary: "The person refused", value: ANSWERS.refused },
        refusedInteraction: { summary: "The person refused one screen", value: ANSWERS.refusedInteraction },
      },
    },
    problems: ["Malformed", "NoSuchSession", "Misdirected", "Internal"],
  },
  {
    path: "/device-link",
    method: "post",
    operationId: "openDeviceLinkAsTestPerson",
    tag: "Local tests",
    summary: "Have a test person open a device link",
    description:
      "Exists only on a developer's machine (`npm start`), anywhere else it is a 404. The test person opens the link in place of a phone and " +
      "answers as that person always does. A link that leads nowhere is a 200 with `opened: false`.",
    body: { schema: "MockDeviceLinkRequest", example: REQUESTS.mockDeviceLink },
    answer: { schema: "MockDeviceLinkAnswer", examples: { opened: { summary: "Opened", value: ANSWERS.opened } } },
    problems: ["Malformed", "NoSuchTestPerson", "NotReady", "TooSlow", "TooLarge", "NotJson", "Misdirected", "Internal"],
  },
];
