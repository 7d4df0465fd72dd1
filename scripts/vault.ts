// `npm run vault -- COMMAND`: the KEKs of a deployment; see vault/help.ts.
import { openTerminal } from "./pki/terminal.ts";
import { runVault } from "./vault/run.ts";

const printer = { out: (text: string) => console.log(text), error: (text: string) => console.error(text) };
const terminal = openTerminal();
try {
  process.exitCode = await runVault(process.argv.slice(2), { environment: process.env, printer, terminal });
} finally {
  terminal?.close();
}
