// `signatureProtocolParameters` in bodies of the relying-party API: what is to be signed and by which algorithm. As in
// relying-party-fields.ts, the metadata is what the published document says and refuses nothing by itself.
import { z } from "zod";
import {
  HASH_ALGORITHMS,
  HASH_LENGTHS,
  type HashAlgorithm,
  IMPLIED_HASH,
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
} from "./algorithms.ts";
import { BASE64_PATTERN } from "./base64-pattern.ts";
import { fromBase64 } from "./encoding.ts";
import { optional } from "./relying-party-fields.ts";

const RSA_MEANING =
  "`rsassa-pss` is RSASSA-PSS with MGF1 over the same hash and a salt as long as the hash, and the names with `RSAEncryption` are " +
  "RSASSA-PKCS1-v1_5. ";

/** `withSeparateHash`: the algorithms that must come with one, as the document writes them. */
const algorithmParameters = (withSeparateHash: string) =>
  optional(
    z.object({
      hashAlgorithm: optional(z.enum(HASH_ALGORITHMS)).meta({
        description: `Required with ${withSeparateHash}. The other algorithms name their hash; here it may only be repeated.`,
      }),
    }),
  );

const algorithm = {
  signatureAlgorithm: z.enum(SIGNATURE_ALGORITHMS).meta({
    description:
      `${RSA_MEANING}\`ed25519\`, an extension of this server, is plain Ed25519 (RFC 8032, not Ed25519ph) over the bytes of the ` +
      "digest or, at a login, of the hash of the ACSP_V2 text: not for CMS, CAdES, PAdES, XAdES or JWS, which sign other bytes. An " +
      "account without such a key ends `DOCUMENT_UNUSABLE`.",
  }),
  signatureAlgorithmParameters: algorithmParameters("`rsassa-pss` and `ed25519`"),
};

/** What follows a choice is signed by the chosen certificate's key, which may stand in the document already: an RSA key. */
const algorithmOfLinked = {
  signatureAlgorithm: z
    .enum(SIGNATURE_ALGORITHMS)
    .exclude(["ed25519"], {
      error: ({ input }) =>
        input === "ed25519" ? "must go with the certificate that was chosen, which is that of the RSA key" : undefined,
    })
    .meta({ description: `${RSA_MEANING}Never \`ed25519\`: the certificate that was chosen is that of the RSA key.` }),
  signatureAlgorithmParameters: algorithmParameters("`rsassa-pss`"),
};

interface NamedAlgorithm {
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signatureAlgorithmParameters: { readonly hashAlgorithm: HashAlgorithm | undefined } | undefined;
}

/** The name of a PKCS#1 v1.5 algorithm fixes its hash; with RSASSA-PSS and Ed25519 the hash must be named. */
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
  }, "must be base64 of 32 to 64 bytes")
  .meta({
    pattern: BASE64_PATTERN,
    contentEncoding: "base64",
    description:
      "32 to 64 random bytes in base64, new for each login. What the person signs has this text in it, so an old signature proves " +
      "nothing. The verification code of a notification login is computed from the decoded bytes.",
  });

export const authenticationParameters = z.object({ rpChallenge, ...algorithm }).transform((parameters, context) => {
  const hashAlgorithm = resolveHash(parameters, context);
  if (hashAlgorithm === undefined) return z.NEVER;
  return { rpChallenge: parameters.rpChallenge, signatureAlgorithm: parameters.signatureAlgorithm, hashAlgorithm };
});

const digest = z.string().max(88).meta({
  pattern: BASE64_PATTERN,
  contentEncoding: "base64",
  description: "The hash of what is signed, in base64: 32, 48 or 64 bytes, exactly as many as the hash algorithm gives.",
});

/** What is signed is exactly these bytes as the hash's output, so another length is never a hash of anything. */
function resolveDigest(parameters: NamedAlgorithm & { readonly digest: string }, context: z.RefinementCtx) {
  const hashAlgorithm = resolveHash(parameters, context);
  if (hashAlgorithm === undefined) return z.NEVER;
  if (fromBase64(parameters.digest)?.length !== HASH_LENGTHS[hashAlgorithm]) {
    addIssue(context, "digest", "length", `must be base64 of the ${HASH_LENGTHS[hashAlgorithm]} bytes of ${hashAlgorithm}`);
    return z.NEVER;
  }
  return { digest: parameters.digest, signatureAlgorithm: parameters.signatureAlgorithm, hashAlgorithm };
}

export const digestParameters = z.object({ digest, ...algorithm }).transform(resolveDigest);

/** Of a signature that follows a certificate choice. */
export const linkedDigestParameters = z.object({ digest, ...algorithmOfLinked }).transform(resolveDigest);
