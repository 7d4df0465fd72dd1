// A new issuing authority of a level, with its first OCSP signer: at the beginning, and at each rotation.
import type { CertificateLevel } from "../../src/account/purpose.ts";
import { makeIssuingAuthority, type SigningAuthority } from "../../src/certificates/authority-certificate.ts";
import type { AttributeName } from "../../src/certificates/distinguished-name.ts";
import type { Configuration } from "./configuration.ts";
import { type IssuingAuthority, issuerName, type OcspSigner } from "./deployment.ts";
import { sealKey, type SealedKey } from "./keys.ts";
import type { ScryptCost } from "./key-encryption.ts";
import { makeOcspSigners } from "./ocsp-signers.ts";

export interface NewIssuer {
  readonly issuer: IssuingAuthority;
  readonly signers: readonly OcspSigner[];
  readonly keys: readonly SealedKey[];
}

/** `place`: 1 for the first of its level. Names are never used twice: they stand in addresses inside certificates. */
export async function makeIssuer(
  {
    configuration,
    root,
    level,
    place,
  }: {
    readonly configuration: Configuration;
    readonly root: SigningAuthority;
    readonly level: CertificateLevel;
    readonly place: number;
  },
  input: { readonly now: number; readonly passphrase: string; readonly cost: ScryptCost },
): Promise<NewIssuer> {
  const { commonNames, validity, authorityPolicy: policy, pkiBaseUrl } = configuration;
  const commonName = commonNames[level === "QUALIFIED" ? "qualified" : "nonQualified"];
  const made = await makeIssuingAuthority(
    {
      name: issuerName(root.name, level, place),
      subject: subjectOf(configuration, place === 1 ? commonName : `${commonName} ${place}`),
      level,
      years: validity.issuerYears,
      policy,
    },
    root,
    { pkiBaseUrl, now: input.now },
  );
  const key = await sealKey(made.name, made.privateKey, input);
  const ocsp = await makeOcspSigners([{ ...made, level }], { ...input, days: validity.ocspSignerDays });
  const { certificate } = made.record;
  return {
    issuer: { name: made.name, level, certificate, keyFile: key.fileName, succeededAt: null, revocation: null },
    signers: ocsp.signers,
    keys: [key, ocsp.key],
  };
}

/** What ETSI EN 319 412-2 §4.2.3.1 wants in the name of an issuer that is a legal person. */
export function subjectOf(configuration: Configuration, commonName: string): readonly (readonly [AttributeName, string])[] {
  const { country, organisation, organizationIdentifier } = configuration;
  return [
    ["countryName", country],
    ["organizationName", organisation],
    ...(organizationIdentifier === undefined ? [] : [["organizationIdentifier", organizationIdentifier] as const]),
    ["commonName", commonName],
  ];
}
