// A CRL as the table `revocation_lists` keeps it, and how it gets there. No I/O.
import { fromBase64 } from "../../protocol/encoding.ts";

/** One row of the table `revocation_lists`. */
export interface RevocationList {
  readonly number: number;
  /** Milliseconds since the epoch, whole seconds. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  /** How many revocations of the authority there had been when it was made. */
  readonly lastRevocation: number;
  /** Hexadecimal SHA-256 of `der`. */
  readonly digest: string;
  readonly der: Uint8Array<ArrayBuffer>;
}

/** A CRL that was made where the authority's key is, which is not here. */
export interface BroughtList extends Omit<RevocationList, "der" | "lastRevocation"> {
  readonly authority: string;
  /** DER in base64. */
  readonly list: string;
}

const PUT_REVOCATION_LIST = `INSERT INTO revocation_lists
    (authority, number, this_update, next_update, last_revocation, digest, list) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
  ON CONFLICT (authority) DO UPDATE SET number = ?2, this_update = ?3, next_update = ?4, last_revocation = ?5, digest = ?6, list = ?7
    WHERE number`;

/** Takes the place of the one with a certain number only, and an empty place always. */
export const SAVE_REVOCATION_LIST = `${PUT_REVOCATION_LIST} = ?8`;

/** For a list that was made elsewhere: takes the place of any with a lower number. Parameters 1 to 7 of the other. */
export const BRING_REVOCATION_LIST = `${PUT_REVOCATION_LIST} < ?2`;

/** For SAVE_REVOCATION_LIST. `before`: number of the list whose place it takes; null: an empty place only. */
export function listParameters(authority: string, list: RevocationList, before: number | null) {
  const { number, thisUpdate, nextUpdate, lastRevocation, digest, der } = list;
  return [authority, number, thisUpdate, nextUpdate, lastRevocation, digest, der.buffer, before] as const;
}

/** For SAVE_REVOCATION_LIST, into an empty place. */
export function broughtListParameters({ authority, list, ...rest }: BroughtList): ReturnType<typeof listParameters> {
  const der = fromBase64(list);
  if (der === undefined) throw new Error(`the CRL of ${authority} is not base64`);
  return listParameters(authority, { ...rest, lastRevocation: 0, der }, null);
}
