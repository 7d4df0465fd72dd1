// A window of the first version of the app, which knew one version of the browser's database and closed it for no newer one.
import type { Person } from "./person.ts";

/** The page becomes a window of the first version: what is kept lies in its database, which it closes for nobody. */
export async function becomesOlderWindow({ page, url }: Person): Promise<void> {
  // A page of the same place without the app.
  await page.goto(`${url}/.well-known/tally-client.json`);
  await page.evaluate(async () => {
    const done = <Value>(request: IDBRequest<Value>) =>
      new Promise<Value>((resolve, reject) => {
        request.addEventListener("success", () => resolve(request.result));
        request.addEventListener("error", () => reject(request.error ?? new Error("it does not open")));
      });
    const newer = await done(indexedDB.open("tally"));
    const stores = ["accounts", "records"].map(async (name) => {
      const store = newer.transaction(name).objectStore(name);
      const [keys, values] = await Promise.all([done(store.getAllKeys()), done(store.getAll())]);
      return { name, entries: keys.map((key, index) => [key, values[index] as unknown] as const) };
    });
    const kept = await Promise.all(stores);
    newer.close();
    await done(indexedDB.deleteDatabase("tally"));
    const opening = indexedDB.open("tally", 1);
    opening.addEventListener("upgradeneeded", () => {
      for (const { name, entries } of kept) {
        const store = opening.result.createObjectStore(name);
        for (const [key, value] of entries) store.put(value, key);
      }
    });
    // Held by the window, as an app holds it.
    Object.assign(window, { database: await done(opening) });
  });
}
