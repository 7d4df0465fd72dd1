// What an operator sees of the KEKs, and one step of the job that brings everything under the current one. Each step begins where the
// index says, so that the job may be stopped at any moment, and more than one may run.
import { failed, type Result, success } from "../account/result.ts";
import type { Environment } from "../environment.ts";
import type { Failure } from "../http/failures.ts";
import type { Answer, Order } from "../protocol/operator-orders.ts";
import { vaultOf } from "../vault/configuration.ts";
import { accountsNaming, dropOtherPooledShares, forgetAccount, kekUses, untoldSince } from "../vault/kek-index.ts";
import { VaultUnavailable } from "../vault/key-encryption-key.ts";
import { parseKeyWords } from "../vault/key-words.ts";
import { checkValueOf } from "../vault/local-key.ts";

/** Objects that one step calls at the same time. */
const AT_ONCE = 5;

type RewrapStep = Answer<"rewrap">;

export async function vaultStatus(environment: Environment): Promise<Result<Answer<"vaultStatus">, Failure>> {
  const [uses, untold, configured] = await Promise.all([
    kekUses(environment),
    untoldSince(environment),
    configuredKeks(environment),
  ]);
  return success({ current: environment.KEK_ID, ...configured, uses: [...uses], accountsUntoldSince: untold ?? 0 });
}

type Configured = Pick<Answer<"vaultStatus">, "configured" | "checkValues" | "problem">;

async function configuredKeks(environment: Environment): Promise<Configured> {
  try {
    const configured = [...(await vaultOf(environment).ids())].toSorted();
    const words = parseKeyWords(await environment.KEK.get());
    const checkValues = await Promise.all(words.map(async ([id, key]) => ({ id, value: await checkValueOf(key) })));
    return { configured, checkValues, problem: "" };
  } catch (error) {
    if (!(error instanceof VaultUnavailable)) throw error;
    return { configured: [], checkValues: [], problem: error.message };
  }
}

/**
 * The accounts that name `kek`, from `after` on, at most `limit` of them; fewer where the KEKs turn out not to be in reach, each of which
 * would take its whole time. Idempotent.
 */
export async function rewrapStep(
  environment: Environment,
  order: Extract<Order, { kind: "rewrap" }>,
): Promise<Result<RewrapStep, Failure>> {
  const { kek, target, after, limit } = order;
  const current = environment.KEK_ID;
  if (target !== current) {
    const detail = `${current} is the current KEK here, and not ${target}: finish the deployment first.`;
    return failed({ kind: "conflict", detail });
  }
  if (kek === current)
    return failed({ kind: "conflict", detail: `${kek} is the current KEK: there is nothing to re-wrap from it.` });
  const configured = await configuredKeks(environment);
  if (!configured.configured.includes(current)) {
    const detail = configured.problem === "" ? `the KEK ${current} of KEK_ID is missing` : configured.problem;
    return failed({ kind: "conflict", detail: `Nothing can be re-wrapped: ${detail}.` });
  }
  const handles = await accountsNaming(environment, { kek, after, limit });
  const outcomes = await inTurn(handles, (handle) => rewrapAccount(environment, handle, kek));
  const isLast = handles.length < limit && outcomes.length === handles.length;
  return success({
    current,
    done: outcomes.filter((outcome) => outcome === "done").length,
    failed: handles.flatMap((handle, index) => {
      const reason = outcomes[index];
      return reason === undefined || reason === "done" ? [] : [{ handle, reason }];
    }),
    next: isLast ? "" : (handles[outcomes.length - 1] ?? ""),
    // With the last accounts: an enrolment has no shares ready until others are made.
    pooledSharesDropped: isLast ? await dropOtherPooledShares(environment) : 0,
  });
}

type Outcome = "done" | RewrapStep["failed"][number]["reason"];

async function rewrapAccount(environment: Environment, handle: string, kek: string): Promise<Outcome> {
  const { ACCOUNTS, KEK_ID } = environment;
  try {
    const outcome = await ACCOUNTS.get(ACCOUNTS.idFromString(handle)).rewrap(KEK_ID);
    if (outcome.ok) return outcome.value.includes(kek) ? "still_named" : "done";
    if (outcome.failure !== "lost") return outcome.failure;
    await forgetAccount(environment, handle);
    return "done";
  } catch (error) {
    console.error(`the Account object ${handle} was not re-wrapped:`, error instanceof Error ? error.message : typeof error);
    return "unreachable";
  }
}

/** A few at a time, in order, until none of those few could be moved for want of a KEK. Gives the outcomes of those that were tried. */
async function inTurn(handles: readonly string[], act: (handle: string) => Promise<Outcome>): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let start = 0; start < handles.length; start += AT_ONCE) {
    const some = await Promise.all(handles.slice(start, start + AT_ONCE).map(act));
    outcomes.push(...some);
    if (some.every((outcome) => outcome === "unavailable")) break;
  }
  return outcomes;
}
