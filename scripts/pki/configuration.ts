// What an operator decides about a hierarchy before it is made: names, addresses, validity, policies. JSON; docs/pki.md has an example.
import { z } from "zod";
import { authorityAddresses } from "../../src/certificates/addresses.ts";
import { isMarkedTest, TEST_MARK } from "../../src/certificates/authority.ts";
import { ANY_POLICY, ROOT_CURVES } from "../../src/certificates/authority-certificate.ts";
import { OBJECT_IDENTIFIER, parsePolicies } from "../../src/certificates/policies.ts";
import { PkiFailure } from "./pki-failure.ts";

const text = (most: number) =>
  z
    .string()
    .min(1, "is empty")
    .max(most, `is longer than ${most} characters`)
    .refine(
      (value) => value === value.trim() && !/[\p{C}\p{Zl}\p{Zp}]/u.test(value),
      "has control characters or white space at its ends",
    );

/** X.520 allows 64; a number and " OCSP" come behind it after a rotation. */
const commonName = text(54);

const years = (least: number, most: number) => z.int().min(least, `is less than ${least}`).max(most, `is more than ${most}`);

const address = z
  .string()
  .max(500)
  .regex(/^https?:\/\/[\x21-\x7e]+$/, "is no http or https address in ASCII");

/** One member each, so that they can be asked for one by one. */
export const MEMBERS = {
  country: z.string().regex(/^[A-Z]{2}$/, "is not two upper-case letters (ISO 3166-1)"),
  organisation: text(64),
  /** ETSI EN 319 412-1 §5.1.4. */
  organizationIdentifier: text(64).regex(
    /^(?:[A-Z]{3}|[A-Z]{2}:)[A-Z]{2}-.+$/u,
    "is not of the form NTREE-12345678 (ETSI EN 319 412-1)",
  ),
  commonName,
  rootCurve: z.enum(ROOT_CURVES, `is not ${ROOT_CURVES.join(" or ")}`),
  pkiBaseUrl: address.refine(isBase, "ends with a slash, or has a query or a fragment"),
  rootYears: years(2, 40),
  issuerYears: years(1, 30),
  // Nobody can revoke a signer (id-pkix-ocsp-nocheck): it must end soon by itself.
  ocspSignerDays: years(7, 365),
  rootListDays: years(7, 365),
  generation: years(1, 99),
  policyIdentifier: z.string().max(128).regex(OBJECT_IDENTIFIER, "is no object identifier such as 1.3.6.1.4.1.99999.1"),
  cps: address.max(200),
  /** As in the variable CERTIFICATE_POLICIES; its own reader says what is wrong with it. */
  certificatePolicies: z.looseObject({}).superRefine((value, context) => {
    try {
      parsePolicies(JSON.stringify(value));
    } catch (error) {
      context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
    }
  }),
} as const;

export const configurationSchema = z
  .strictObject({
    /** Which hierarchy of its deployment: part of authorities' names, which are never used twice. */
    generation: MEMBERS.generation.default(1),
    country: MEMBERS.country,
    organisation: MEMBERS.organisation,
    organizationIdentifier: MEMBERS.organizationIdentifier.optional(),
    commonNames: z.strictObject({ root: commonName, qualified: commonName, nonQualified: commonName }),
    rootCurve: MEMBERS.rootCurve.default("P-384"),
    /** Base of the addresses in certificates, as PKI_BASE_URL in wrangler.toml. */
    pkiBaseUrl: MEMBERS.pkiBaseUrl,
    validity: z
      .strictObject({
        rootYears: MEMBERS.rootYears.default(25),
        issuerYears: MEMBERS.issuerYears.default(12),
        ocspSignerDays: MEMBERS.ocspSignerDays.default(365),
        rootListDays: MEMBERS.rootListDays.default(365),
      })
      .prefault({}),
    authorityPolicy: z
      .strictObject({ identifier: MEMBERS.policyIdentifier.default(ANY_POLICY), cps: MEMBERS.cps.optional() })
      .optional(),
    certificatePolicies: MEMBERS.certificatePolicies.optional(),
  })
  .refine(({ commonNames }) => new Set(Object.values(commonNames)).size === 3, {
    path: ["commonNames"],
    message: "names two authorities alike",
  })
  .refine(({ validity }) => validity.issuerYears < validity.rootYears, {
    path: ["validity"],
    message: "lets the issuing authorities outlive their root",
  });

export type Configuration = z.output<typeof configurationSchema>;

/** `source`: file name, for messages. PkiFailure for what is no configuration, with the first thing that is wrong. */
export function parseConfiguration(source: string, content: unknown): Configuration {
  const parsed = configurationSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new PkiFailure(`${source}: ${firstProblem(parsed.error)}`);
}

/** `pkiBaseUrl: ends with a slash`. */
export function firstProblem({ issues: [problem] }: z.ZodError): string {
  const what =
    problem?.code === "unrecognized_keys" ? `has no member ${problem.keys.join(", ")}` : (problem?.message ?? "is wrong");
  return `${problem?.path.join(".") || "the content"} ${what.replace(/^Invalid input: expected \w+, received undefined$/, "is missing")}`;
}

/** An authority that is marked TEST issues on a developer's machine alone, and any other never there: one sort or the other. */
export function checkTestMarks({ commonNames, organisation }: Configuration, test: boolean): void {
  const marked = [...Object.values(commonNames), organisation].find(isMarkedTest);
  if (!test && marked !== undefined) {
    throw new PkiFailure(
      `"${marked}" has the word ${TEST_MARK}, and such an authority issues in local mode only: name it otherwise, or say --test`,
    );
  }
  const unmarked = Object.values(commonNames).find((name) => !isMarkedTest(name));
  if (test && unmarked !== undefined) throw new PkiFailure(`--test: "${unmarked}" does not have the word ${TEST_MARK}`);
}

/** JSON as CERTIFICATE_POLICIES has it; empty for the defaults. */
export const policiesText = ({ certificatePolicies }: Configuration): string =>
  certificatePolicies === undefined ? "" : JSON.stringify(certificatePolicies);

function isBase(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || url.search !== "" || url.hash !== "") return false;
  try {
    authorityAddresses(value, "root");
    return true;
  } catch {
    return false;
  }
}
