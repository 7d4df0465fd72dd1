// Prints one line for each thing that happens: who does it, what came of it, and how long it took.

type Who = "server" | "person" | "party" | "openssl";

export interface Steps {
  /** Runs `work` and prints the line that it returns in `line`. Nothing is printed where it throws. */
  run<Value>(who: Who, what: string, work: () => Promise<{ readonly line: string; readonly value: Value }>): Promise<Value>;
}

const WHO_WIDTH = 8;
const WHAT_WIDTH = 26;
const TIME_WIDTH = 6;

/** `print`: one line. `now`: milliseconds of a clock that never goes back. */
export function makeSteps(print: (line: string) => void, now: () => number): Steps {
  return {
    async run(who, what, work) {
      const start = now();
      const { line, value } = await work();
      const time = String(Math.round(now() - start)).padStart(TIME_WIDTH);
      print(`${time} ms  ${who.padEnd(WHO_WIDTH)} ${what.padEnd(WHAT_WIDTH)} ${line}`);
      return value;
    },
  };
}
