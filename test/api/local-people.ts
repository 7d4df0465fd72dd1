// A server with test people, as `npm start` makes it. The one file here that knows how the server is started; what runs in it is met over
// HTTP alone.
import { join } from "node:path";
import { type LocalServer, startServer } from "../../scripts/server.ts";
import { startSimulator } from "../../scripts/simulator/start-simulator.ts";

/** Resolves when all of them are there. `folder`: for the server's state. */
export async function startWithPeople(folder: string, people: readonly string[]): Promise<LocalServer> {
  const stateFolder = join(folder, "state");
  const ready = Promise.withResolvers<void>();
  const simulator = await startSimulator({
    stateFolder,
    people,
    onReport: (report) => {
      if (report.kind === "said") console.error(report.line);
      if (report.kind !== "progress") return;
      if (report.progress.failed > 0) ready.reject(new Error("a test person could not be enrolled"));
      else if (report.progress.ready === people.length) ready.resolve();
    },
  });
  const { service = "" } = simulator;
  // No keys are made in store: nobody else will come.
  const server = await startServer({ port: 0, stateFolder, variables: { SHARE_POOL_SIZE: "0", TEST_PEOPLE_SERVICE: service } });
  const stop = async () => {
    simulator.stop();
    await server.stop();
  };
  simulator.begin(server.url);
  await ready.promise.catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { ...server, stop };
}
