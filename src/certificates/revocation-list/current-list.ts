// Which CRL of an authority is served, and when the next one is made: on schedule, or because something was revoked since.
// A list is shown only after it took its place in D1, so that no two lists ever have one number.
import type { AuthorityRecord } from "../authority.ts";
import { findIssuer, type IssuerEnvironment, loadAuthorities } from "../issuer.ts";
import { buildRevocationList, listDigest } from "./build-list.ts";
import { type ListState, readList, readListState, readRevocations, saveList } from "./list-store.ts";
import type { RevocationList } from "./stored-list.ts";

const HOUR = 3_600_000;
/** From thisUpdate to nextUpdate. */
const VALID_FOR = 24 * HOUR;
/** A list is replaced when it is valid for less than this: a server that is down for half a day leaves no gap. */
const RENEWED_BEFORE = 12 * HOUR;
/** Revocations that come in a row share a list. */
const LEAST_INTERVAL = 5_000;

/**
 * The list to serve now; a new one where that is due. The one of before where no new one can be made, for that is still worth
 * something to a client. Undefined where there is none: a root's is made where its key is, and brought here.
 */
export async function currentRevocationList(
  environment: IssuerEnvironment,
  authority: AuthorityRecord,
  now: number,
): Promise<RevocationList | undefined> {
  const { DATABASE } = environment;
  const state = await readListState(DATABASE, authority.name);
  if (isDue(state, now)) {
    try {
      const made = await makeList(environment, authority, now);
      if (made !== undefined) return remember(made);
    } catch (error) {
      if (state.list === undefined) throw error;
      console.error(`the CRL of ${authority.name} could not be renewed:`, error instanceof Error ? error.message : typeof error);
    }
  }
  if (state.list === undefined) return undefined;
  return remembered.get(state.list.digest) ?? remember(await readList(DATABASE, authority.name));
}

/** For the cron handler: renews what is due of every authority, whatever becomes of the others. */
export async function renewRevocationLists(environment: IssuerEnvironment, now: number = Date.now()): Promise<void> {
  const authorities = await loadAuthorities(environment.DATABASE);
  const outcomes = await Promise.allSettled(authorities.map((authority) => currentRevocationList(environment, authority, now)));
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") console.error("a CRL could not be made:", (outcome.reason as Error).message);
  }
}

function isDue({ list, latestRevocation }: ListState, now: number): boolean {
  if (list === undefined || now >= list.nextUpdate - RENEWED_BEFORE) return true;
  // By a clock that was put back, the one before is from times to come.
  const isYoung = list.thisUpdate <= now && now < list.thisUpdate + LEAST_INTERVAL;
  return latestRevocation !== list.lastRevocation && !isYoung;
}

/** Undefined where the key is not at hand, or another isolate's list took the place first. */
async function makeList(
  environment: IssuerEnvironment,
  authority: AuthorityRecord,
  now: number,
): Promise<RevocationList | undefined> {
  const issuer = await findIssuer(environment, authority);
  if (issuer === undefined) return undefined;
  const { list: before, latestRevocation, revocations } = await readRevocations(environment.DATABASE, authority.name);
  const thisUpdate = Math.floor(now / 1000) * 1000;
  const nextUpdate = thisUpdate + VALID_FOR;
  // At least the time, so that a database restored from a backup does not use numbers a second time.
  const number = Math.max((before?.number ?? 0) + 1, thisUpdate / 1000);
  const der = await buildRevocationList({ issuer, number, thisUpdate, nextUpdate, revocations });
  const list = { number, thisUpdate, nextUpdate, lastRevocation: latestRevocation, digest: await listDigest(der), der };
  if (await saveList(environment.DATABASE, authority.name, list, before?.number)) return list;
  return readList(environment.DATABASE, authority.name);
}

/** By digest, one for each authority or a few: the bytes are read from D1 once for each isolate. */
const remembered = new Map<string, RevocationList>();
const MAXIMUM_REMEMBERED = 8;

function remember(list: RevocationList | undefined): RevocationList | undefined {
  if (list === undefined) return undefined;
  for (const oldest of remembered.keys()) {
    if (remembered.size < MAXIMUM_REMEMBERED) break;
    remembered.delete(oldest);
  }
  remembered.set(list.digest, list);
  return list;
}
