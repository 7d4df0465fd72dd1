// Private keys at rest: encrypted PKCS#8 (RFC 5958) under PBES2 (RFC 8018) with scrypt (RFC 7914 §7) and AES-256-CBC, so that openssl and
// node:crypto open them too. Node's own export of encrypted keys derives by 2048 rounds of PBKDF2, which a stolen stick does not
// withstand. No I/O.
import "reflect-metadata";
import { EncryptedData, EncryptedPrivateKeyInfo } from "@peculiar/asn1-pkcs8";
import { AsnConvert, AsnProp, AsnPropTypes, OctetString } from "@peculiar/asn1-schema";
import { AlgorithmIdentifier } from "@peculiar/asn1-x509";
import { createCipheriv, createPrivateKey, type KeyObject, randomBytes, scrypt } from "node:crypto";

/** RFC 7914 §2. Memory is 128·N·r bytes; openssl takes no more than 32 MiB without being asked. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 16 MiB, and about a second on one core of an ordinary machine. */
export const SCRYPT_COST: ScryptCost = { N: 2 ** 14, r: 8, p: 16 };

const PBES2 = "1.2.840.113549.1.5.13";
const SCRYPT = "1.3.6.1.4.1.11591.4.11";
const AES_256_CBC = "2.16.840.1.101.3.4.1.42";
const KEY_LENGTH = 32;
const LABEL = "ENCRYPTED PRIVATE KEY";

// The library's decorators are called as the functions that they are: Node runs these files by erasing types, and decorators do not
// erase.
class ScryptParameters {
  salt = new OctetString();
  costParameter = 0;
  blockSize = 0;
  parallelizationParameter = 0;
  keyLength = 0;
}
AsnProp({ type: OctetString })(ScryptParameters.prototype, "salt");
for (const field of ["costParameter", "blockSize", "parallelizationParameter", "keyLength"]) {
  AsnProp({ type: AsnPropTypes.Integer })(ScryptParameters.prototype, field);
}

class Pbes2Parameters {
  keyDerivationFunc = new AlgorithmIdentifier();
  encryptionScheme = new AlgorithmIdentifier();
}
AsnProp({ type: AlgorithmIdentifier })(Pbes2Parameters.prototype, "keyDerivationFunc");
AsnProp({ type: AlgorithmIdentifier })(Pbes2Parameters.prototype, "encryptionScheme");

/** PEM. `pkcs8`: DER of the private key, in the clear. */
export async function encryptKey(pkcs8: Uint8Array, passphrase: string, cost: ScryptCost): Promise<string> {
  const [salt, initialVector] = [randomBytes(16), randomBytes(16)];
  const key = await deriveKey(passphrase, salt, cost);
  const cipher = createCipheriv("aes-256-cbc", key, initialVector);
  const ciphertext = Buffer.concat([cipher.update(pkcs8), cipher.final()]);
  const derivation = Object.assign(new ScryptParameters(), {
    salt: new OctetString(salt),
    costParameter: cost.N,
    blockSize: cost.r,
    parallelizationParameter: cost.p,
    keyLength: KEY_LENGTH,
  });
  const scheme = Object.assign(new Pbes2Parameters(), {
    keyDerivationFunc: new AlgorithmIdentifier({ algorithm: SCRYPT, parameters: AsnConvert.serialize(derivation) }),
    encryptionScheme: new AlgorithmIdentifier({
      algorithm: AES_256_CBC,
      parameters: AsnConvert.serialize(new OctetString(initialVector)),
    }),
  });
  const info = new EncryptedPrivateKeyInfo({
    encryptionAlgorithm: new AlgorithmIdentifier({ algorithm: PBES2, parameters: AsnConvert.serialize(scheme) }),
    encryptedData: new EncryptedData(ciphertext),
  });
  const lines =
    Buffer.from(AsnConvert.serialize(info))
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${LABEL}-----\n${lines.join("\n")}\n-----END ${LABEL}-----\n`;
}

const deriveKey = (passphrase: string, salt: Uint8Array, { N, r, p }: ScryptCost): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(passphrase, salt, KEY_LENGTH, { N, r, p }, (error, key) => (error === null ? resolve(key) : reject(error)));
  });

/** `plain`: not encrypted, or no such file at all. `refused`: another passphrase, or damaged; nobody can tell which. */
export function decryptKey(pem: string, passphrase: string): KeyObject | "plain" | "refused" {
  if (!pem.includes(`-----BEGIN ${LABEL}-----`)) return "plain";
  try {
    return createPrivateKey({ key: pem, passphrase });
  } catch {
    return "refused";
  }
}
