// Which keys stand in which secret of the Worker, in which order, and whether they fit. What a secret is for: src/environment.ts.
import type { CertificateLevel } from "../../src/account/purpose.ts";
import { type Deployment, issuerKeyFiles, ocspKeyFiles } from "./deployment.ts";
import { openKeyOf, secretOf } from "./keys.ts";
import { PkiFailure } from "./pki-failure.ts";

/** Bytes: what the secrets store takes (its documentation of 2026-09-25; 1024 before), which wrangler checks as well. */
export const MAXIMUM_SECRET_LENGTH = 65_536;

/** In the order in which they are published: nothing is issued whose status nobody can sign. */
export const PKI_SECRETS = [
  "OCSP_KEY_QUALIFIED",
  "OCSP_KEY_NON_QUALIFIED",
  "ISSUER_KEY_QUALIFIED",
  "ISSUER_KEY_NON_QUALIFIED",
] as const;
export type PkiSecret = (typeof PKI_SECRETS)[number];

/** Base64 characters of PKCS#8 on P-384 and on P-256, as Node writes it. */
const KEY_LENGTHS = { ISSUER: 248, OCSP: 184 } as const;

const levelOf = (secret: PkiSecret): CertificateLevel => (secret.endsWith("NON_QUALIFIED") ? "ADVANCED" : "QUALIFIED");
const isOfOcsp = (secret: PkiSecret): boolean => secret.startsWith("OCSP");

/** Names of key files. `inUse`: see `issuerKeyFiles`. */
export function keyFilesOf(
  deployment: Deployment,
  secret: PkiSecret,
  now: number,
  inUse?: ReadonlyMap<string, number>,
): readonly string[] {
  const level = levelOf(secret);
  return isOfOcsp(secret) ? ocspKeyFiles(deployment, level, now) : issuerKeyFiles(deployment, level, now, inUse);
}

/** Before a rotation is kept that could not be published. PkiFailure that says why. */
export function checkSecretSizes(deployment: Deployment, now: number, most = MAXIMUM_SECRET_LENGTH): void {
  for (const secret of PKI_SECRETS) {
    const count = keyFilesOf(deployment, secret, now).length;
    checkLength(secret, count, count * (KEY_LENGTHS[isOfOcsp(secret) ? "OCSP" : "ISSUER"] + 1) - 1, most);
  }
}

/** Values of the secrets, with every key held against its certificates. PkiFailure for a wrong passphrase or key. */
export function secretValues(
  folder: string,
  deployment: Deployment,
  { passphrase, now, inUse }: { readonly passphrase: string; readonly now: number; readonly inUse: ReadonlyMap<string, number> },
): ReadonlyMap<PkiSecret, string> {
  const values = new Map<PkiSecret, string>();
  for (const secret of PKI_SECRETS) {
    const keys = keyFilesOf(deployment, secret, now, inUse).map((keyFile) => {
      const holder = [...deployment.issuers, ...deployment.ocspSigners].find((one) => one.keyFile === keyFile);
      if (holder === undefined) throw new Error(`nobody holds ${keyFile}`);
      return secretOf(
        openKeyOf(folder, holder, passphrase, "authority" in holder ? `the OCSP signer of ${holder.authority}` : holder.name),
      );
    });
    const value = keys.join("\n");
    if (value === "")
      throw new PkiFailure(`every key for ${secret} has ended: ${isOfOcsp(secret) ? "rotate-ocsp" : "rotate-issuer"} first`);
    checkLength(secret, keys.length, value.length, MAXIMUM_SECRET_LENGTH);
    values.set(secret, value);
  }
  return values;
}

function checkLength(secret: PkiSecret, count: number, length: number, most: number): void {
  if (length <= most) return;
  const cure = isOfOcsp(secret) ? "wait until older signers have ended" : `wait until what the oldest of them issued has ended`;
  throw new PkiFailure(`${secret} would hold ${count} keys in ${length} bytes, and the secrets store takes ${most}: ${cure}`);
}
