// The app as it may be one day: built from the same sources under another version, as the build makes it.
import { execFile } from "node:child_process";
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const PROJECT = join(import.meta.dirname, "../../..");

export interface NextVersion {
  readonly version: string;
  /** Of the build. */
  readonly folder: string;
  dispose(): void;
}

export async function buildNextVersion(): Promise<NextVersion> {
  const place = mkdtempSync(join(tmpdir(), "tally-next-version-"));
  const [copy, folder] = [join(place, "project"), join(place, "client")];
  for (const name of ["src", "scripts", "LICENSE", ...globSync("tsconfig*.json", { cwd: PROJECT })]) {
    cpSync(join(PROJECT, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(PROJECT, "node_modules"), join(copy, "node_modules"));
  const manifest = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8")) as { version: string };
  const version = `${manifest.version}1`;
  writeFileSync(join(copy, "package.json"), JSON.stringify({ ...manifest, version }));
  const env = { ...process.env, NODE_ENV: "production" };
  await promisify(execFile)(process.execPath, ["scripts/client-build/bundle.ts", folder], { cwd: copy, env });
  return { version, folder, dispose: () => rmSync(place, { recursive: true, force: true }) };
}
