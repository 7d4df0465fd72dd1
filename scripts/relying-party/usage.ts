// `npm run relying-party -- usage`: what each party's sessions came to in a month, and what they cost. Reads, and changes nothing.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { CommandFailure, type ExitCode, usageFailure } from "../authenticator/command-failure.ts";
import { outputFor, type Printer } from "../authenticator/output.ts";
import { readCommandLine } from "../command-line.ts";
import { withValues } from "../wrangler/sql-values.ts";
import { type BilledParty, type BillInput, limitsOf, makeBill } from "./bill.ts";
import { billAsCsv } from "./bill-csv.ts";
import { type Database, openDatabase, type Place } from "./database.ts";
import { placeOf } from "./options.ts";
import { parsePrices } from "./prices.ts";
import { USAGE_HELP } from "./usage-help.ts";
import { USAGE_OPTIONS } from "./usage-options.ts";

const COMMANDS = { usage: Object.keys(USAGE_OPTIONS) as (keyof typeof USAGE_OPTIONS)[] };

interface Asked {
  /** 2026-11 */
  readonly month: string;
  readonly party: string | undefined;
  readonly json: boolean;
  /** Absolute. */
  readonly pricesFile: string | undefined;
  readonly place: Place;
}

interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly printer: Printer;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** In place of the one that the command line names. */
  readonly database?: Database;
}

/** `parameters`: with the word `usage` anywhere, as the command line has them. */
export async function runUsage(parameters: readonly string[], surroundings: Surroundings): Promise<0 | ExitCode> {
  const { environment, printer, now } = surroundings;
  // Whatever else is wrong with the call, who asked for JSON gets JSON.
  const wantsJson = parameters.some(
    (word, at) => /^--(json|format=json)$/.test(word) || (word === "json" && parameters[at - 1] === "--format"),
  );
  const output = outputFor(wantsJson, printer, "relying-party");
  try {
    const asked = readUsageCall(parameters, environment);
    if (asked === undefined) {
      printer.out(USAGE_HELP);
      return 0;
    }
    const [, end] = limitsOf(asked.month);
    const complete = now >= end;
    // In JSON too: who writes that into a file reads this alone.
    if (!complete) printer.error(`${asked.month} is not over: these are the counts so far.`);
    const prices = asked.pricesFile === undefined ? undefined : await readPrices(asked.pricesFile);
    const counts = await readCounts(surroundings.database ?? openDatabase(asked.place, environment), asked.month);
    const bill = makeBill({ ...counts, month: asked.month, prices, only: asked.party });
    // The printer ends the last line by itself, with the second half of its CR LF.
    output.answer([billAsCsv(bill).slice(0, -1)], { complete, ...bill });
    return 0;
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    if (error.exitCode === 2 && !wantsJson)
      printer.error(`${error.message}\n(npm run relying-party -- usage --help says everything)`);
    else output.failure(error);
    return error.exitCode;
  }
}

/** Undefined where help was asked for. Throws a CommandFailure for a call that makes no sense. */
function readUsageCall(parameters: readonly string[], environment: NodeJS.ProcessEnv): Asked | undefined {
  const { command, values, subjects } = readCommandLine(parameters, USAGE_OPTIONS, COMMANDS);
  if (command === undefined) return undefined;
  const { month, party, format = values.json === true ? "json" : "csv", prices } = values;
  if (subjects.length > 0) throw usageFailure(`usage takes no "${subjects[0]}"`);
  if (month === undefined || !/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) throw usageFailure("usage needs a month: --month 2026-11");
  if (party !== undefined && !z.guid().safeParse(party).success) throw usageFailure(`${party} is no UUID`);
  if (format !== "csv" && format !== "json") throw usageFailure(`--format is csv or json, not ${format}`);
  if (values.json === true && format === "csv") throw usageFailure("either --json or --format csv, not both");
  return {
    month,
    party: party?.toLowerCase(),
    json: format === "json",
    pricesFile: prices === undefined ? undefined : resolve(environment["INIT_CWD"] ?? ".", prices),
    place: placeOf(values, environment),
  };
}

async function readPrices(file: string): Promise<ReturnType<typeof parsePrices>> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new CommandFailure("no_prices", `${file} cannot be read`);
  });
  return parsePrices(text, file);
}

const partyRow = z.object({ uuid: z.string(), names: z.string() });
const periodRow = z.object({ uuid: z.string(), since: z.int(), until: z.int().nullable() });
const usageRow = z.object({
  party: z.string(),
  kind: z.string(),
  flow: z.string(),
  level: z.string(),
  result: z.string(),
  sessions: z.int().nonnegative(),
});
const counted = z.tuple([z.array(partyRow), z.array(periodRow), z.array(usageRow)]);

async function readCounts(database: Database, month: string): Promise<Pick<BillInput, "parties" | "periods" | "usage">> {
  const registered = "SELECT uuid, names FROM relying_parties; SELECT uuid, since, until FROM relying_party_periods;";
  const usageOfMonth = withValues("SELECT party, kind, flow, level, result, sessions FROM usage WHERE month = ?;", [month]);
  const parsed = counted.safeParse(await database.query(`${registered} ${usageOfMonth}`));
  if (!parsed.success) throw new CommandFailure("no_answer", "The database answers in a form that is not known here", 3);
  const [parties, periods, usage] = parsed.data;
  return { parties: parties.map(billedParty), periods, usage };
}

/** A row that somebody wrote by hand may have anything for a name: it is billed all the same. */
function billedParty({ uuid, names }: z.output<typeof partyRow>): BilledParty {
  const known = z.tuple([z.string()], z.string()).safeParse(parseOrNothing(names));
  return { uuid, name: known.success ? known.data[0] : "" };
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
