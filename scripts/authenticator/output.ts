// Where the authenticator writes: lines for people, or one line of JSON for each answer. Never a PIN.
import type { CommandFailure } from "./command-failure.ts";

export interface Output {
  /** An answer: `lines` for people, `fields` for programs. */
  answer(lines: readonly string[], fields: object): void;
  /** What happens meanwhile; for people only. */
  note(line: string): void;
  failure(failure: CommandFailure): void;
}

export const outputFor = (json: boolean): Output => (json ? FOR_PROGRAMS : FOR_PEOPLE);

const FOR_PEOPLE: Output = {
  answer: (lines) => console.log(lines.join("\n")),
  note: (line) => console.error(line),
  failure: ({ message, exitCode }) => {
    console.error(exitCode === 2 ? `${message}\n(npm run authenticator -- help says everything)` : message);
  },
};

const FOR_PROGRAMS: Output = {
  answer: (_, fields) => console.log(JSON.stringify({ ok: true, ...fields })),
  note: () => undefined,
  failure: ({ code, message, details }) => console.log(JSON.stringify({ ok: false, code, message, ...details })),
};

/** Names and values, the values in one column. */
export function columns(rows: readonly (readonly [name: string, value: string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}
