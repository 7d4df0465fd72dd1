// What the relying-party API answers, field for field as existing client libraries read it. For documents, types and tests: the server
// makes its answers by these types and does not check itself. Types alone may be imported by what runs in browsers.
import { z } from "zod";
import { HASH_ALGORITHMS, SIGNATURE_ALGORITHMS } from "./algorithms.ts";
import { BASE64_PATTERN } from "./base64-pattern.ts";
import { DOCUMENT_NUMBER_PATTERN } from "./document-number.ts";
import { INTERACTION_TYPES } from "./interactions.ts";

const base64 = (description: string) =>
  z.string().min(1).meta({ pattern: BASE64_PATTERN, contentEncoding: "base64", description });

const sessionID = z.guid().meta({ description: "A UUID. With it you fetch the result; keep it on your server." });

/** Notification authentication, certificate choice by notification, linked signature. */
export const sessionStarted = z.strictObject({ sessionID });
export type SessionStarted = Readonly<z.output<typeof sessionStarted>>;

/** Notification signature. */
export const signatureStarted = z.strictObject({
  sessionID,
  vc: z
    .strictObject({
      type: z.literal("numeric4"),
      value: z.string().regex(/^[0-9]{4}$/),
    })
    .meta({ description: "The verification code: show it to the person, who compares it with the one on the device." }),
});
export type SignatureStarted = Readonly<z.output<typeof signatureStarted>>;

