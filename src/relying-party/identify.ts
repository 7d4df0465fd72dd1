// Who asks: UUID, source address, credential and name must all belong together. Which of them does not is never told.
import type { CertificateLevel } from "../account/purpose.ts";
import { failed, type Result, success } from "../account/result.ts";
import type { Environment } from "../environment.ts";
import type { Failure } from "../http/failures.ts";
import { type Caller, isCallerOf } from "./caller.ts";
import type { Endpoint, Flow, RelyingParty } from "./registration.ts";
import { findRelyingParty } from "./registry.ts";

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
