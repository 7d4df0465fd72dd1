// Asks for a configuration, one member after the other, each with a default where there is a sensible one.
import { ANY_POLICY } from "../../src/certificates/authority-certificate.ts";
import { type Configuration, MEMBERS, parseConfiguration } from "./configuration.ts";
import type { Context } from "./context.ts";
import { PkiFailure } from "./pki-failure.ts";
import type { Terminal } from "./terminal.ts";

type Member = keyof typeof MEMBERS;

/** PkiFailure where there is nobody to ask. */
export async function askConfiguration({ terminal, note }: Context): Promise<Configuration> {
  if (terminal === undefined) throw new PkiFailure("there is no terminal to ask on: name a configuration with --config FILE");
  note("A new hierarchy: a root and two issuing authorities. Enter takes what stands in brackets; Ctrl-C makes nothing.\n");
  const ask = <Value>(member: Member, question: string, otherwise?: string) =>
    askMember<Value>({ terminal, note }, member, question, otherwise);
  const country = await ask<string>("country", "Country of the organisation, two letters");
  const organisation = await ask<string>("organisation", "Organisation, its registered name");
  const organizationIdentifier = await ask<string | undefined>(
    "organizationIdentifier",
    "Its identifier, for example NTREE-12345678 (ETSI EN 319 412-1)",
    "",
  );
  const short = organisation.slice(0, 40).trim();
  const commonNames = {
    root: await ask<string>("commonName", "Name of the root", `${short} Root CA`),
    qualified: await ask<string>("commonName", "Name of the authority for qualified certificates", `${short} EID-Q`),
    nonQualified: await ask<string>("commonName", "Name of the authority for non-qualified ones", `${short} EID-NQ`),
  };
  const rootCurve = await ask<string>("rootCurve", "Curve of the root's key, P-384 or P-521", "P-384");
  const pkiBaseUrl = await ask<string>(
    "pkiBaseUrl",
    "Base of the addresses in certificates, for example http://pki.example.org/pki",
  );
  const validity = {
    rootYears: await ask<number>("rootYears", "Years that the root is valid", "25"),
    issuerYears: await ask<number>("issuerYears", "Years that issuing authorities are valid", "12"),
    ocspSignerDays: await ask<number>("ocspSignerDays", "Days that OCSP signers are valid", "365"),
    rootListDays: await ask<number>("rootListDays", "Days that a CRL of the root is valid", "365"),
  };
  const generation = await ask<number>("generation", "Which hierarchy of this deployment it is: 1 for the first", "1");
  const identifier = await ask<string>(
    "policyIdentifier",
    "Policy of the issuing authorities (the default is any policy)",
    ANY_POLICY,
  );
  const cps = await ask<string | undefined>("cps", "Address of the certification practice statement", "");
  const certificatePolicies = await ask<object | undefined>(
    "certificatePolicies",
    "CERTIFICATE_POLICIES of people's certificates, JSON (empty: what client libraries insist on)",
    "",
  );
  return parseConfiguration("the answers", {
    generation,
    country,
    organisation,
    organizationIdentifier,
    commonNames,
    rootCurve,
    pkiBaseUrl,
    validity,
    authorityPolicy: { identifier, cps },
    certificatePolicies,
  });
}

/** PkiFailure for anything but yes. */
export async function confirm({ terminal, note }: Context, configuration: Configuration): Promise<void> {
  note(`\n${JSON.stringify(configuration, null, 2)}\n`);
  const answer = await terminal?.ask("Names and addresses stay in certificates for years. Make it so? (yes/no) ");
  if (!/^y(?:es)?$/i.test(answer ?? "")) throw new PkiFailure("nothing was made");
}

/** Asks until the answer is good. An empty default means that there may be none. */
async function askMember<Value>(
  { terminal, note }: { readonly terminal: Terminal; readonly note: (text: string) => void },
  member: Member,
  question: string,
  otherwise: string | undefined,
): Promise<Value> {
  const hint = otherwise === undefined ? "" : ` [${otherwise || "none"}]`;
  for (;;) {
    const answer = (await terminal.ask(`${question}${hint}: `)) || otherwise;
    if (answer === "") return undefined as Value;
    const parsed = MEMBERS[member].safeParse(toValue(member, answer ?? ""));
    if (parsed.success) return parsed.data as Value;
    note(`  That ${parsed.error.issues[0]?.message ?? "is wrong"}.`);
  }
}

function toValue(member: Member, answer: string): unknown {
  if (/(?:Years|Days|^generation)$/.test(member)) return /^\d{1,5}$/.test(answer) ? Number(answer) : answer;
  if (member !== "certificatePolicies") return member === "country" ? answer.toUpperCase() : answer;
  try {
    return JSON.parse(answer);
  } catch {
    return answer;
  }
}
