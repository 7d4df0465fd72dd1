// An exclusive lock over processes, as the operating system's lock on a file that stays empty. It goes with its process, however
// that ends, so no stale lock is ever guessed at or taken over. The file must stay: whoever waits for it holds it open, and
// deleting it would let two in.
import { DatabaseSync } from "node:sqlite";

const RETRY_MILLISECONDS = 25;
/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

/** Resolves with what releases the lock; undefined where another process still held it after `patience` milliseconds. */
export async function acquireLock(file: string, patience: number): Promise<(() => void) | undefined> {
  // SQLite is here for its locking alone: fcntl or LockFileEx, whichever the platform has. Nothing is ever written.
  const database = new DatabaseSync(file);
  const deadline = performance.now() + patience;
  for (;;) {
    try {
      database.exec("BEGIN EXCLUSIVE");
      return () => database.close();
    } catch (error) {
      const busy = (error as { errcode?: unknown }).errcode === SQLITE_BUSY;
      if (busy && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
        continue;
      }
      database.close();
      if (busy) return undefined;
      throw error;
    }
  }
}
