// The process of the test people, beside the server's: the keys made in it hold nobody up, and its end is not the server's. Arguments:
// state folder; the document numbers of those of the table who are wanted, as JSON, or null for all of them (whoever was added by hand is
// always wanted). Ends when the channel to its parent closes.
import { setPriority } from "node:os";
import { ServerUnreachable } from "../src/authenticator/server-connection.ts";
import { PEOPLE } from "../src/simulator/people.ts";
import { startMockService } from "./simulator/mock-service.ts";
import { addedPeopleVersion, changeAddedPeople, readAddedPeople, simulatorFolder } from "./simulator/people-file.ts";
import { Population } from "./simulator/population.ts";
import type { SimulatorMessage, SimulatorReport } from "./simulator/start-simulator.ts";

const LOOK_EVERY_MILLISECONDS = 1_000;
/** About a third of what an ordinary process gets where both want all of a core. */
const PRIORITY = 5;

const [stateFolder = ".state", wantedText = "null"] = process.argv.slice(2);
const wanted = JSON.parse(wantedText) as readonly string[] | null;

process.once("disconnect", () => process.exit(0));
// Whoever uses the server comes first. No lower than that: on a machine with other work the first person would take minutes.
setPriority(PRIORITY);

let population: Population | undefined;
const service = await startMockService(() => population);
process.once("message", (message) => void live((message as SimulatorMessage).url));
report({ kind: "service", address: service });

async function live(url: string): Promise<void> {
  population = new Population({
    url,
    folder: simulatorFolder(stateFolder),
    say: (line) => report({ kind: "said", line }),
    onProgress: (progress) => report({ kind: "progress", progress }),
  });
  for (let version: number | undefined; ; await pause()) {
    const present = addedPeopleVersion(stateFolder);
    if (present === version) continue;
    try {
      await settle(population);
      version = present;
    } catch (error) {
      // A server that does not answer will.
      if (error instanceof ServerUnreachable) continue;
      version = present;
      report({ kind: "said", line: error instanceof Error ? error.message : String(error) });
    }
  }
}

/** Everybody who should be here is welcomed, whoever should not be is dismissed. */
async function settle(here: Population): Promise<void> {
  const { people, removed } = readAddedPeople(stateFolder);
  here.welcome([...PEOPLE.filter(({ documentNumber }) => wanted?.includes(documentNumber) ?? true), ...people]);
  for (const documentNumber of removed) {
    await here.dismiss(documentNumber);
    await changeAddedPeople(stateFolder, (added) => ({
      ...added,
      removed: added.removed.filter((other) => other !== documentNumber),
    }));
  }
}

function report(message: SimulatorReport): void {
  if (process.connected) process.send?.(message);
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MILLISECONDS));
