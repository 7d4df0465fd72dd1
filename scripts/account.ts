// `npm run account -- COMMAND`: an operator's orders about accounts; see account/help.ts.
import { runAccount } from "./account/run.ts";
import { openTerminal } from "./pki/terminal.ts";

const printer = { out: (text: string) => console.log(text), error: (text: string) => console.error(text) };
const terminal = openTerminal();
try {
  process.exitCode = await runAccount(process.argv.slice(2), { environment: process.env, printer, terminal });
} finally {
  terminal?.close();
}
