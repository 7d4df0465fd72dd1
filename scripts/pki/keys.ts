// Private keys on their way between their encrypted files and what signs with them.
import { createPrivateKey, createPublicKey, type KeyObject, webcrypto } from "node:crypto";
import { AUTHORITY_KEY_ALGORITHM, type Issuer } from "../../src/certificates/authority.ts";
import type { SigningAuthority } from "../../src/certificates/authority-certificate.ts";
import { SIGNER_KEY_ALGORITHM } from "../../src/certificates/signer-certificate.ts";
import type { Context } from "./context.ts";
import { type Deployment, endOf, type IssuingAuthority, keyDigest, parsedCertificate } from "./deployment.ts";
import { keyPath, readKeyFile, readRootKeyFile } from "./folder.ts";
import { decryptKey, encryptKey, type ScryptCost } from "./key-encryption.ts";
import { knownPassphrase } from "./passphrase.ts";
import { PkiFailure } from "./pki-failure.ts";

interface Holder {
  /** DER in base64. */
  readonly certificate: string;
}

/** `holder`: whose certificate the key must be. PkiFailure for a wrong passphrase and for another's key. */
function openKey(path: string, pem: string, passphrase: string, holder: Holder, whose: string): KeyObject {
  const key = decryptKey(pem, passphrase);
  if (key === "plain") throw new PkiFailure(`${path} is no encrypted private key`);
  if (key === "refused") throw new PkiFailure(`wrong passphrase for ${path} (or the file is damaged)`);
  if (!parsedCertificate(holder).checkPrivateKey(key)) throw new PkiFailure(`the key in ${path} does not belong to ${whose}`);
  return key;
}

/** Asks for the passphrase. PkiFailure as well for a root that has ended: what it signs counts for nothing. */
export async function openRoot(context: Context, { root }: Deployment, path: string): Promise<SigningAuthority> {
  if (endOf(root) <= context.now) throw new PkiFailure("the root has ended: begin a new hierarchy with init");
  const pem = readRootKeyFile(path);
  const key = openKey(path, pem, await knownPassphrase(context, "root"), root, "the certificate of this root");
  return { ...certificateOf(root), name: root.name, privateKey: await importKey(key, curveOf(key)) };
}

export async function openIssuer(folder: string, issuer: IssuingAuthority, passphrase: string): Promise<Issuer> {
  const { name, level } = issuer;
  const key = openKeyOf(folder, issuer, passphrase, name);
  return { ...certificateOf(issuer), name, level, privateKey: await importKey(key, AUTHORITY_KEY_ALGORITHM.namedCurve) };
}

/** Of an issuing authority or an OCSP signer. `owner`: its name, for messages. */
export function openKeyOf(
  folder: string,
  holder: Holder & { readonly keyFile: string },
  passphrase: string,
  owner: string,
): KeyObject {
  const path = keyPath(folder, holder.keyFile);
  return openKey(path, readKeyFile(path), passphrase, holder, `the certificate of ${owner}`);
}

const certificateOf = (holder: Holder) => ({
  certificate: new Uint8Array(Buffer.from(holder.certificate, "base64")),
});

/** Of a root: openssl's names for the two curves that there are. */
const curveOf = (key: KeyObject): string => (key.asymmetricKeyDetails?.namedCurve === "secp521r1" ? "P-521" : "P-384");

const importKey = (key: KeyObject, namedCurve: string): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey("pkcs8", toPkcs8(key), { name: "ECDSA", namedCurve }, false, ["sign"]);

/** As a secret has it. */
export const secretOf = (key: KeyObject): string => toPkcs8(key).toString("base64");

const toPkcs8 = (key: KeyObject): Buffer => key.export({ format: "der", type: "pkcs8" });

export interface SealedKey {
  /** Never another key's: what a command that was cut off left behind is in nobody's way. */
  readonly fileName: string;
  readonly pem: string;
}

/** `privateKey`: extractable. */
export async function sealKey(
  name: string,
  privateKey: CryptoKey,
  { passphrase, cost }: { readonly passphrase: string; readonly cost: ScryptCost },
): Promise<SealedKey> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", privateKey));
  const publicKey = createPublicKey(createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }));
  const digest = keyDigest(publicKey.export({ format: "der", type: "spki" }));
  const pem = await encryptKey(pkcs8, passphrase, cost);
  pkcs8.fill(0);
  return { fileName: `${name}.${digest.slice(0, 8)}.pem`, pem };
}

export const makeOcspKey = async (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(SIGNER_KEY_ALGORITHM, true, ["sign", "verify"]);
