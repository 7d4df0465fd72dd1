// The signer of time stamps of a developer's machine: a key, and the certificate that the local authority for non-qualified
// certificates gives it. Never used in production, which has no time stamps.
import { createPrivateKey, generateKeyPairSync, subtle, X509Certificate } from "node:crypto";
import type { AuthorityRecord } from "../src/certificates/authority.ts";
import type { CertificateEntry } from "../src/certificates/certificate-entry.ts";
import { SIGNER_KEY_ALGORITHM } from "../src/certificates/signer-certificate.ts";
import { issueTimeStampSigner } from "../src/certificates/time-stamp/signer-certificate.ts";
import { localIssuer, RENEWED_BEFORE } from "./local-ocsp-signers.ts";
import type { LocalSecrets } from "./local-secrets.ts";

export type TimeStampSigner = LocalSecrets["timeStampSigner"];
type WithAuthorities = Pick<LocalSecrets, "secrets" | "authorities">;

/** The one that is there, or a new one with a new key where there is none or it ends within a month. Throws for one that is damaged. */
export async function lastingTimeStampSigner(
  state: WithAuthorities & { readonly timeStampSigner?: TimeStampSigner | undefined },
  pkiBaseUrl: string,
  now: number,
): Promise<TimeStampSigner> {
  const { timeStampSigner: found } = state;
  return found !== undefined && checkedEnd(found) > now + RENEWED_BEFORE ? found : makeTimeStampSigner(state, pkiBaseUrl, now);
}

/** Milliseconds since the epoch. */
function checkedEnd({ certificate, privateKey }: TimeStampSigner): number {
  const parsed = new X509Certificate(Buffer.from(certificate, "base64"));
  const key = createPrivateKey({ key: Buffer.from(privateKey, "base64"), format: "der", type: "pkcs8" });
  if (!parsed.checkPrivateKey(key)) throw new Error("the key of the time stamps is not their certificate's");
  return parsed.validToDate.getTime();
}

async function makeTimeStampSigner(state: WithAuthorities, pkiBaseUrl: string, now: number): Promise<TimeStampSigner> {
  const keys = generateKeyPairSync("ec", { namedCurve: SIGNER_KEY_ALGORITHM.namedCurve });
  const spki = keys.publicKey.export({ format: "der", type: "spki" });
  const publicKey = await subtle.importKey("spki", spki, SIGNER_KEY_ALGORITHM, true, ["verify"]);
  const issuer = await localIssuer(authorityOf(state), state.secrets);
  const certificate = await issueTimeStampSigner({ issuer, publicKey, pkiBaseUrl, now });
  return {
    certificate: Buffer.from(certificate).toString("base64"),
    privateKey: keys.privateKey.export({ format: "der", type: "pkcs8" }).toString("base64"),
  };
}

/** For the certificate index: its status is asked for like that of any other certificate. */
export function timeStampSignerEntry(state: Pick<LocalSecrets, "authorities" | "timeStampSigner">): CertificateEntry {
  const certificate = new X509Certificate(Buffer.from(state.timeStampSigner.certificate, "base64"));
  return {
    serialNumberHex: certificate.serialNumber.toLowerCase(),
    issuer: authorityOf(state).name,
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
  };
}

function authorityOf({ authorities }: Pick<LocalSecrets, "authorities">): AuthorityRecord & { readonly level: "ADVANCED" } {
  for (const authority of authorities) {
    const { level } = authority;
    if (level === "ADVANCED") return { ...authority, level };
  }
  throw new Error("there is no authority for non-qualified certificates");
}
