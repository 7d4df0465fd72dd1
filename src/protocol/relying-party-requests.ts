// Bodies of the relying-party API's POSTs: size, shape and forbidden combinations of every field. Unknown fields are ignored,
// unknown request properties are reported back. Whether the relying party may ask is decided elsewhere.
import { z } from "zod";
import {
  HASH_ALGORITHMS,
  HASH_LENGTHS,
  type HashAlgorithm,
  IMPLIED_HASH,
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
} from "./algorithms.ts";
import { CALLBACK_LIMIT, isCallbackUrl } from "./device-link.ts";
import { fromBase64, utf8 } from "./encoding.ts";
import { interactionsDetail, parseInteractions } from "./interactions.ts";

/** Bytes of UTF-8. */
export const NAME_LIMIT = 32;
const PROPERTIES_LIMIT = 32;
const PROPERTY_NAME_LIMIT = 64;

/** Some clients write a field that they do not use as null. */
const optional = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().transform((value) => value ?? undefined);

const relyingParty = {
  relyingPartyUUID: z.guid("must be a UUID").transform((uuid) => uuid.toLowerCase()),
  relyingPartyName: z
    .string()
    .min(1)
    .refine((name) => name.isWellFormed() && utf8(name).length <= NAME_LIMIT, `must be at most ${NAME_LIMIT} bytes of UTF-8`),
};

const authenticationLevel = z
  .enum(["ADVANCED", "QUALIFIED"])
  .nullish()
  .transform((level) => level ?? "QUALIFIED");

/** `QSCD` asks for a signature of the highest kind, which a qualified account gives. */
const signatureLevel = z
  .enum(["ADVANCED", "QUALIFIED", "QSCD"])
  .nullish()
  .transform((level) => (level === "ADVANCED" ? level : "QUALIFIED"));

const algorithm = {
  signatureAlgorithm: z.enum(SIGNATURE_ALGORITHMS),
  signatureAlgorithmParameters: optional(z.object({ hashAlgorithm: optional(z.enum(HASH_ALGORITHMS)) })),
};

interface NamedAlgorithm {
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signatureAlgorithmParameters: { readonly hashAlgorithm: HashAlgorithm | undefined } | undefined;
}

/** The name of a PKCS#1 v1.5 algorithm fixes its hash; with RSASSA-PSS the hash must be named. */
function resolveHash(parameters: NamedAlgorithm, context: z.RefinementCtx): HashAlgorithm | undefined {
  const { signatureAlgorithm } = parameters;
  const named = parameters.signatureAlgorithmParameters?.hashAlgorithm;
  const implied = IMPLIED_HASH[signatureAlgorithm];
  if (named === undefined && implied === undefined) {
    addIssue(context, "hashAlgorithm", "required", `${signatureAlgorithm} needs a hash algorithm`);
    return undefined;
  }
  if (named !== undefined && implied !== undefined && named !== implied) {
    addIssue(context, "hashAlgorithm", "contradiction", `${signatureAlgorithm} goes with ${implied} alone`);
    return undefined;
  }
  return named ?? implied;
}

function addIssue(context: z.RefinementCtx, field: "hashAlgorithm" | "digest", code: string, message: string): void {
  const path = field === "hashAlgorithm" ? ["signatureAlgorithmParameters", field] : [field];
  context.addIssue({ code: "custom", path, message, params: { code } });
}

const rpChallenge = z
  .string()
  .min(44)
  .max(88)
  .refine((challenge) => {
    const length = fromBase64(challenge)?.length ?? 0;
    return length >= 32 && length <= 64;
  }, "must be base64 of 32 to 64 bytes");

const authenticationParameters = z.object({ ...algorithm, rpChallenge }).transform((parameters, context) => {
  const hashAlgorithm = resolveHash(parameters, context);
  if (hashAlgorithm === undefined) return z.NEVER;
  return { rpChallenge: parameters.rpChallenge, signatureAlgorithm: parameters.signatureAlgorithm, hashAlgorithm };
});

/** What is signed is exactly these bytes as the hash's output, so another length is never a hash of anything. */
const digestParameters = z.object({ ...algorithm, digest: z.string().max(88) }).transform((parameters, context) => {
  const hashAlgorithm = resolveHash(parameters, context);
  if (hashAlgorithm === undefined) return z.NEVER;
  if (fromBase64(parameters.digest)?.length !== HASH_LENGTHS[hashAlgorithm]) {
    addIssue(context, "digest", "length", `must be base64 of the ${HASH_LENGTHS[hashAlgorithm]} bytes of ${hashAlgorithm}`);
    return z.NEVER;
  }
  return { digest: parameters.digest, signatureAlgorithm: parameters.signatureAlgorithm, hashAlgorithm };
});

