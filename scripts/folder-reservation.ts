// One server for each state folder: two on one set of databases would corrupt them. The operating system's lock on running.lock
// decides, and goes with its process however that ends; running.json only tells others who it is.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { diskFailure, errorCode, onDisk } from "./disk-failure.ts";
import { acquireLock } from "./process-lock.ts";
import { StartFailure } from "./start-failure.ts";

const noteSchema = z.object({ pid: z.int().positive(), port: z.int().min(1).max(65535).optional() });
type Note = z.infer<typeof noteSchema>;

export interface Reservation {
  /** Tells others on which port this server answers. */
  readonly announce: (port: number) => void;
  readonly release: () => void;
}

/** Reserves the folder, made where it is new, for this process. Throws StartFailure where another server has it. */
export async function reserveStateFolder(folder: string): Promise<Reservation> {
  const file = join(folder, "running.json");
  onDisk(folder, () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
  const lock = await acquireLock(join(folder, "running.lock"), 0).catch((error: unknown) => {
    throw diskFailure(folder, error);
  });
  const last = readNote(folder, file);
  if (lock === undefined) throw new StartFailure(`${folder} is in use by ${serverOf(last)}: stop it first`);
  const write = (note: Note) => onDisk(folder, () => writeFileSync(file, `${JSON.stringify(note)}\n`));
  try {
    if (last !== undefined) await refuseRemains(folder, last);
    write({ pid: process.pid });
  } catch (error) {
    lock.release();
    throw error;
  }
  return {
    announce: (port) => write({ pid: process.pid, port }),
    release: () => {
      rmSync(file, { force: true });
      lock.release();
    },
  };
}

/** The port of the server on this folder, as it announced it. A server that was killed may have left it behind. */
export const announcedPort = (folder: string): number | undefined => readNote(folder, join(folder, "running.json"))?.port;

const serverOf = (note: Note | undefined): string => {
  const place = note?.port === undefined ? "another server that is starting" : `the server on http://localhost:${note.port}`;
  return note === undefined ? place : `${place} (process ${note.pid})`;
};

/** A server and its caller that were killed together leave the runtime behind, which still writes to the databases. */
async function refuseRemains(folder: string, { pid, port }: Note): Promise<void> {
  if (port === undefined || !groupExists(pid) || !(await answersHealth(port))) return;
  const remains = `what a killed server left running on http://localhost:${port}`;
  throw new StartFailure(`${folder} is in use by ${remains}: end it with kill -9 -- -${pid}`);
}

function readNote(folder: string, file: string): Note | undefined {
  const text = onDisk(folder, () => {
    try {
      return readFileSync(file, "utf8");
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
  });
  try {
    return noteSchema.safeParse(JSON.parse(text ?? "")).data;
  } catch {
    return undefined;
  }
}

/** Each server leads a process group of its own; see server.ts. */
function groupExists(leader: number): boolean {
  try {
    process.kill(-leader, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

async function answersHealth(port: number): Promise<boolean> {
  const answer = await fetch(`http://localhost:${port}/health`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
  return answer?.ok ?? false;
}
