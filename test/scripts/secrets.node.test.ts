import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { openBackup, sealBackup } from "../../scripts/secrets/backup.ts";
import { initSecrets } from "../../scripts/secrets/init.ts";
import { SERVER_SECRETS } from "../../scripts/secrets/server-secrets.ts";

const PASSPHRASE = "three blind mice";
const folder = mkdtempSync(join(tmpdir(), "tally-secrets-"));
const places = new Map(SERVER_SECRETS.map((secret) => [secret, secret.toLowerCase()]));

let file: string;
let storeName: string;
let stored: Map<string, string>;
let count = 0;
beforeEach(() => {
  storeName = "a store";
  file = join(folder, `${count++}.jwe`);
  stored = new Map();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Gives what was printed. */
async function init({ failsAt = Infinity, passphrase = PASSPHRASE, path = file, another = false } = {}): Promise<string> {
  const lines: string[] = [];
  await initSecrets({
    store: {
      name: storeName,
      names: () => Promise.resolve(new Set(stored.keys())),
      add: async (name, value) => {
        if (stored.size >= failsAt) throw new Error("out of reach");
        // Before it is stored, its backup is on the disk.
        const [secret] = [...places].find(([, place]) => place === name) ?? [];
        expect((await opened()).secrets[secret ?? "KEK"]).toBe(value);
        expect(stored.has(name)).toBe(false);
        stored.set(name, value);
      },
    },
    places,
    file: path,
    another,
    asking: { environment: { TALLY_SECRETS_PASSPHRASE: passphrase }, terminal: undefined },
    out: (line) => lines.push(line),
    note: (line) => lines.push(line),
    iterations: 1000,
  });
  return lines.join("\n");
}

const opened = () => openBackup(readFileSync(file, "utf8"), PASSPHRASE);
const storedSecrets = () => Object.fromEntries([...places].map(([secret, name]) => [secret, stored.get(name)]));

test("what is made is in the store and, word for word, in a backup that nobody else may read", async () => {
  const printed = await init();
  expect(stored.size).toBe(SERVER_SECRETS.length);
  expect(await opened()).toEqual({ store: "a store", secrets: storedSecrets(), stored: [...SERVER_SECRETS] });
  expect(statSync(file).mode & 0o077).toBe(0);
  for (const value of stored.values()) expect(printed + readFileSync(file, "utf8")).not.toContain(value);
  expect(Buffer.from(stored.get("kek") ?? "", "base64")).toHaveLength(32);
  expect(JSON.parse(stored.get("channel_encryption_key") ?? "")).toMatchObject({ kty: "EC", crv: "P-256", alg: "ECDH-ES" });
});

test("an interrupted call is continued with the same values, and one that was whole changes nothing", async () => {
  await expect(init({ failsAt: 2 })).rejects.toThrow("out of reach");
  const before = await opened();
  expect(await init()).toMatch(/^session_name_key +put back from the backup$/m);
  expect(storedSecrets()).toEqual(before.secrets);
  const bytes = readFileSync(file);
  expect(await init()).toMatch(/^kek +was there already$/m);
  expect(readFileSync(file)).toEqual(bytes);
});

test("a store that was lost is filled from the backup, and another one only where that is said", async () => {
  await init();
  const before = storedSecrets();
  stored.clear();
  storeName = "another store";
  await expect(init()).rejects.toThrow("the backup is that of the store a store");
  expect(stored.size).toBe(0);
  await init({ another: true });
  expect(storedSecrets()).toEqual(before);
  expect(await init()).toMatch(/^kek +was there already$/m);
});

test("a backup does not vouch for what did not come from it", async () => {
  await expect(init({ failsAt: 1 })).rejects.toThrow("out of reach");
  // Somebody else's.
  for (const name of places.values()) if (!stored.has(name)) stored.set(name, "another's");
  const printed = await init();
  expect(printed).toMatch(/^kek +was there already$/m);
  expect(printed).toMatch(/^session_name_key +was there already; whether it is the one of this backup NOBODY KNOWS$/m);
});

test("what the store has is never overwritten, and is said not to be in the backup", async () => {
  stored.set("kek", "of before");
  expect(await init()).toMatch(/^kek +was there already, and is NOT in this backup$/m);
  expect(stored.get("kek")).toBe("of before");
  expect((await opened()).secrets.KEK).toBeUndefined();
});

test("nothing is done where the backup does not open, or would lie in the project", async () => {
  await init();
  stored.clear();
  await expect(init({ passphrase: "four blind mice" })).rejects.toThrow("the backup does not open");
  writeFileSync(file, "not a backup");
  await expect(init()).rejects.toThrow("the backup does not open");
  await expect(init({ path: join(import.meta.dirname, "backup.jwe") })).rejects.toThrow("inside the folder of this project");
  await expect(init({ path: join(folder, "short.jwe"), passphrase: "short" })).rejects.toThrow("shorter than 12");
  expect(stored.size).toBe(0);
});

test("a backup holds the secrets that it knows, and nothing else", async () => {
  const other = await sealBackup({ store: "", secrets: { OTHER: "x" } as object, stored: [] }, PASSPHRASE, 1000);
  await expect(openBackup(other, PASSPHRASE)).rejects.toThrow("the backup does not open");
});