/** The text as sent is what gets signed and shown; the first type that the app supports is used, and it supports all. */
const interactions = z.string().transform((encoded, context) => {
  const parsed = parseInteractions(encoded);
  if (typeof parsed === "string") {
    context.addIssue({ code: "custom", message: interactionsDetail(parsed), params: { code: parsed } });
    return z.NEVER;
  }
  const [first] = parsed;
  if (first === undefined) throw new Error("a parsed list of interactions is never empty");
  return { encoded, typeUsed: first.type };
});

/** A choice of codes compares two screens; who comes by a device link has its page in front of them already. */
const interactionsWithoutChoice = interactions.refine(({ encoded }) => {
  const parsed = parseInteractions(encoded);
  return typeof parsed === "string" || parsed.every(({ type }) => type !== "confirmationMessageAndVerificationCodeChoice");
}, "confirmationMessageAndVerificationCodeChoice is for notification flows alone");

const requestProperties = z
  .looseObject({ shareMdClientIpAddress: optional(z.boolean()) })
  .nullish()
  .transform((properties, context) => {
    const { shareMdClientIpAddress, ...unknown } = properties ?? {};
    const ignoredProperties = Object.keys(unknown);
    const tooMany = ignoredProperties.length > PROPERTIES_LIMIT;
    if (tooMany || ignoredProperties.some((name) => name.length > PROPERTY_NAME_LIMIT)) {
      const message = `at most ${PROPERTIES_LIMIT} properties with names of at most ${PROPERTY_NAME_LIMIT} characters`;
      context.addIssue({ code: "custom", message, params: { code: "too_long" } });
      return z.NEVER;
    }
    return { shareClientAddress: shareMdClientIpAddress === true, ignoredProperties };
  });

/** https, or http to the person's own machine. */
const initialCallbackUrl = optional(
  // Some clients write an empty one for none.
  z
    .string()
    .refine(
      (text) => text === "" || isCallbackUrl(text),
      `must be an https address of at most ${CALLBACK_LIMIT} characters, without | and #`,
    ),
).transform((text) => (text === "" ? undefined : text));

/** Sets apart a request that repeats another one's content on purpose. */
const nonce = optional(z.string().min(1).max(30));

const common = {
  ...relyingParty,
  /** `QUALIFIED` asks for an account of that level; other names are permissions agreed with the operator, and mean nothing here. */
  capabilities: optional(z.array(z.string().min(1).max(64)).max(32)),
  requestProperties,
};

const authentication = {
  ...common,
  certificateLevel: authenticationLevel,
  signatureProtocol: z.literal("ACSP_V2"),
  signatureProtocolParameters: authenticationParameters,
};

const signature = {
  ...common,
  certificateLevel: signatureLevel,
  signatureProtocol: z.literal("RAW_DIGEST_SIGNATURE"),
  signatureProtocolParameters: digestParameters,
  nonce,
};

/** POST `authentication/notification/…`. */
export const authenticationRequest = z.object({ ...authentication, interactions, vcType: z.literal("numeric4") });

/** POST `authentication/device-link/…`. */
export const authenticationLinkRequest = z.object({
  ...authentication,
  interactions: interactionsWithoutChoice,
  initialCallbackUrl,
});
export type AuthenticationLinkRequest = z.output<typeof authenticationLinkRequest>;

/** POST `signature/notification/…`. */
export const signatureRequest = z.object({ ...signature, interactions });

/** POST `signature/device-link/…`. */
export const signatureLinkRequest = z.object({ ...signature, interactions: interactionsWithoutChoice, initialCallbackUrl });

/** POST `signature/notification/linked/{documentNumber}`. */
export const linkedSignatureRequest = z.object({
  ...signature,
  interactions: interactionsWithoutChoice,
  /** Of the certificate choice by device link that came before. */
  linkedSessionID: z.guid("must be the sessionID of a certificate choice"),
});

/** POST `signature/certificate-choice/notification/…`. */
export const certificateChoiceRequest = z.object({ ...common, certificateLevel: signatureLevel, nonce });

/** POST `signature/certificate-choice/device-link/anonymous`. */
export const certificateChoiceLinkRequest = z.object({
  ...common,
  certificateLevel: signatureLevel,
  nonce,
  initialCallbackUrl,
});

/** POST `signature/certificate/{documentNumber}`. */
export const certificateRequest = z.object({ ...common, certificateLevel: signatureLevel });
