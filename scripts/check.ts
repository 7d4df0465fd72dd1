// `npm run check`: the four checks at once, because two of them use one core each. Each one's words stand together; one that fails
// fails all of it, and the others are heard to their end.
import { spawn } from "node:child_process";

const CHECKS = ["format", "lint", "types", "unused"];

/** Prints what the check said when it has ended, and gives whether it found nothing. */
async function passes(name: string): Promise<boolean> {
  // npm is a script for the shell on Windows.
  const check = spawn(`npm run --silent ${name}`, { shell: true, stdio: ["ignore", "pipe", "pipe"] });
  const said: Buffer[] = [];
  for (const stream of [check.stdout, check.stderr]) stream.on("data", (chunk: Buffer) => said.push(chunk));
  const code = await new Promise<number | null>((resolve) => check.once("close", resolve));
  process.stdout.write(Buffer.concat(said));
  if (code !== 0) process.stdout.write(`npm run ${name} failed\n`);
  return code === 0;
}

const passed = await Promise.all(CHECKS.map(passes));
process.exitCode = passed.every(Boolean) ? 0 : 1;
