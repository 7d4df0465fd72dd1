// Who asks: UUID, source address, credential and name must all belong together. Which of them does not is never told.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { CertificateLevel } from "../account/purpose.ts";
import { failed, type Result, success } from "../account/result.ts";
import type { Environment } from "../environment.ts";
import type { Failure } from "../http/failures.ts";
import { equalBytes, utf8 } from "../protocol/encoding.ts";
import { isAllowedSource, isOwnAddress } from "./network.ts";
import { type Endpoint, findRelyingParty, type Flow, type RelyingParty } from "./registry.ts";

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

/** The relying party behind a request that names it. */
export async function identifyRelyingParty(
  environment: Environment,
  caller: Caller,
  claimed: { readonly relyingPartyUUID: string; readonly relyingPartyName: string },
): Promise<Result<RelyingParty, Failure>> {
  const party = await findRelyingParty(environment, claimed.relyingPartyUUID);
  if (party === undefined) return failed({ kind: "unknown_relying_party" });
  const name = claimed.relyingPartyName.toLowerCase();
  const named = party.names.some((registered) => registered.toLowerCase() === name);
  if (!named || !isCallerOf(party, caller, environment.LOCAL_MODE === "true")) {
    return failed({ kind: "relying_party_not_identified" });
  }
  return success(party);
}

/**
 * Whether a request comes from this party. Networks and credential each count where the party has them; a party that has neither
 * is nobody, save in local mode.
 */
export function isCallerOf(party: RelyingParty, caller: Caller, localMode: boolean): boolean {
  const { networks, credential_sha256: credentialHash } = party;
  if (networks.length === 0 && credentialHash === null && !localMode) return false;
  if (caller.address === undefined) return false;
  const fromHere = networks.length === 0 ? isOwnAddress(caller.address) : isAllowedSource(caller.address, networks);
  return fromHere && (credentialHash === null || hasCredential(caller.authorization, credentialHash));
}

/** RFC 6750 §2.1; hashes are compared in constant time. */
function hasCredential(authorization: string | undefined, expectedHash: string): boolean {
  const [, token] = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? "") ?? [];
  return token !== undefined && equalBytes(utf8(bytesToHex(sha256(utf8(token)))), utf8(expectedHash));
}

/** What an identified party may not do; undefined where it may. `flow`: undefined where the person is not asked. */
export function forbidden(
  party: RelyingParty,
  request: {
    readonly endpoint: Endpoint;
    readonly flow?: Flow;
    readonly level: CertificateLevel;
    readonly capabilities: readonly string[];
    readonly shareClientAddress: boolean;
  },
): Failure | undefined {
  const refuse = (detail: string): Failure => ({ kind: "forbidden", detail });
  if (!party.endpoints.includes(request.endpoint)) return refuse("This relying party may not use this endpoint.");
  if (request.flow !== undefined && !party.flows.includes(request.flow)) {
    return refuse(`This relying party may not start ${request.flow} flows.`);
  }
  if (!party.levels.includes(request.level)) return refuse("This relying party may not ask for this certificate level.");
  const known: readonly string[] = [...party.levels, ...party.capabilities];
  if (!request.capabilities.every((capability) => known.includes(capability))) {
    return refuse("This relying party may not ask for this capability.");
  }
  if (request.shareClientAddress && party.may_learn_client_address !== 1) {
    return refuse("This relying party may not ask for the address of the person's device.");
  }
  return undefined;
}
