// The openssl command line as an independent judge. What it would have judged on a machine without it is skipped, and loudly.
import { spawnSync } from "node:child_process";

/** Whether there is one; prints what stays unproven where there is none. `judged`: what the tests of this file lay before it. */
export function hasOpensslFor(judged: string): boolean {
  const present = spawnSync("openssl", ["version"]).status === 0;
  if (!present) console.error(`SKIPPED, NOT PASSED: there is no openssl on this machine to judge ${judged}.`);
  return present;
}
