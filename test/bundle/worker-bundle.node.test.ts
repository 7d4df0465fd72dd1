import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let folder: string;
let files: string[];

/** What an operator would upload, by the command that uploads it. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tally-bundle-"));
  const metafile = join(folder, "meta.json");
  const options = ["deploy", "--dry-run", "--outdir", folder, "--metafile", metafile];
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" };
  await promisify(execFile)(process.execPath, ["node_modules/wrangler/bin/wrangler.js", ...options], { env });
  const { inputs } = JSON.parse(await readFile(metafile, "utf8")) as { inputs: Record<string, unknown> };
  files = Object.keys(inputs);
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the bundle of the Worker", () => {
  it("holds the server's halves and no device's half, no authenticator, no rule about choosing a PIN", () => {
    const inside = (part: string): string[] => files.filter((file) => file.includes(part));
    expect(inside("src/split-key/rsa/server-half.ts")).toHaveLength(1);
    for (const part of ["device-half", "device-halves", "src/authenticator", "pin-mask", "pin-rules", "exponentiation.ts"]) {
      expect(inside(part), part).toEqual([]);
    }
  });
});
