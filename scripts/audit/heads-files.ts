// Files of heads, one a line: where chains stood when they were verified, and where their accounts say that they stand.
import { z } from "zod";
import { chainName } from "../../src/audit/chain.ts";
import type { ToldHead, VerifiedHead } from "../../src/audit/verify-chain.ts";
import { type Answer, ANSWERS } from "../../src/protocol/operator-orders.ts";
import { CommandFailure } from "../authenticator/command-failure.ts";
import { jsonIn, linesOf } from "./event-files.ts";

type Told = Answer<"auditHeads">["heads"][number];

const verifiedHead = z.strictObject({
  chain: chainName,
  position: z.int().min(1),
  hash: chainName,
  ended: z.literal(true).optional(),
});
const toldHead = ANSWERS.auditHeads.shape.heads.element;

export const verifiedLine = (chain: string, { position, hash, ended }: VerifiedHead): string =>
  JSON.stringify({ chain, position, hash, ...(ended === true && { ended }) });
export const toldLine = (told: Told): string => JSON.stringify(told);

/** By chain. Throws a CommandFailure for a file that has two of one: nobody could say which was verified. */
export async function readVerified(file: string | undefined): Promise<ReadonlyMap<string, VerifiedHead>> {
  const heads = new Map<string, VerifiedHead>();
  for (const { chain, position, hash, ended } of await read(file, verifiedHead)) {
    if (heads.has(chain)) throw new CommandFailure("file", `${file} has two heads of the chain ${chain}`);
    heads.set(chain, { position, hash, ...(ended === true && { ended }) });
  }
  return heads;
}

/** By chain, of those that answered. */
export async function readTold(file: string | undefined): Promise<ReadonlyMap<string, ToldHead>> {
  const told = await read(file, toldHead);
  return new Map(told.flatMap((each) => (each.state === "unreachable" ? [] : [[each.chain, toldOf(each)]])));
}

const toldOf = (told: Exclude<Told, { readonly state: "unreachable" }>): ToldHead =>
  told.state === "lost" ? told : { state: "found", head: { position: told.position, hash: told.hash }, taken: told.taken };

async function read<Schema extends z.ZodType>(file: string | undefined, schema: Schema): Promise<readonly z.output<Schema>[]> {
  const heads: z.output<Schema>[] = [];
  if (file === undefined) return heads;
  for await (const [line, number] of linesOf(file)) {
    const head = schema.safeParse(jsonIn(line));
    if (!head.success) throw new CommandFailure("file", `${file}, line ${number}: this is no head of a chain`);
    heads.push(head.data);
  }
  return heads;
}
