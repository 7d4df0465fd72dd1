// The guides are true: the commands of docs/integrate-from-scratch.md, in their order and as they stand there, against a server as
// `npm start` makes it, with every line that the page shows as their output; and links between pages lead somewhere.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { startWithPeople } from "../api/local-people.ts";
import { hasOpensslFor } from "../support/openssl.ts";

const PAGE = readFileSync("docs/integrate-from-scratch.md", "utf8");
const PERSON = "PNOEE-40504040001-DEM0-Q";
/** Between what two blocks print. */
const END = "=== end of block ===";

interface Block {
  readonly commands: string;
  /** Lines; `…` stands for what is another thing each time. */
  readonly output: readonly string[];
}

/** A block that is run, and the lines that the page shows after it. */
const BLOCK = /^```sh run\n(?<commands>.*?)^```$(?:\s+^```text output\n(?<output>.*?)^```$)?/gms;

const blocksOf = (page: string): readonly Block[] =>
  Array.from(page.matchAll(BLOCK), ({ groups = {} }) => ({
    commands: groups["commands"] ?? "",
    output: (groups["output"] ?? "").split("\n").filter((line) => line !== ""),
  }));

const lineLike = (shown: string): RegExp =>
  new RegExp(`^${shown.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replaceAll("…", ".+")}$`);

/** The shown lines that do not stand among the printed ones, in this order. */
function missing(shown: readonly string[], printed: readonly string[]): readonly string[] {
  let from = 0;
  return shown.filter((line) => {
    const found = printed.findIndex((candidate, index) => index >= from && lineLike(line).test(candidate));
    if (found >= 0) from = found + 1;
    return found < 0;
  });
}

const hasOpenssl = hasOpensslFor("the commands of docs/integrate-from-scratch.md");

it.skipIf(!hasOpenssl)("shows commands that run, and what they print", { timeout: 180_000 }, async () => {
  const blocks = blocksOf(PAGE);
  expect(blocks.length).toBe(PAGE.match(/^```sh run$/gm)?.length);
  expect(blocks.flatMap(({ output }) => output).filter((line) => line === "Verified OK")).toHaveLength(4);
  // Each of the three logins is held against everything.
  expect(PAGE.match(/^accept_person "\$STATUS" (?:Notification|Web2App|QR) /gm)).toHaveLength(3);
  const folder = mkdtempSync(join(tmpdir(), "tally-docs-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const server = await startWithPeople(folder, [PERSON]);
  try {
    const script = join(folder, "page.sh");
    writeFileSync(script, blocks.map(({ commands }) => `${commands}\necho; echo '${END}'\n`).join(""));
    // The page leaves its files in a folder of its own below TMPDIR.
    const environment = { TALLY: server.url, TRUST: join(server.stateFolder, "pki"), TMPDIR: folder };
    const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", script], {
      env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"]}`, ...environment },
    });
    const printed = stdout.split(END).map((text) => text.split("\n"));
    expect(blocks.flatMap(({ output }, index) => missing(output, printed[index] ?? []))).toEqual([]);
  } finally {
    await server.stop();
  }
});

it("leads to files that exist, from every page", () => {
  const pages = ["README.md", ...readdirSync("docs").map((name) => join("docs", name))];
  const links = pages.flatMap((page) =>
    Array.from(readFileSync(page, "utf8").matchAll(/\]\((?!https?:)([^)#\s]+)/g), ([, target = ""]) =>
      join(dirname(page), target),
    ),
  );
  expect(links).not.toEqual([]);
  expect(links.filter((target) => !existsSync(target))).toEqual([]);
});
