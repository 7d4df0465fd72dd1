// Which certificate policies stand in people's certificates: the configuration CERTIFICATE_POLICIES and its defaults.
// An operator under its own policies sets them there; an empty value keeps what existing client libraries insist on.
import { z } from "zod";
import type { CertificateLevel, Purpose } from "../account/purpose.ts";
import type { DisclosureStatement } from "./qualified-statements.ts";

export type CertificatePolicies = Readonly<Record<Purpose, Readonly<Record<CertificateLevel, readonly string[]>>>> & {
  /** PKI disclosure statements of qualified signature certificates; absent: one in English below PKI_BASE_URL. */
  readonly disclosure?: readonly DisclosureStatement[] | undefined;
};

const NON_QUALIFIED_DOCUMENT = "1.3.6.1.4.1.10015.17.1";
const QUALIFIED_DOCUMENT = "1.3.6.1.4.1.10015.17.2";
/** ETSI EN 319 411-1 §5.3. */
const NCP = "0.4.0.2042.1.1";
const NCP_PLUS = "0.4.0.2042.1.2";
/** ETSI EN 319 411-2 §5.3. */
const QCP_NATURAL_QSCD = "0.4.0.194112.1.2";

export const DEFAULT_POLICIES: CertificatePolicies = {
  auth: { QUALIFIED: [QUALIFIED_DOCUMENT, NCP_PLUS], ADVANCED: [NON_QUALIFIED_DOCUMENT, NCP] },
  sign: { QUALIFIED: [QUALIFIED_DOCUMENT, QCP_NATURAL_QSCD], ADVANCED: [NON_QUALIFIED_DOCUMENT, NCP] },
};

/** Dotted decimal (X.660): first arc 0–2, second below 40 under the first two (DER would make another one of it), no leading zeros. */
export const OBJECT_IDENTIFIER = /^(?:[01]\.(?:[0-9]|[1-3][0-9])|2\.(?:0|[1-9][0-9]*))(?:\.(?:0|[1-9][0-9]*))+$/;
const objectIdentifier = z.string().max(128).regex(OBJECT_IDENTIFIER);

// One policy is named at most once in a certificate (RFC 5280 §4.2.1.4).
const policyList = z
  .array(objectIdentifier)
  .min(1)
  .max(10)
  .refine((policies) => new Set(policies).size === policies.length, "names a policy twice");

const byLevel = (defaults: Readonly<Record<CertificateLevel, readonly string[]>>) =>
  z
    .strictObject({
      QUALIFIED: policyList.default([...defaults.QUALIFIED]),
      ADVANCED: policyList.default([...defaults.ADVANCED]),
    })
    .prefault({});

const disclosureStatement = z.strictObject({
  url: z
    .string()
    .max(500)
    .regex(/^https?:\/\/[\x21-\x7e]+$/),
  language: z.string().regex(/^[a-z]{2}$/),
});

const settings = z.strictObject({
  auth: byLevel(DEFAULT_POLICIES.auth),
  sign: byLevel(DEFAULT_POLICIES.sign),
  disclosure: z
    .array(disclosureStatement)
    .min(1)
    .max(10)
    // ETSI EN 319 412-5 §4.3.4.
    .refine((statements) => statements.some(({ language }) => language === "en"), "has no statement in English")
    .optional(),
});

/**
 * Reads CERTIFICATE_POLICIES: JSON of the form
 * `{"auth":{"QUALIFIED":["1.2.3"],"ADVANCED":["1.2.4"]},"sign":{…},"disclosure":[{"url":"https://…","language":"en"}]}`.
 * What is absent keeps its default. Throws, naming the field, for anything else: it is the operator's mistake.
 */
export function parsePolicies(configuration: string): CertificatePolicies {
  if (configuration.trim() === "") return DEFAULT_POLICIES;
  const verdict = settings.safeParse(parseJson(configuration));
  if (!verdict.success) throw new Error(`CERTIFICATE_POLICIES: ${z.prettifyError(verdict.error)}`);
  return verdict.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("CERTIFICATE_POLICIES is not JSON");
  }
}
