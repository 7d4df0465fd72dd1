// An exclusive lock over processes, as the operating system's lock on a file that stays empty. It goes with its process, however
// that ends, so no stale lock is ever guessed at or taken over. Whoever waits for it holds the file open, so one that was deleted
// meanwhile would let two in: after each success the name is looked up again.
import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

const RETRY_MILLISECONDS = 25;
/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

export interface ProcessLock {
  readonly release: () => void;
  /** Takes the file along, for folders where nothing else is left. Where the platform deletes no open file, it stays. */
  readonly releaseAndDelete: () => void;
}

/** Undefined where another process still held it after `patience` milliseconds. Throws where the file cannot be made or opened. */
export async function acquireLock(file: string, patience: number): Promise<ProcessLock | undefined> {
  const deadline = performance.now() + patience;
  for (;;) {
    const database = tryLock(file);
    if (database !== undefined) {
      const release = () => database.close();
      return { release, releaseAndDelete: () => deleteFirst(file, release) };
    }
    if (performance.now() >= deadline) return undefined;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
  }
}

function tryLock(file: string): DatabaseSync | undefined {
  // Made here and not by SQLite, for an error that tells what is wrong.
  if (!existsSync(file)) writeFileSync(file, "", { flag: "a", mode: 0o600 });
  const before = identityOf(file);
  // SQLite is here for its locking alone: fcntl or LockFileEx, whichever the platform has. Nothing is ever written.
  const database = new DatabaseSync(file);
  try {
    // No journal file beside it either.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if ((error as { errcode?: unknown }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
  if (before !== undefined && before === identityOf(file)) return database;
  database.close();
  return undefined;
}

const identityOf = (file: string): bigint | undefined => statSync(file, { bigint: true, throwIfNoEntry: false })?.ino;

/** While the lock is still held: afterwards the file may be another process's. */
function deleteFirst(file: string, release: () => void): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // It stays, empty.
  } finally {
    release();
  }
}
