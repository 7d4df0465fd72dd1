// The language that the app last spoke on this device, from where the app keeps it. Reads one entry of the app's database and writes
// nothing: accounts and their records are none of this worker's business.

/** As in storage/database.ts and storage/settings.ts, which a script that is one file cannot share. */
const DATABASE = "tally";
const STORE = "settings";
const ENTRY = "language";

/** A notification must come at any rate: browsers end the subscription otherwise. */
const PATIENCE_MILLISECONDS = 1_000;

/** Whatever is written there, judged by nobody. Undefined where there is nothing, and where it cannot be read in a second. */
export function spokenLanguage(): Promise<unknown> {
  const timeUp = new Promise((resolve) => {
    setTimeout(() => resolve(undefined), PATIENCE_MILLISECONDS);
  });
  return Promise.race([kept().catch(() => undefined), timeUp]);
}

async function kept(): Promise<unknown> {
  const database = await open();
  try {
    const setting = await read(database);
    return (setting as { readonly code?: unknown } | undefined)?.code;
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE);
    // There is none, and an empty one in its place would be taken for the app's.
    request.addEventListener("upgradeneeded", () => request.transaction?.abort());
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new DOMException("it does not open", "UnknownError")));
  });
}

/** Rejects where the store is not there: an app of before there were languages made the database. */
async function read(database: IDBDatabase): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request: IDBRequest<unknown> = database.transaction(STORE).objectStore(STORE).get(ENTRY);
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new DOMException("it is not read", "UnknownError")));
  });
}
