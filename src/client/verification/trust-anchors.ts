// The certificates that a relying party was given by the operator. A chain must end in a root of them; nothing that came with an
// answer, and nothing from the network, ever becomes an issuer.
import "reflect-metadata";
import { X509Certificate } from "@peculiar/x509";
import { isAuthority, isIssuedBy } from "./certificate-chain.ts";

export interface TrustAnchors {
  /** Signed by themselves; a chain ends in one of them. */
  readonly roots: readonly X509Certificate[];
  /** Between a root and people's certificates. */
  readonly intermediates: readonly X509Certificate[];
}

/** Never done here: who trusts a root says so. */
const SORT_BUNDLE = "divide a bundle, the root into `roots` and the issuing authorities into `intermediates`";

/** PEM, one certificate or many; or DER. */
export type CertificateSource = string | Uint8Array;

/**
 * Reads them once, at the start of a program. Throws for text without certificates, for a root that did not sign itself, an
 * intermediate that did, and for what is no CA: all of it is the operator's mistake.
 */
export async function trustAnchors(sources: {
  readonly roots: CertificateSource | readonly CertificateSource[];
  readonly intermediates?: CertificateSource | readonly CertificateSource[];
}): Promise<TrustAnchors> {
  const roots = certificatesOf(sources.roots);
  const intermediates = certificatesOf(sources.intermediates ?? []);
  if (roots.length === 0) throw new TypeError("trust anchors: no root");
  if (![...roots, ...intermediates].every(isAuthority)) throw new TypeError("trust anchors: not a CA certificate");
  for (const root of roots) {
    if (!(await isIssuedBy(root, root)))
      throw new TypeError(`trust anchors: ${root.subject} did not sign itself: ${SORT_BUNDLE}`);
  }
  for (const intermediate of intermediates) {
    if (await isIssuedBy(intermediate, intermediate)) {
      throw new TypeError(`trust anchors: ${intermediate.subject} is a root among the intermediates: ${SORT_BUNDLE}`);
    }
  }
  return { roots, intermediates };
}

function certificatesOf(sources: CertificateSource | readonly CertificateSource[]): readonly X509Certificate[] {
  const list = typeof sources === "string" || sources instanceof Uint8Array ? [sources] : sources;
  return list.flatMap((source) => {
    if (typeof source !== "string") return new X509Certificate(new Uint8Array(source));
    const blocks = source.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (blocks.length === 0) throw new TypeError("trust anchors: text without a certificate");
    return blocks.map((block) => new X509Certificate(block));
  });
}
