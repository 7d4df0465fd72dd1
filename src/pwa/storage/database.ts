// The browser's database, as promises: stores of accounts, of their device records, and of what is set for this device. No meaning
// here. In windows and workers. A write resolves when it would survive a crash of the machine, since the one-time password depends on it.

const NAME = "tally";
const VERSION = 2;

/**
 * `accounts`: what the app shows without a network. `records`: what the engine keeps. Both by the account's id in this browser.
 * `settings`: by their names; the service worker reads them, too.
 */
export type StoreName = "accounts" | "records" | "settings";

let opened: Promise<IDBDatabase> | undefined;

const blocking = Promise.withResolvers<void>();

/**
 * Resolves when a window of an older version keeps the database open, and this one waits for it to be closed: nothing is read or written
 * until then. Most start without, and it never does.
 */
export const whenBlocked = blocking.promise;

/** Undefined where nothing is kept under that id. */
export const readEntry = <Value>(store: StoreName, id: string): Promise<Value | undefined> =>
  transact(store, "readonly", (entries) => entries.get(id) as IDBRequest<Value | undefined>);

/** In the order of their ids. */
export const readAll = <Value>(store: StoreName): Promise<Value[]> =>
  transact(store, "readonly", (entries) => entries.getAll() as IDBRequest<Value[]>);

export async function writeEntry(store: StoreName, id: string, value: object): Promise<void> {
  await transact(store, "readwrite", (entries) => entries.put(value, id));
}

export async function removeEntry(store: StoreName, id: string): Promise<void> {
  await transact(store, "readwrite", (entries) => entries.delete(id));
}

/** Throws the browser's DOMException where the database is damaged, full or forbidden. */
async function transact<Value>(
  store: StoreName,
  mode: IDBTransactionMode,
  work: (entries: IDBObjectStore) => IDBRequest<Value>,
): Promise<Value> {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, mode, { durability: "strict" });
    const request = work(transaction.objectStore(store));
    // `complete` and not the request's success: only then has it been written.
    transaction.addEventListener("complete", () => resolve(request.result));
    transaction.addEventListener("abort", () => reject(transaction.error ?? new DOMException("it was aborted", "AbortError")));
  });
}

function open(): Promise<IDBDatabase> {
  opened ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.addEventListener("upgradeneeded", ({ oldVersion }) => {
      if (oldVersion < 1) {
        request.result.createObjectStore("accounts");
        request.result.createObjectStore("records");
      }
      if (oldVersion < 2) request.result.createObjectStore("settings");
    });
    request.addEventListener("blocked", () => blocking.resolve());
    request.addEventListener("success", () => resolve(watched(request.result)));
    request.addEventListener("error", () => reject(request.error ?? new DOMException("it does not open", "UnknownError")));
  }).catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

/** A browser closes databases at will, and a newer version of the app in another tab needs this one closed. */
function watched(database: IDBDatabase): IDBDatabase {
  database.addEventListener("close", () => (opened = undefined));
  database.addEventListener("versionchange", () => {
    database.close();
    opened = undefined;
  });
  return database;
}
