// Whether this deployment has every KEK that it needs: the current one, which has to wrap, and those that something stored names.
import type { Environment } from "../environment.ts";
import { vaultOf } from "./configuration.ts";
import { namedKeks } from "./kek-index.ts";
import { VaultUnavailable } from "./key-encryption-key.ts";
import type { Vault } from "./vault.ts";

/** Anybody may ask for /health as often as they like. */
const GOOD_FOR_MS = 10_000;

/** When each isolate found nothing wrong, in milliseconds since the epoch. */
const foundGood = new WeakMap<Environment, number>();

/** One sentence that names what is missing; undefined where nothing is. Ids are not secret. What is found wrong is looked at each time. */
export async function vaultProblem(environment: Environment): Promise<string | undefined> {
  if (Date.now() - (foundGood.get(environment) ?? -Infinity) < GOOD_FOR_MS) return undefined;
  const problem = await lookAtVault(environment);
  if (problem === undefined) foundGood.set(environment, Date.now());
  return problem;
}

async function lookAtVault(environment: Environment): Promise<string | undefined> {
  try {
    const vault = vaultOf(environment);
    const [ids, named] = await Promise.all([vault.ids(), namedOrNone(environment)]);
    const needed = [...new Set([environment.KEK_ID, ...named])];
    const missing = needed.filter((id) => !ids.includes(id));
    if (missing.length === 0) return await probe(environment, vault);
    const unusable = (await Promise.all(missing.map((id) => vault.problemOf(id)))).find((problem) => problem !== undefined);
    if (unusable !== undefined) return unusable;
    const [keks, them] = missing.length === 1 ? ["a KEK is", "it"] : ["KEKs are", "them"];
    return `${keks} missing, ${missing.join(", ")}: KEK_ID or what is stored names ${them}, and neither KEK nor EXTERNAL_KEKS has ${them}`;
  } catch (error) {
    if (error instanceof VaultUnavailable) return error.message;
    throw error;
  }
}

/** A database that does not answer is another matter. */
const namedOrNone = (environment: Environment): Promise<readonly string[]> => namedKeks(environment).catch(() => []);

/** What the current KEK last did in each isolate; `at`: when it was asked, in milliseconds since the epoch. */
const probed = new WeakMap<Environment, { readonly at: number; readonly problem: string | undefined }>();

/** A KMS may be sealed, or its token have run out. It is not asked more often than this for anybody, nor while it is being asked. */
async function probe(environment: Environment, vault: Vault): Promise<string | undefined> {
  const last = probed.get(environment);
  const at = Date.now();
  if (last !== undefined && at - last.at < GOOD_FOR_MS) return last.problem;
  probed.set(environment, { at, problem: last?.problem });
  const problem = await problemOfCurrent(vault);
  probed.set(environment, { at, problem });
  return problem;
}

/** Wraps something, and unwraps it: nothing is stored. */
async function problemOfCurrent(vault: Vault): Promise<string | undefined> {
  const place = { kind: "nonce", account: "", purpose: "", suite: "", keyVersion: 0, publicKey: new Uint8Array(0) } as const;
  try {
    const opened = await vault.unwrap(place, await vault.wrap(place, new Uint8Array(16)));
    return opened?.length === 16 ? undefined : `the KEK ${vault.currentId} does not unwrap what it wrapped`;
  } catch (error) {
    if (error instanceof VaultUnavailable) return error.message;
    throw error;
  }
}
