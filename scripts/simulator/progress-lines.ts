// What `npm start` prints about the test people: who is ready first, how far the others are where the terminal can show it in place, and
// one line when all are there. Nothing of it is an error.
import type { Progress } from "./population.ts";
import type { SimulatorReport } from "./start-simulator.ts";

const CLEAR_LINE = "\r\u001b[2K";

interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Takes in reports as they come. `now`: milliseconds of a clock that only goes on. */
export function progressLines(terminal: Terminal, now: () => number): (report: SimulatorReport) => void {
  const inPlace = terminal.isTTY === true;
  const begun = now();
  let passing = false;
  const print = (line: string, lasting: boolean) => {
    terminal.write(`${passing ? CLEAR_LINE : ""}  Test people    ${line}${lasting ? "\n" : ""}`);
    passing = !lasting;
  };
  let [first, complete] = [true, false];
  const show = ({ ready, failed, total, documentNumber }: Progress) => {
    // Somebody who was added while the server runs.
    if (complete) return documentNumber === undefined ? undefined : print(`${documentNumber} is ready`, true);
    complete = ready + failed >= total;
    if (complete) return print(summary(ready, total, Math.round((now() - begun) / 1000)), true);
    if (first && documentNumber !== undefined) print(`${documentNumber} is ready, the others follow`, true);
    first &&= documentNumber === undefined;
    if (inPlace) print(`${ready} of ${total} are ready`, false);
    return undefined;
  };
  return (report) => {
    if (report.kind === "progress") show(report.progress);
    else if (report.kind === "said") print(report.line, true);
  };
}

const summary = (ready: number, total: number, seconds: number): string =>
  `${ready === total ? (total === 1 ? "the one" : `all ${total}`) : `${ready} of ${total}`} ready after ${seconds} s ` +
  "(who they are: npm run simulator -- list)";
