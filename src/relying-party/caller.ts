// Who sent a request, by what it brings along: held against networks and credentials of a party. Pure.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { equalBytes, utf8 } from "../protocol/encoding.ts";
import { isAllowedSource, isOwnAddress } from "./network.ts";
import type { RelyingParty } from "./registration.ts";

export interface Caller {
  /** The edge's own header, or the socket's address locally. */
  readonly address: string | undefined;
  /** The `Authorization` header as it came. */
  readonly authorization: string | undefined;
}

export const callerOf = (headers: Headers): Caller => ({
  address: headers.get("cf-connecting-ip") ?? undefined,
  authorization: headers.get("authorization") ?? undefined,
});

/**
 * Whether a request comes from this party. Networks and credential each count where the party has them; a party that has neither
 * is nobody, save in local mode. `now`: milliseconds since the epoch.
 */
export function isCallerOf(party: RelyingParty, caller: Caller, localMode: boolean, now: number = Date.now()): boolean {
  const { networks } = party;
  const credentials = credentialsOf(party, now);
  if (networks.length === 0 && credentials.length === 0 && !localMode) return false;
  if (caller.address === undefined) return false;
  const fromHere = networks.length === 0 ? isOwnAddress(caller.address) : isAllowedSource(caller.address, networks);
  return fromHere && (credentials.length === 0 || hasCredential(caller.authorization, credentials));
}

/** Hashes of the credentials that are good; the one of before only beside another and for its time. */
function credentialsOf(party: RelyingParty, now: number): readonly string[] {
  const { credential_sha256: current, previous_credential_sha256: previous, previous_credential_until: until } = party;
  if (current === null) return [];
  return previous !== null && until !== null && now < until ? [current, previous] : [current];
}

/** RFC 6750 §2.1; hashes are compared in constant time. */
function hasCredential(authorization: string | undefined, expectedHashes: readonly string[]): boolean {
  const [, token] = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? "") ?? [];
  if (token === undefined) return false;
  const hash = utf8(bytesToHex(sha256(utf8(token))));
  return expectedHashes.some((expected) => equalBytes(hash, utf8(expected)));
}
