// ECDSA signatures as they stand in X.509 structures that no generator of the library makes: CRLs and OCSP answers.
import "reflect-metadata";
import { AlgorithmIdentifier } from "@peculiar/asn1-x509";
import { AsnEcSignatureFormatter } from "@peculiar/x509";

/** RFC 5758 §3.2: the hash that goes with the curve, and the identifier of both; its parameters are absent. */
const ALGORITHMS: Readonly<Record<string, { readonly hash: string; readonly identifier: string }>> = {
  "P-256": { hash: "SHA-256", identifier: "1.2.840.10045.4.3.2" },
  "P-384": { hash: "SHA-384", identifier: "1.2.840.10045.4.3.3" },
  "P-521": { hash: "SHA-512", identifier: "1.2.840.10045.4.3.4" },
};

const FORMATTER = new AsnEcSignatureFormatter();
/** Globals of DOM types, which Node and workerd have no name for. */
type EcAlgorithm = Parameters<typeof FORMATTER.toAsnSignature>[0];

export interface SignatureAlgorithm {
  readonly identifier: AlgorithmIdentifier;
  /** DER of Ecdsa-Sig-Value (RFC 3279 §2.2.3). */
  readonly sign: (toBeSigned: ArrayBuffer) => Promise<ArrayBuffer>;
}

/** `privateKey`: ECDSA on P-256, P-384 or P-521, usage `sign`. Throws for any other. */
export function signatureAlgorithm(privateKey: CryptoKey): SignatureAlgorithm {
  const { namedCurve, ...algorithm } = algorithmOf(privateKey);
  return {
    identifier: new AlgorithmIdentifier({ algorithm: algorithm.identifier }),
    sign: async (toBeSigned) => {
      const signature = await crypto.subtle.sign({ name: "ECDSA", hash: algorithm.hash }, privateKey, toBeSigned);
      const formatted = FORMATTER.toAsnSignature({ name: "ECDSA", namedCurve } as EcAlgorithm, signature);
      if (formatted === null) throw new Error("the signature could not be encoded");
      return formatted;
    },
  };
}

/** The hash that a key of these curves signs with. Throws for any other. */
export const hashOf = (privateKey: CryptoKey): string => algorithmOf(privateKey).hash;

function algorithmOf(privateKey: CryptoKey) {
  const { namedCurve = "" } = privateKey.algorithm as { readonly namedCurve?: string };
  const algorithm = ALGORITHMS[namedCurve];
  if (algorithm === undefined) throw new Error("the key is not an ECDSA key on P-256, P-384 or P-521");
  return { namedCurve, ...algorithm };
}