/** Device links. */
export const linkStarted = z.strictObject({
  sessionID,
  sessionToken: z
    .string()
    .regex(/^[A-Za-z0-9]{24,64}$/)
    .meta({ description: "Stands in every link of the session. Does not lead to the sessionID." }),
  sessionSecret: z
    .string()
    .regex(/^[A-Za-z0-9+/]{43}=$/)
    .meta({
      contentEncoding: "base64",
      description: "32 bytes in base64: the key of the authCode of each link. Must never reach a browser.",
    }),
  deviceLinkBase: z
    .string()
    .regex(/^https?:\/\/[^?#\s]+$/)
    .meta({ description: "What every link of the session begins with, in front of `?`." }),
});
export type LinkStarted = Readonly<z.output<typeof linkStarted>>;

const certificateLevel = z.enum(["ADVANCED", "QUALIFIED"]);

export const certificate = z.strictObject({
  value: base64("The X.509 certificate: DER in base64, on one line."),
  certificateLevel: certificateLevel.meta({ description: "The level of the account, not the one that you asked for." }),
});

export const certificateFound = z.strictObject({ state: z.literal("OK"), cert: certificate });
export const certificateUnusable = z.strictObject({ state: z.literal("DOCUMENT_UNUSABLE") });
export const certificateAnswer = z.union([certificateFound, certificateUnusable]).meta({
  description:
    "`DOCUMENT_UNUSABLE`: the account exists, but cannot sign now; its PIN2 may be locked. There is no certificate then.",
});
export type CertificateAnswer = Readonly<z.output<typeof certificateAnswer>>;

export const flowType = z
  .enum(["QR", "App2App", "Web2App", "Notification"])
  .meta({ description: "The way that the person came. It is part of what an authentication signs." });

const hashAlgorithm = z.enum(HASH_ALGORITHMS);

const pss = {
  signatureAlgorithm: z.literal("rsassa-pss"),
  signatureAlgorithmParameters: z.strictObject({
    hashAlgorithm,
    maskGenAlgorithm: z.strictObject({ algorithm: z.literal("id-mgf1"), parameters: z.strictObject({ hashAlgorithm }) }),
    saltLength: z.literal([32, 48, 64]).meta({ description: "Bytes: as long as the hash." }),
    trailerField: z.literal("0xbc"),
  }),
};
const pkcs1 = {
  signatureAlgorithm: z.enum(SIGNATURE_ALGORITHMS).exclude(["rsassa-pss", "ed25519"]),
  signatureAlgorithmParameters: z.strictObject({ hashAlgorithm }),
};
const ed25519 = {
  signatureAlgorithm: z.literal("ed25519"),
  signatureAlgorithmParameters: z.strictObject({ hashAlgorithm }),
};

const digestSigned = {
  value: base64("The signature: in base64, on one line. Of `ed25519` 64 bytes, of RSA about 768."),
  flowType,
};
const challengeSigned = {
  value: digestSigned.value,
  serverRandom: base64("The server's part of what was signed, as it stands in ACSP_V2.").min(24),
  userChallenge: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/)
    .meta({
      description:
        "The device's part of what was signed, base64url of 32 bytes, in every flow. After Web2App and App2App it must be the SHA-256 " +
        "of the `userChallengeVerifier` that came to your callback.",
    }),
  flowType,
};

export const authenticationSignature = z.union([
  z.strictObject({ ...challengeSigned, ...pss }).meta({ title: "with rsassa-pss" }),
  z.strictObject({ ...challengeSigned, ...pkcs1 }).meta({ title: "with PKCS#1 v1.5" }),
  z.strictObject({ ...challengeSigned, ...ed25519 }).meta({ title: "with ed25519" }),
]);
export const digestSignature = z.union([
  z.strictObject({ ...digestSigned, ...pss }).meta({ title: "with rsassa-pss" }),
  z.strictObject({ ...digestSigned, ...pkcs1 }).meta({ title: "with PKCS#1 v1.5" }),
  z.strictObject({ ...digestSigned, ...ed25519 }).meta({ title: "with ed25519" }),
]);

const documentNumber = z.string().meta({
  pattern: DOCUMENT_NUMBER_PATTERN,
  description: "The account that answered. Ask it by this number next time.",
});
const interactionType = z.enum(INTERACTION_TYPES);
const ignoredProperties = z
  .array(z.string())
  .min(1)
  .optional()
  .meta({ description: "Names in `requestProperties` that this server does not know." });

const COMPLETE = z.literal("COMPLETE");
const succeeded = {
  state: COMPLETE,
  result: z.strictObject({ endResult: z.literal("OK"), documentNumber }),
};
const given = {
  deviceIpAddress: z
    .string()
    .optional()
    .meta({ description: "Where the device's answer came from, where you asked for it and may have it." }),
  ignoredProperties,
};
const interactionTypeUsed = interactionType.meta({
  description: "What the person was shown. It is part of what an authentication signs.",
});

export const sessionRunning = z
  .strictObject({ state: z.literal("RUNNING") })
  .meta({ description: "Nobody has answered yet: ask again." });

export const authenticationComplete = z
  .strictObject({
    ...succeeded,
    signatureProtocol: z.literal("ACSP_V2").meta({ description: "How what was signed is put together." }),
    signature: authenticationSignature,
    cert: certificate,
    interactionTypeUsed,
    ...given,
  })
  .meta({ description: "A login that succeeded, if the signature and the certificate verify." });

export const signatureComplete = z
  .strictObject({
    ...succeeded,
    signatureProtocol: z.literal("RAW_DIGEST_SIGNATURE").meta({ description: "Your digest was signed as it is." }),
    signature: digestSignature,
    cert: certificate,
    interactionTypeUsed,
    ...given,
  })
  .meta({ description: "A digest that was signed." });

export const certificateChosen = z
  .strictObject({ ...succeeded, signature: z.strictObject({ flowType }), cert: certificate, ...given })
  .meta({ description: "The account that the person chose, with its signing certificate for RSA. Nothing was signed." });

export const interactionRefused = z
  .strictObject({
    state: COMPLETE,
    result: z.strictObject({
      endResult: z.literal("USER_REFUSED_INTERACTION"),
      documentNumber: documentNumber.optional(),
      details: z.strictObject({ interaction: interactionType }),
    }),
    ignoredProperties,
  })
  .meta({ description: "The person refused on the screen that `details.interaction` names." });

const END_RESULTS =
  "`USER_REFUSED`: the person pressed cancel. `USER_REFUSED_CERT_CHOICE`: the person has several accounts, was asked which " +
  "to use, and pressed cancel there; on the one that they chose it is `USER_REFUSED`. " +
  "`TIMEOUT`: nobody answered in three minutes. `WRONG_VC`: the person picked another verification code; somebody else may have asked. " +
  "`DOCUMENT_UNUSABLE`: the account cannot answer: its PIN is locked, or it has no key for the algorithm. `ACCOUNT_UNUSABLE`: the account cannot be used any more. " +
  "`REQUIRED_INTERACTION_NOT_SUPPORTED_BY_APP`: the app can show none of your interactions. `EXPECTED_LINKED_SESSION`: the person's app waits " +
  "for a linked signature just now. `PROTOCOL_FAILURE`: you made the device link of a session for anybody wrongly. `SERVER_ERROR`: the server failed; start again.";

export const failedResult = z
  .enum([
    "USER_REFUSED",
    "USER_REFUSED_CERT_CHOICE",
    "TIMEOUT",
    "WRONG_VC",
    "DOCUMENT_UNUSABLE",
    "ACCOUNT_UNUSABLE",
    "REQUIRED_INTERACTION_NOT_SUPPORTED_BY_APP",
    "EXPECTED_LINKED_SESSION",
    "PROTOCOL_FAILURE",
    "SERVER_ERROR",
  ])
  .meta({ description: END_RESULTS });

export const sessionFailed = z
  .strictObject({
    state: COMPLETE,
    result: z.strictObject({ endResult: failedResult, documentNumber: documentNumber.optional() }),
    ignoredProperties,
  })
  .meta({ description: "Every other end: nothing was signed." });

/** `GET session/{sessionID}`. */
export const sessionStatus = z.union([
  sessionRunning,
  authenticationComplete,
  signatureComplete,
  certificateChosen,
  interactionRefused,
  sessionFailed,
]);
