// The lock over processes, held by a child where it matters that the holder is another process.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acquireLock } from "../../scripts/process-lock.ts";

const MODULE = join(import.meta.dirname, "../../scripts/process-lock.ts");

let folder = "";
let file = "";
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tally-lock-"));
  file = join(folder, "lock");
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

/** Another process that has the lock until it is killed. */
async function holder(): Promise<ChildProcess> {
  const program = `const { acquireLock } = await import(${JSON.stringify(MODULE)});
    const lock = await acquireLock(${JSON.stringify(file)}, 0);
    console.log(lock === undefined ? "busy" : "held");
    setInterval(() => lock, 1000);`;
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", program]);
  children.push(child);
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  expect(said.toString()).toBe("held\n");
  return child;
}

describe("the lock over processes", () => {
  it("is held by one process, and goes with it however that ends", async () => {
    const child = await holder();
    expect(await acquireLock(file, 0)).toBeUndefined();
    child.kill("SIGKILL");
    await once(child, "exit");
    const lock = await acquireLock(file, 0);
    expect(lock).toBeDefined();
    lock?.release();
    expect(readdirSync(folder)).toEqual(["lock"]);
  });

  it("lets nobody in by a file that was deleted while he waited", async () => {
    const first = await acquireLock(file, 0);
    const waiting = acquireLock(file, 10_000);
    first?.releaseAndDelete();
    const second = await waiting;
    expect(existsSync(file)).toBe(true);
    expect(await acquireLock(file, 0)).toBeUndefined();
    second?.releaseAndDelete();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("throws where the file cannot be made", async () => {
    writeFileSync(file, "");
    await expect(acquireLock(join(file, "lock"), 0)).rejects.toThrow("ENOTDIR");
  });
});
