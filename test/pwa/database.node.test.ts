// The browser's database: what is written is said to be only when it would survive a crash, a database that did not open is tried again, and
// no window keeps a newer version of the app from opening its own. A stand-in for IndexedDB, one request at a time.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type * as Database from "../../src/pwa/storage/database.ts";

class Request extends EventTarget {
  result: unknown;
  error: DOMException | null = null;
}

class Opened extends EventTarget {
  readonly close = vi.fn<() => void>();
  readonly made: string[] = [];
  readonly asked: unknown[][] = [];
  readonly transactions: Request[] = [];
  readonly put = new Request();
  createObjectStore(name: string): void {
    this.made.push(name);
  }
  transaction(...asked: unknown[]): object {
    this.asked.push(asked);
    const transaction = Object.assign(new Request(), { objectStore: () => ({ put: () => this.put, get: () => this.put }) });
    this.transactions.push(transaction);
    return transaction;
  }
}

let database: typeof Database;
let requests: Request[];

beforeEach(async () => {
  vi.resetModules();
  requests = [];
  vi.stubGlobal("indexedDB", {
    open: () => {
      const request = new Request();
      requests.push(request);
      return request;
    },
  });
  database = await import("../../src/pwa/storage/database.ts");
});
afterEach(() => void vi.unstubAllGlobals());

/** The browser opens it, at last. */
function opens(oldVersion: number, opened = new Opened()): Opened {
  const request = requests.at(-1)!;
  request.result = opened;
  if (oldVersion < 2) request.dispatchEvent(Object.assign(new Event("upgradeneeded"), { oldVersion }));
  request.dispatchEvent(new Event("success"));
  return opened;
}

const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

it("says that something is written when it would survive a crash of the machine, and not before", async () => {
  const written = vi.fn<() => void>();
  const writing = database.writeEntry("records", "a", {}).then(written);
  const opened = opens(2);
  await soon();
  expect(opened.asked).toEqual([["records", "readwrite", { durability: "strict" }]]);
  opened.put.dispatchEvent(new Event("success"));
  await soon();
  expect(written).not.toHaveBeenCalled();
  opened.transactions[0]?.dispatchEvent(new Event("complete"));
  await writing;
});

it("says what went wrong, where nothing was written", async () => {
  const writing = database.writeEntry("records", "a", {});
  const opened = opens(2);
  await soon();
  opened.transactions[0]!.error = new DOMException("no space", "QuotaExceededError");
  opened.transactions[0]?.dispatchEvent(new Event("abort"));
  await expect(writing).rejects.toThrow("no space");
});

it("is asked for again where it did not open", async () => {
  const reading = database.readEntry("settings", "language");
  requests[0]!.error = new DOMException("damaged", "UnknownError");
  requests[0]!.dispatchEvent(new Event("error"));
  await expect(reading).rejects.toThrow("damaged");
  void database.readEntry("settings", "language");
  expect(requests).toHaveLength(2);
});

it.each([
  [0, ["accounts", "records", "settings"]],
  [1, ["settings"]],
  [2, []],
])("of version %i gets what it lacks, and keeps what it has", async (version, made) => {
  void database.readAll("accounts").catch(() => undefined);
  expect(opens(version).made).toEqual(made);
  await soon();
});

it.each(["versionchange", "close"])("that a browser or a newer version takes away (%s) is opened anew", async (event) => {
  void database.readEntry("settings", "language");
  const opened = opens(2);
  await soon();
  opened.dispatchEvent(new Event(event));
  expect(opened.close).toHaveBeenCalledTimes(event === "versionchange" ? 1 : 0);
  void database.readEntry("settings", "language");
  expect(requests).toHaveLength(2);
});
