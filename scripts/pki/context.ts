// What every command of the certificate tool gets besides its options.
import type { ScryptCost } from "./key-encryption.ts";
import type { Terminal } from "./terminal.ts";

export interface Context {
  readonly environment: NodeJS.ProcessEnv;
  /** Undefined where nobody can be asked. */
  readonly terminal: Terminal | undefined;
  /** What was asked for, to standard output. */
  readonly out: (text: string) => void;
  /** What happens meanwhile, to standard error. */
  readonly note: (text: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Of keys that are made. */
  readonly cost: ScryptCost;
}
