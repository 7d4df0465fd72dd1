// `npm run relying-party -- usage`: what each party's sessions came to in a month, and what they cost. Reads, and changes nothing.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { CommandFailure, type ExitCode, usageFailure } from "../authenticator/command-failure.ts";
import { outputFor, type Printer } from "../authenticator/output.ts";
import { readCommandLine } from "../command-line.ts";
import { withValues } from "../wrangler/sql-values.ts";
import { type BilledParty, type BillInput, makeBill } from "./bill.ts";
import { billAsCsv } from "./bill-csv.ts";
import { type Database, openDatabase, type Place } from "./database.ts";
import { placeOf } from "./options.ts";
import { parsePrices } from "./prices.ts";
import { USAGE_HELP } from "./usage-help.ts";

const OPTIONS = {
  month: { type: "string" },
  party: { type: "string" },
  format: { type: "string" },
  prices: { type: "string" },
  remote: { type: "boolean" },
  "wrangler-config": { type: "string" },
  state: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;
const COMMANDS = { usage: Object.keys(OPTIONS) as (keyof typeof OPTIONS)[] };

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

/** `parameters`: with the word `usage`, as the command line has them. */
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
    if (!asked.json && now < endOf(asked.month)) printer.error(`${asked.month} is not over: these are the counts so far.`);
    const prices = asked.pricesFile === undefined ? undefined : await readPrices(asked.pricesFile);
    const counts = await readCounts(surroundings.database ?? openDatabase(asked.place, environment), asked.month);
    const bill = makeBill({ ...counts, month: asked.month, prices, only: asked.party });
    // The printer ends the last line by itself, with the second half of its CR LF.
    output.answer([billAsCsv(bill).slice(0, -1)], bill);
    return 0;
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    output.failure(error);
    return error.exitCode;
  }
}

/** Undefined where help was asked for. Throws a CommandFailure for a call that makes no sense. */
function readUsageCall(parameters: readonly string[], environment: NodeJS.ProcessEnv): Asked | undefined {
  const { command, values, subjects } = readCommandLine(parameters, OPTIONS, COMMANDS);
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

/** Milliseconds since the epoch. */
function endOf(month: string): number {
  const [year = 0, number = 0] = month.split("-").map(Number);
  return Date.UTC(year, number);
}

async function readPrices(file: string): Promise<ReturnType<typeof parsePrices>> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new CommandFailure("no_prices", `${file} cannot be read`);
  });
  return parsePrices(text, file);
}

const partyRow = z.object({ uuid: z.string(), names: z.string(), enabled: z.number() });
const usageRow = z.object({
  party: z.string(),
  kind: z.string(),
  flow: z.string(),
  level: z.string(),
  result: z.string(),
  sessions: z.int().nonnegative(),
});
const counted = z.tuple([z.array(partyRow), z.array(usageRow)]);

async function readCounts(database: Database, month: string): Promise<Pick<BillInput, "parties" | "usage">> {
  const usageOfMonth = withValues("SELECT party, kind, flow, level, result, sessions FROM usage WHERE month = ?;", [month]);
  const parsed = counted.safeParse(await database.query(`SELECT uuid, names, enabled FROM relying_parties; ${usageOfMonth}`));
  if (!parsed.success) throw new CommandFailure("no_answer", "The database answers in a form that is not known here", 3);
  const [parties, usage] = parsed.data;
  return { parties: parties.map(billedParty), usage };
}

/** A row that somebody wrote by hand may have anything for a name: it is billed all the same. */
function billedParty({ uuid, names, enabled }: z.output<typeof partyRow>): BilledParty {
  const known = z.tuple([z.string()], z.string()).safeParse(parseOrNothing(names));
  return { uuid, name: known.success ? known.data[0] : "", enabled: enabled === 1 };
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
