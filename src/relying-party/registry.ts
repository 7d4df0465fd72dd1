// The relying parties that the operator registered in D1, remembered in the isolate for at most a minute: a change counts after
// that. Only registered parties are remembered, so that guessed UUIDs fill no memory.
import type { Environment } from "../environment.ts";
import { DEMO_PARTY_UUID } from "./demo-party.ts";
import { type RelyingParty, relyingPartyRow } from "./registration.ts";

/** Milliseconds. */
const REMEMBERED_FOR = 60_000;

/** `since`: milliseconds since the epoch. */
const remembered = new Map<string, { readonly party: RelyingParty; readonly since: number }>();

/**
 * Undefined for a party that is unknown or disabled, and for the DEMO party outside local mode, whatever the table says.
 * `uuid`: lower case. Throws where the operator's row is malformed.
 */
export async function findRelyingParty(
  environment: Environment,
  uuid: string,
  now: number = Date.now(),
): Promise<RelyingParty | undefined> {
  if (uuid === DEMO_PARTY_UUID && environment.LOCAL_MODE !== "true") return undefined;
  const known = remembered.get(uuid);
  // A clock that was put back must not keep a party that was disabled meanwhile.
  if (known !== undefined && known.since <= now && now < known.since + REMEMBERED_FOR) return known.party;
  const statement = environment.DATABASE.prepare("SELECT * FROM relying_parties WHERE uuid = ? AND enabled = 1");
  const row = await statement.bind(uuid).first();
  if (row === null) {
    remembered.delete(uuid);
    return undefined;
  }
  const party = relyingPartyRow.parse(row);
  remembered.set(uuid, { party, since: now });
  return party;
}
