// Calls the openssl command line, which reads files.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Verdict {
  readonly status: number | null;
  readonly output: string;
  readonly remarks: string;
}

export function openssl(...commandLine: readonly string[]): Verdict {
  const { status, stdout, stderr } = spawnSync("openssl", commandLine, { encoding: "utf8" });
  return { status, output: stdout, remarks: stderr };
}

/** Path of the file. */
export function write(folder: string, name: string, content: string | Buffer): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}
