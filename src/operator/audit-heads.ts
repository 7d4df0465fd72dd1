// Where accounts say that their audit chains stand: compared with what came to the table, it shows what is missing at the end.
import { type Result, success } from "../account/result.ts";
import type { Environment } from "../environment.ts";
import type { Failure } from "../http/failures.ts";
import type { Answer } from "../protocol/operator-orders.ts";

type Heads = Answer<"auditHeads">;

/** `chains`: handles of accounts. */
export async function auditHeads(environment: Environment, chains: readonly string[]): Promise<Result<Heads, Failure>> {
  return success({ heads: await Promise.all(chains.map((chain) => headOf(environment, chain))) });
}

async function headOf({ ACCOUNTS }: Environment, chain: string): Promise<Heads["heads"][number]> {
  const id = idOf(ACCOUNTS, chain);
  if (id === undefined) return { chain, state: "lost" };
  try {
    const head = await ACCOUNTS.get(id).auditHead();
    return head === undefined ? { chain, state: "lost" } : { chain, state: "found", ...head };
  } catch (error) {
    console.error(`the Account object ${chain} did not answer:`, error instanceof Error ? error.message : typeof error);
    return { chain, state: "unreachable" };
  }
}

/** Undefined for a name that no object of this namespace has. */
function idOf(accounts: Environment["ACCOUNTS"], chain: string): DurableObjectId | undefined {
  try {
    return accounts.idFromString(chain);
  } catch {
    return undefined;
  }
}
