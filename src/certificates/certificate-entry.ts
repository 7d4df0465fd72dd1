// A certificate as the index names it, and how it gets there. Apart from the index itself, for who has another client of the
// database.

export interface CertificateEntry {
  /** 32 lower-case hexadecimal digits. */
  readonly serialNumberHex: string;
  /** Short name of the issuing authority. */
  readonly issuer: string;
  /** Milliseconds since the epoch, whole seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Takes `issuedParameters`. What is there already stays as it is. */
export const INSERT_ISSUED =
  "INSERT INTO certificates (serial_number, issuer, not_before, not_after) VALUES (?, ?, ?, ?) ON CONFLICT (serial_number) DO NOTHING";

export const issuedParameters = ({ serialNumberHex, issuer, notBefore, notAfter }: CertificateEntry) =>
  [serialNumberHex, issuer, notBefore, notAfter] as const;
