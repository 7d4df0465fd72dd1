// A person's certificate by an authority of an operator's folder.
import { readDeployment } from "../../../scripts/pki/folder.ts";
import { openIssuer } from "../../../scripts/pki/keys.ts";
import { issueCertificate } from "../../../src/certificates/issue.ts";
import { DEFAULT_POLICIES } from "../../../src/certificates/policies.ts";
import { COMPOSITE_PUBLIC_KEYS } from "../../certificates/composite-public-keys.ts";
import { KEYS_PASSPHRASE } from "./command.ts";

/** DER. What the index has to know of it is for the caller to write there. */
export async function issueFrom(folder: string, issuerName: string, serialNumber: Uint8Array, at: number): Promise<Uint8Array> {
  const { issuers, configuration } = readDeployment(folder);
  const issuer = await openIssuer(
    folder,
    issuers.find(({ name }) => name === issuerName)!,
    KEYS_PASSPHRASE,
  );
  const identity = {
    givenName: "MARI",
    surname: "TAMM",
    country: "EE",
    semanticsIdentifier: "PNOEE-50001029996",
    level: issuer.level,
  };
  const { der } = await issueCertificate({
    purpose: "sign",
    identity: { ...identity, method: "self-asserted" },
    documentNumber: "PNOEE-50001029996-AAAA-Q",
    publicKey: new Uint8Array(Buffer.from(COMPOSITE_PUBLIC_KEYS[6144], "base64")),
    issuer,
    serialNumber,
    now: at,
    policies: DEFAULT_POLICIES,
    pkiBaseUrl: configuration.pkiBaseUrl,
    test: false,
  });
  return der;
}

/** 16 bytes, as a serial number has them. */
export const serial = (last: number): Uint8Array => Uint8Array.of(0x40, ...Array.from({ length: 14 }, () => 7), last);
