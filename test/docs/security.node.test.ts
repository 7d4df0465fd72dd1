// SECURITY.md stays true in what can be checked: every file that it names is there and says something, every attack test stands in it, and
// no threat is left without an answer, a test and what is not answered.
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "SECURITY.md"), "utf8");

const CELLS = PAGE.split("\n")
  .filter((line) => line.startsWith("| "))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const THREATS = CELLS.filter(([name]) => name?.startsWith("T."));
/** By the short name of each. */
const ATTACKS = new Map(
  CELLS.filter(([name]) => /^A\d+$/.test(name ?? "")).map(([name = "", , file = ""]) => [name, file.replaceAll("`", "")]),
);

const named = [...PAGE.matchAll(/`((?:test|src|durable|docs|scripts)\/[\w./-]+)`/g)].map(([, path = ""]) => path);
const linked = [...PAGE.matchAll(/\]\(([\w./-]+)\)/g)].map(([, path = ""]) => path);

it.each([...new Set([...named, ...linked])])("%s is there, and is not empty", (path) => {
  const full = join(ROOT, path);
  expect(existsSync(full)).toBe(true);
  const content = statSync(full).isDirectory() ? globSync(join(full, "**/*.ts")).join("") : readFileSync(full, "utf8").trim();
  expect(content).not.toBe("");
});

describe("the attack tests", () => {
  it("are all there", () => {
    const files = globSync("test/attacks/*.test.ts", { cwd: ROOT }).toSorted();
    expect([...ATTACKS.values()].toSorted()).toEqual(files);
  });

  it("have a name each, and every name that is used is one of them", () => {
    const used = [...PAGE.matchAll(/\bA\d+\b/g)].map(([name]) => name);
    expect(used.filter((name) => !ATTACKS.has(name))).toEqual([]);
    expect(ATTACKS.size).toBe(CELLS.filter(([name]) => /^A\d+$/.test(name ?? "")).length);
  });
});

describe("the threats", () => {
  it("are as many as the profile has, each once", () => {
    expect(THREATS).toHaveLength(20);
    expect(new Set(THREATS.map(([name]) => name)).size).toBe(20);
  });

  it.each(THREATS)("%s has an answer, a test of it, and what is left", (_, answer = "", shown = "", left = "") => {
    expect(answer).not.toBe("");
    expect(left).not.toBe("");
    // In words nothing is shown.
    expect(shown).toMatch(/`test\/|\bA\d+/);
  });
});

it("is short enough to be read", () => {
  expect(PAGE.split("\n").length).toBeLessThan(260);
});
