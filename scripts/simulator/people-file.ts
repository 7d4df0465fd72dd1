// Test people that were added to a local server by hand, in simulator/people.json of its state folder: read and written by
// `npm run simulator`, looked at by the running simulator.
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { BEHAVIOURS } from "../../src/simulator/behaviour.ts";
import { PEOPLE, type TestPerson } from "../../src/simulator/people.ts";
import { INTERACTION_TYPES } from "../../src/protocol/interactions.ts";
import { onDisk } from "../disk-failure.ts";
import { acquireLock } from "../process-lock.ts";
import { StartFailure } from "../start-failure.ts";

const LOCK_PATIENCE_MILLISECONDS = 10_000;

const documentNumber = z.string().regex(/^PNO[A-Z]{2}-[A-Z0-9-]{1,32}-[0-9A-Z]{4}-N?Q$/);
const fileSchema = z.object({
  version: z.literal(1),
  people: z.array(
    z.object({
      documentNumber,
      givenName: z.string(),
      surname: z.string(),
      behaviour: z.enum(BEHAVIOURS),
      interactions: z.array(z.enum(INTERACTION_TYPES)).exactOptional(),
      dateOfBirth: z.string().exactOptional(),
    }),
  ),
  /** Whose accounts are still to be closed. */
  removed: z.array(documentNumber),
});

export interface AddedPeople {
  readonly people: readonly TestPerson[];
  readonly removed: readonly string[];
}

/** What the simulator keeps in a state folder. */
export const simulatorFolder = (stateFolder: string): string => join(stateFolder, "simulator");

const fileOf = (stateFolder: string): string => join(simulatorFolder(stateFolder), "people.json");

/** Nobody where there is no file. StartFailure for a damaged one. */
export function readAddedPeople(stateFolder: string): AddedPeople {
  const file = fileOf(stateFolder);
  const text = onDisk(stateFolder, () => (existsSync(file) ? readFileSync(file, "utf8") : undefined));
  if (text === undefined) return { people: [], removed: [] };
  const parsed = fileSchema.safeParse(parseJson(text));
  if (!parsed.success) throw new StartFailure(`${file} is damaged: delete it, and add your test people again`);
  const { people, removed } = parsed.data;
  return { people, removed };
}

/** Changes at every writing of the file; 0 where there is none. */
export const addedPeopleVersion = (stateFolder: string): number =>
  statSync(fileOf(stateFolder), { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Everybody of the table, then those that were added. */
export const everybody = (stateFolder: string): readonly TestPerson[] => [...PEOPLE, ...readAddedPeople(stateFolder).people];

/** Reads, changes and writes in one step; other processes wait meanwhile. */
export async function changeAddedPeople(stateFolder: string, change: (added: AddedPeople) => AddedPeople): Promise<void> {
  const file = fileOf(stateFolder);
  onDisk(stateFolder, () => mkdirSync(simulatorFolder(stateFolder), { recursive: true, mode: 0o700 }));
  const lock = await acquireLock(`${file}.lock`, LOCK_PATIENCE_MILLISECONDS);
  if (lock === undefined) throw new StartFailure(`${file} is in use by another process for too long: try again`);
  try {
    const { people, removed } = change(readAddedPeople(stateFolder));
    onDisk(stateFolder, () => {
      writeFileSync(`${file}.new`, `${JSON.stringify({ version: 1, people, removed }, null, 2)}\n`, { mode: 0o600 });
      renameSync(`${file}.new`, file);
    });
  } finally {
    lock.release();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
