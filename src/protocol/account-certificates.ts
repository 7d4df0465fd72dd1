// What a device is told of its account's certificates: the very bytes, and what the server has read in them, so that the page needs no
// parser of X.509.
import { z } from "zod/mini";
import { bytes, KEYS_LIMIT, milliseconds, purpose, suite } from "./device-fields.ts";

/** More than any name that this server writes; a relative distinguished name is no longer than 64 characters. */
const name = z.string().check(z.maxLength(1024));

const accountCertificate = z.strictObject({
  purpose,
  suite,
  /** DER, base64url. */
  der: bytes.check(z.minLength(1), z.maxLength(8192)),
  /** Whole names as text (RFC 4514). */
  subject: name,
  issuer: name,
  /** The authority's common name. */
  issuerName: name,
  /** Lower-case hexadecimal. */
  serialNumber: z.string().check(z.regex(/^[0-9a-f]{1,40}$/)),
  /** Milliseconds since the epoch, both inclusive. */
  notBefore: milliseconds,
  notAfter: milliseconds,
  key: z.strictObject({ algorithm: z.enum(["RSA", "Ed25519"]), bits: z.int().check(z.minimum(1), z.maximum(16_384)) }),
});
export type AccountCertificate = z.infer<typeof accountCertificate>;

export const accountCertificates = {
  /** When the application was signed, milliseconds since the epoch. */
  appliedAt: milliseconds,
  /** Of the keys that stand: PIN1's first, the main suite's first. */
  certificates: z.array(accountCertificate).check(z.maxLength(KEYS_LIMIT)),
} as const;
