// Where the authenticator, the operator's commands and the simulator's write: lines for people, or one line of JSON for each answer. Never a PIN.
import type { CommandFailure } from "./command-failure.ts";

export interface Output {
  /** An answer: `lines` for people, `fields` for programs. */
  answer(lines: readonly string[], fields: object): void;
  /** What a person has to look at before the answer comes, beside the answers; a program finds it in the answer. */
  show(lines: readonly string[]): void;
  /** What happens meanwhile; for people only. */
  note(line: string): void;
  failure(failure: CommandFailure): void;
}

/** Prints one or more lines to standard output, or to standard error. */
export interface Printer {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

/** `script`: as npm calls it. */
export function outputFor(
  json: boolean,
  { out, error }: Printer,
  script: "authenticator" | "account" | "simulator" | "relying-party" | "audit" | "vault" = "authenticator",
): Output {
  if (json) {
    return {
      answer: (_, fields) => out(JSON.stringify({ ok: true, ...fields })),
      show: () => undefined,
      note: () => undefined,
      failure: ({ code, message, details }) => out(JSON.stringify({ ok: false, code, message, ...details })),
    };
  }
  return {
    answer: (lines) => out(lines.join("\n")),
    show: (lines) => out(lines.join("\n")),
    note: error,
    failure: ({ message, exitCode }) =>
      error(exitCode === 2 ? `${message}\n(npm run ${script} -- help says everything)` : message),
  };
}

/** Names and values, the values in one column. */
export function columns(rows: readonly (readonly [name: string, value: string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}
