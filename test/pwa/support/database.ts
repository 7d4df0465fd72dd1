// In the place of src/pwa/storage/database.ts: the browser's database as maps. A stand-in for the browser, not for the app.
import type { StoreName } from "../../../src/pwa/storage/database.ts";

export const stores: Readonly<Record<StoreName, Map<string, unknown>>> = {
  accounts: new Map(),
  records: new Map(),
  settings: new Map(),
};

export const readEntry = async (store: StoreName, id: string): Promise<unknown> => structuredClone(stores[store].get(id));

export const readAll = async (store: StoreName): Promise<unknown[]> => structuredClone([...stores[store].values()]);

export async function writeEntry(store: StoreName, id: string, value: object): Promise<void> {
  stores[store].set(id, structuredClone(value));
}

export async function removeEntry(store: StoreName, id: string): Promise<void> {
  stores[store].delete(id);
}

export function clearDatabase(): void {
  stores.accounts.clear();
  stores.records.clear();
  stores.settings.clear();
}

export const whenBlocked = new Promise<void>(() => undefined);
