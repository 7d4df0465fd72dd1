// Runs a script of this project as its own process, as npm does, and collects what it prints.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves as soon as the text was printed; rejects when the process ends without it. */
  printed(text: string): Promise<void>;
}

const PROJECT = join(import.meta.dirname, "../..");

/** What vitest.config.ts keeps of compiled code, half of what a short command takes; and what test/setup/ready-keys-in-node.ts set. */
const KEPT = ["NODE_COMPILE_CACHE", "READY_KEYS_FILE", "READY_KEYS_CLAIMS", "NODE_OPTIONS"] as const;
const ofTests = (): Record<string, string> =>
  Object.fromEntries(KEPT.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));

/** `environment` is all that the process gets besides PATH and that. */
export function startScript(
  script: "account" | "authenticator" | "demo",
  parameters: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Running {
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(PROJECT, "scripts", `${script}.ts`), ...parameters],
    { cwd: PROJECT, env: { PATH: process.env["PATH"] ?? "", ...ofTests(), ...environment }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let [out, error] = ["", ""];
  const listeners = new Set<() => void>();
  const collect = (chunk: Buffer, into: (text: string) => void): void => {
    into(chunk.toString());
    for (const listener of listeners) listener();
  };
  child.stdout.on("data", (chunk: Buffer) => collect(chunk, (text) => (out += text)));
  child.stderr.on("data", (chunk: Buffer) => collect(chunk, (text) => (error += text)));
  const finished = new Promise<Finished>((resolve) => child.once("close", (code) => resolve({ code, out, error })));
  const printed = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (out.includes(text) || error.includes(text)) resolve();
      };
      listeners.add(look);
      look();
      void finished.then(() => reject(new Error(`ended without printing "${text}": ${out}${error}`)));
    });
  return { process: child, finished, printed };
}
