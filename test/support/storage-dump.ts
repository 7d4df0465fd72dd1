// What is stored, as text that can be compared: for rules of the kind "… and nothing changes".
import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { bytesToHex } from "@noble/hashes/utils.js";

/** Each table's rows; `alarm` for the object's alarm. */
export type Dump = Record<string, unknown>;

/** Every table of an object; empty for an object that never stored anything. `stub`: of any of the namespaces. */
export function dumpObject(stub: object): Promise<Dump> {
  return runInDurableObject(stub as DurableObjectStub, async (_instance, { storage }) => {
    const names = storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").toArray();
    const tables = names
      .map(({ name }) => name)
      .filter((name) => !name.startsWith("_cf_"))
      .map((name) => [name, storage.sql.exec(`SELECT * FROM "${name}"`).toArray().map(readable)]);
    const alarm = await storage.getAlarm();
    return Object.fromEntries([...tables, ...(alarm === null ? [] : [["alarm", alarm]])]) as Dump;
  });
}

/**
 * Without what an answered request leaves behind in any case: its id, its answer, the next one-time password. Without the alarm
 * too, which goes off by itself, and without what becomes of audit events afterwards; where their chain stands is there.
 */
export function withoutBookkeeping(dump: Dump): Dump {
  const tables = Object.entries(dump).filter(([name]) => !["request", "answer", "alarm"].includes(name));
  const [account] = dump["account"] as Record<string, unknown>[];
  return { ...Object.fromEntries(tables), account: { ...account, one_time_password: "" }, audit: headOf(dump) };
}

const headOf = (dump: Dump): unknown => (dump["audit"] as { hash: string }[] | undefined)?.at(-1)?.hash;

/** Every object of the deployment that has tables, and every table of D1. */
export async function dumpDeployment(): Promise<Dump> {
  const dump: Dump = {};
  for (const namespace of ["ACCOUNTS", "PERSONS", "SESSIONS"] as const) {
    const objects = env[namespace] as unknown as DurableObjectNamespace;
    for (const id of await listDurableObjectIds(objects)) {
      const stored = await dumpObject(objects.get(id));
      if (Object.keys(stored).length > 0) dump[`${namespace} ${id.toString()}`] = stored;
    }
  }
  const { results } = await env.DATABASE.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all<{ name: string }>();
  for (const { name } of results.filter((table) => !/^(_cf_|sqlite_)/.test(table.name))) {
    dump[`D1 ${name}`] = (await env.DATABASE.prepare(`SELECT * FROM "${name}"`).all()).results;
  }
  return dump;
}

const readable = (row: Record<string, SqlStorageValue>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof ArrayBuffer ? bytesToHex(new Uint8Array(value)) : value]),
  );
