// The parent's side of the simulator: a process in a group of its own, so that Ctrl-C reaches the caller alone. It ends with its caller,
// however that ends: the channel between them closes.
import { fork } from "node:child_process";
import { join } from "node:path";
import type { Progress } from "./population.ts";

/** To the simulator: the server runs under this address. */
export interface SimulatorMessage {
  readonly url: string;
}

export type SimulatorReport =
  /** Where it is asked to open device links. */
  | { readonly kind: "service"; readonly address: string }
  | { readonly kind: "progress"; readonly progress: Progress }
  /** What a developer should know of. */
  | { readonly kind: "said"; readonly line: string };

export interface Simulator {
  /** For the Worker's variable of that name; undefined where the simulator did not even start. */
  readonly service: string | undefined;
  /** The server runs: people may come. */
  readonly begin: (url: string) => void;
  readonly stop: () => void;
}

/**
 * `people`: document numbers; undefined for everybody. `onReport` hears everything that the simulator says, and of an end that nobody
 * asked for.
 */
export async function startSimulator(input: {
  readonly stateFolder: string;
  readonly people: readonly string[] | undefined;
  readonly onReport: (report: SimulatorReport) => void;
}): Promise<Simulator> {
  const { stateFolder, people, onReport } = input;
  const simulator = fork(join(import.meta.dirname, "../simulator-process.ts"), [stateFolder, JSON.stringify(people ?? null)], {
    detached: true,
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  let stopped = false;
  const ended = new Promise<undefined>((resolve) => {
    const end = (how: string) => {
      if (!stopped)
        onReport({ kind: "said", line: `their process ended (${how}) and they answer no more: start the server again` });
      stopped = true;
      resolve(undefined);
    };
    simulator.once("error", (error) => end(error.message));
    simulator.once("exit", (code, signal) => end(signal ?? `exit code ${code}`));
  });
  const address = new Promise<string>((resolve) => {
    simulator.on("message", (message) => {
      const report = message as SimulatorReport;
      if (report.kind === "service") resolve(report.address);
      else if (!stopped) onReport(report);
    });
  });
  return {
    service: await Promise.race([address, ended]),
    begin: (url) => {
      if (simulator.connected) simulator.send({ url } satisfies SimulatorMessage);
    },
    stop: () => {
      stopped = true;
      if (simulator.connected) simulator.disconnect();
    },
  };
}
