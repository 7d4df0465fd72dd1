// New OCSP signers: one key, and a certificate for it from each authority that it shall speak for.
import type { Issuer } from "../../src/certificates/authority.ts";
import { issueOcspSigner } from "../../src/certificates/ocsp/signer-certificate.ts";
import { LEVEL_NAMES, type OcspSigner } from "./deployment.ts";
import { makeOcspKey, sealKey, type SealedKey } from "./keys.ts";
import type { ScryptCost } from "./key-encryption.ts";

export interface NewSigners {
  readonly key: SealedKey;
  readonly signers: readonly OcspSigner[];
}

/** `issuers`: of one level, with their keys; at least one. */
export async function makeOcspSigners(
  issuers: readonly [Issuer, ...Issuer[]],
  input: { readonly now: number; readonly days: number; readonly passphrase: string; readonly cost: ScryptCost },
): Promise<NewSigners> {
  const { publicKey, privateKey } = await makeOcspKey();
  const key = await sealKey(`${LEVEL_NAMES[issuers[0].level]}-ocsp`, privateKey, input);
  const signers: OcspSigner[] = [];
  for (const issuer of issuers) {
    const certificate = await issueOcspSigner({ issuer, publicKey, now: input.now, days: input.days });
    signers.push({ authority: issuer.name, certificate: Buffer.from(certificate).toString("base64"), keyFile: key.fileName });
  }
  return { key, signers };
}
