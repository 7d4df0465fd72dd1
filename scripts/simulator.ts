// `npm run simulator -- COMMAND`: who the test people of a local server are; see simulator/help.ts.
import { runSimulator } from "./simulator/run.ts";

const printer = { out: (text: string) => console.log(text), error: (text: string) => console.error(text) };
process.exitCode = await runSimulator(process.argv.slice(2), process.env, printer);
