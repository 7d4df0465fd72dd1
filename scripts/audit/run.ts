// From a command line to an exit code.
import { existsSync } from "node:fs";
import { MAXIMUM_HEADS } from "../../src/protocol/operator-orders.ts";
import type { ChainEvent } from "../../src/audit/chain.ts";
import { verifyChain } from "../../src/audit/verify-chain.ts";
import { giveOrder } from "../account/give-order.ts";
import { type Access, type KeyHolder, openAccess } from "../account/operator-key.ts";
import { CommandFailure, type ExitCode } from "../authenticator/command-failure.ts";
import { type Output, outputFor, type Printer } from "../authenticator/output.ts";
import { PkiFailure } from "../pki/pki-failure.ts";
import { addFile } from "../pki/whole-file.ts";
import { type Database, openDatabase } from "../relying-party/database.ts";
import { StartFailure } from "../start-failure.ts";
import { accountsIn } from "./accounts-in.ts";
import { chainsOf } from "./event-files.ts";
import { exportEvents } from "./export-events.ts";
import { readTold, readVerified, toldLine, verifiedLine } from "./heads-files.ts";
import { HELP } from "./help.ts";
import { type Call, readCall } from "./options.ts";

export interface Surroundings extends KeyHolder {
  readonly printer: Printer;
  /** In place of the one that the command line names. */
  readonly database?: Database;
  readonly access?: Access;
}
type Named<Kind extends Call["kind"]> = Extract<Call, { readonly kind: Kind }>;

export async function runAudit(parameters: readonly string[], surroundings: Surroundings): Promise<0 | ExitCode> {
  const { environment, printer } = surroundings;
  const output = outputFor(parameters.includes("--json"), printer, "audit");
  try {
    const call = readCall(parameters, environment);
    if (call.kind === "help") printer.out(HELP);
    else if (call.kind === "export") await takeOut(call, surroundings, output);
    else if (call.kind === "heads") await askHeads(call, surroundings, output);
    else await verify(call, output);
    return 0;
  } catch (error) {
    const failure =
      error instanceof StartFailure || error instanceof PkiFailure ? new CommandFailure("local", error.message) : error;
    if (!(failure instanceof CommandFailure)) throw failure;
    output.failure(failure);
    return failure.exitCode;
  }
}

async function takeOut({ file, deletes, place }: Named<"export">, surroundings: Surroundings, output: Output): Promise<void> {
  const database = surroundings.database ?? openDatabase(place, surroundings.environment);
  const exported = await exportEvents(database, { file, deletes });
  const { events, taken, deleted, late } = exported;
  const were = taken === events ? "" : `, ${events - taken} of them from before`;
  const lines = [`${events} events are in ${file}${were}${deletes ? `, and ${deleted} are deleted in the database` : ""}.`];
  if (late > 0) lines.push(`${late} came too late for it and are left for the next one.`);
  output.answer(lines, { ...exported });
}

/** A new file: heads that somebody keeps are not overwritten. */
const mustBeNew = (file: string): void => {
  if (existsSync(file)) throw new CommandFailure("file", `${file} exists already, and is not overwritten`);
};

async function askHeads(call: Named<"heads">, surroundings: Surroundings, output: Output): Promise<void> {
  mustBeNew(call.file);
  const verified = await readVerified(call.heads);
  const chains = new Set(verified.keys());
  for await (const { chain } of chainsOf(call.exports, (text) => output.note(text))) chains.add(chain);
  // One whose every row was deleted before anybody saw it stands here.
  const database = surroundings.database ?? openDatabase(call.database, surroundings.environment);
  for await (const handle of accountsIn(database)) chains.add(handle);
  // Nothing is left that could answer.
  for (const [chain, { ended }] of verified) if (ended === true) chains.delete(chain);
  const access = surroundings.access ?? (await openAccess(call.place, surroundings));
  const names = [...chains].toSorted();
  const lines: string[] = [];
  let unreachable = 0;
  for (let start = 0; start < names.length; start += MAXIMUM_HEADS) {
    const { heads } = await giveOrder(access, { kind: "auditHeads", chains: names.slice(start, start + MAXIMUM_HEADS) });
    unreachable += heads.filter(({ state }) => state === "unreachable").length;
    lines.push(...heads.map(toldLine));
  }
  addFile(call.file, asLines(lines));
  const warning = unreachable === 0 ? [] : [`${unreachable} of the accounts did not answer: their ends are not compared.`];
  output.answer([`Where ${names.length} chains stand is in ${call.file}.`, ...warning], { chains: names.length, unreachable });
}

const asLines = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

async function verify(call: Named<"verify">, output: Output): Promise<void> {
  if (call.writeHeads !== undefined) mustBeNew(call.writeHeads);
  const verified = new Map(await readVerified(call.heads));
  const told = new Map(await readTold(call.objectHeads));
  const problems: TellableFinding[] = [];
  const notes: TellableFinding[] = [];
  const heads: string[] = [];
  let [events, chains, uncompared] = [0, 0, 0];
  const take = (chain: string, given: readonly ChainEvent[]): void => {
    const known = { verified: verified.get(chain), told: told.get(chain), acceptsFork: call.acceptForks.has(chain) };
    const report = verifyChain(chain, given, known);
    verified.delete(chain);
    told.delete(chain);
    chains += 1;
    events += report.events;
    if (known.told === undefined && report.head?.ended !== true) uncompared += 1;
    problems.push(...report.problems.map((problem) => ({ chain, ...problem })));
    notes.push(...report.notes.map((note) => ({ chain, ...note })));
    if (report.head !== undefined) heads.push(verifiedLine(chain, report.head));
  };
  const complain = (text: string): void => void problems.push({ chain: "", position: 0, code: "unreadable", text });
  for await (const { chain, events: given } of chainsOf(call.exports, complain)) take(chain, given);
  // Of which nothing is in these exports.
  for (const chain of new Set([...verified.keys(), ...told.keys()])) take(chain, []);
  if (call.writeHeads !== undefined) addFile(call.writeHeads, asLines(heads.toSorted()));
  for (const note of notes) output.note(sentence(note));
  if (call.objectHeads !== undefined && uncompared > 0)
    output.note(`${uncompared} chains' ends were not compared: their accounts were not asked, or did not answer.`);
  const counted = { events, chains, uncompared, notes };
  const sum = `${events} events in ${chains} chains`;
  if (problems.length === 0) return output.answer([`${sum}: all is whole.`], counted);
  output.show(problems.map(sentence));
  throw new CommandFailure("not_whole", `${sum}, and ${problems.length} problems.`, 1, { ...counted, problems });
}

interface TellableFinding {
  readonly chain: string;
  readonly position: number;
  readonly code: string;
  readonly text: string;
}
const sentence = ({ chain, position, text }: TellableFinding): string =>
  chain === "" ? text : `chain ${chain}, event ${position}: ${text}`;
