// The root's CRL: which of its issuing authorities are revoked. Made where the root's key is.
import type { SigningAuthority } from "../../src/certificates/authority-certificate.ts";
import { makeBroughtList } from "../../src/certificates/revocation-list/brought-list.ts";
import type { BroughtList } from "../../src/certificates/revocation-list/stored-list.ts";
import { endOf, type IssuingAuthority, parsedCertificate } from "./deployment.ts";

const DAY = 86_400_000;

/** `before`: number of the list that it takes the place of; 0 for none. Not valid beyond the root itself. */
export function makeRootList(
  root: SigningAuthority,
  issuers: readonly IssuingAuthority[],
  { before, now, days }: { readonly before: number; readonly now: number; readonly days: number },
): Promise<BroughtList> {
  const thisUpdate = Math.floor(now / 1000) * 1000;
  const end = endOf({ certificate: Buffer.from(root.certificate).toString("base64") });
  return makeBroughtList(root, {
    // At least the time, so that a folder restored from an old copy does not use numbers a second time.
    number: Math.max(before + 1, thisUpdate / 1000),
    thisUpdate,
    nextUpdate: Math.min(thisUpdate + days * DAY, end),
    revocations: issuers.flatMap((issuer) => {
      const { revocation } = issuer;
      if (revocation === null) return [];
      return [{ ...revocation, serialNumberHex: parsedCertificate(issuer).serialNumber.toLowerCase() }];
    }),
  });
}
