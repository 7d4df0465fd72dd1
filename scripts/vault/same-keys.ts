// Whether a copy of the backup and a server have the same KEKs. The store gives nothing back, and what is written there is all that it has
// afterwards: from an older copy, or for another deployment, that would delete keys which nobody can make again.
import type { Answer } from "../../src/protocol/operator-orders.ts";
import { checkValueOf } from "../../src/vault/local-key.ts";

export type Words = readonly (readonly [id: string, key: string])[];

/** Of a backup: what it has in the store, and what it took out of it. */
export interface Kept {
  readonly words: Words;
  readonly retired: Words;
}

type Status = Answer<"vaultStatus">;

/**
 * Why these are not the keys that the server has, in a sentence; undefined where they are. `id`: the KEK that comes or goes. Of that one
 * alone either side may know nothing, or the backup may count it as removed: it was interrupted.
 */
export async function whyOtherKeys(id: string, { words, retired }: Kept, status: Status): Promise<string | undefined> {
  if (status.problem !== "") return `The server cannot use its KEKs: ${status.problem}. Mend that first.`;
  const there = new Map(status.checkValues.map((each) => [each.id, each.value]));
  const [here, removed] = [await valuesOf(words), await valuesOf(retired)];
  for (const [each, value] of there) {
    const known = here.get(each) ?? (each === id ? removed.get(each) : undefined);
    if (known === undefined && removed.has(each)) {
      return `The server has ${each}, which this backup counts as removed: it is a copy of another time, or remove ${each} has to be given once more.`;
    }
    if (known === undefined) return `The server has ${each}, and this backup does not: ${ANOTHER}.`;
    if (known !== value) return `The server has another key as ${each} than this backup: ${ANOTHER}.`;
  }
  const lacking = [...here.keys()].find((each) => each !== id && !there.has(each));
  return lacking === undefined
    ? undefined
    : `This backup has ${lacking}, and the server does not: give add ${lacking} once more if that was interrupted; else ${ANOTHER}.`;
}

/** Why no key may be made with this id, in a sentence; undefined where one may. */
export function whyNoNewKey(id: string, { current, configured, uses }: Status): string | undefined {
  if (configured.includes(id)) return `${id} is a KEK that a KMS keeps (EXTERNAL_KEKS): take another id.`;
  const use = uses.find((each) => each.id === id);
  // An account says so before it has anything wrapped, which cannot be told from here.
  if (id !== current && (use === undefined || use.accounts + use.pooledShares + use.lastCurrentAt === 0)) return undefined;
  return `There was a ${id} before, and this backup does not have it: with a new key of that name, what was wrapped under it would look damaged. Look for the newest copy of the backup; or take another id.`;
}

const ANOTHER = "it is an older copy, or the server is that of another deployment";

const valuesOf = async (words: Words): Promise<ReadonlyMap<string, string>> =>
  new Map(await Promise.all(words.map(async ([id, key]) => [id, await checkValueOf(key)] as const)));
