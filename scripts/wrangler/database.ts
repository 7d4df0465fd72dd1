// SQL for the database of wrangler.toml, local or remote. Everybody on this machine may read a command line: nothing secret goes in here.
import { z } from "zod";
import { runWrangler, type Target, WranglerFailure, type WranglerInput } from "./run.ts";

/** Characters. Windows takes 32,767 with everything before them. */
const LONGEST_COMMAND = 24_000;
const TRIES = 3;

const answers = z.array(z.looseObject({ results: z.array(z.unknown()).default([]) }));

/** Runs SQL and gives the rows of each statement. */
export async function querySql(wrangler: WranglerInput, sql: string): Promise<readonly (readonly unknown[])[]> {
  const parameters = ["d1", "execute", "DATABASE", "--json", `--command=${sql}`, ...databaseTarget(wrangler.target)];
  const said = await patiently(triesOf(wrangler.target, sql), () => runWrangler(wrangler, parameters));
  try {
    return answers.parse(JSON.parse(said.slice(said.indexOf("[")))).map(({ results }) => results);
  } catch {
    throw new WranglerFailure("wrangler d1 execute answered in a form that is not known here");
  }
}

/** On one machine the server has the same file open, and may be writing: who only reads may ask again. */
const triesOf = ({ kind }: Target, sql: string): number =>
  kind === "local" && /^(?:SELECT\b[^;]*;?\s*)+$/.test(sql) ? TRIES : 1;

async function patiently(tries: number, run: () => Promise<string>): Promise<string> {
  try {
    return await run();
  } catch (error) {
    if (tries === 1 || !(error instanceof WranglerFailure)) throw error;
    return patiently(tries - 1, run);
  }
}

/**
 * Runs statements, which are public: everybody here may read a command line. In one call, or a few where that is too long for one.
 * Not as a file, for which D1 answers nobody until it is imported.
 */
export async function runSql(wrangler: WranglerInput, statements: readonly string[]): Promise<void> {
  for (const sql of commandsOf(statements)) await querySql(wrangler, sql);
}

/** Statements in groups of a length that every operating system takes. */
export function commandsOf(statements: readonly string[], most = LONGEST_COMMAND): readonly string[] {
  const commands: string[] = [];
  for (const statement of statements) {
    const last = commands.at(-1);
    if (last === undefined || last.length + statement.length + 2 > most) commands.push(`${statement};`);
    else commands[commands.length - 1] = `${last}\n${statement};`;
  }
  return commands;
}

const databaseTarget = (target: Target): readonly string[] =>
  target.kind === "remote" ? ["--remote"] : ["--local", "--persist-to", target.folder];
