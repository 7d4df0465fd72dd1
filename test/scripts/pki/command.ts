// `npm run pki` as a test runs it: in this process, with passphrases from the environment, a clock that stands and keys at a low cost.
import { join } from "node:path";
import type { Context } from "../../../scripts/pki/context.ts";
import { runPki } from "../../../scripts/pki/run.ts";

export const PROJECT = join(import.meta.dirname, "../../..");
export const ROOT_PASSPHRASE = "the root's own passphrase";
export const KEYS_PASSPHRASE = "all others' passphrase";
export const PASSPHRASES = { TALLY_ROOT_PASSPHRASE: ROOT_PASSPHRASE, TALLY_KEYS_PASSPHRASE: KEYS_PASSPHRASE };
export const HOUR = 3_600_000;
export const YEAR = 365 * 24 * HOUR;
export const now = Date.now();

interface Said {
  readonly code: number;
  readonly out: string;
  readonly notes: string;
}

export async function pki(parameters: readonly string[], changes: Partial<Context> = {}): Promise<Said> {
  const [out, notes]: [string[], string[]] = [[], []];
  const code = await runPki(parameters, {
    environment: { PATH: process.env["PATH"], ...PASSPHRASES },
    terminal: undefined,
    out: (text) => void out.push(text),
    note: (text) => void notes.push(text),
    now,
    cost: { N: 16, r: 8, p: 1 },
    ...changes,
  });
  return { code, out: out.join("\n"), notes: notes.join("\n") };
}
