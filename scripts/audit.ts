// `npm run audit -- COMMAND`: the audit log of security events; see audit/help.ts.
import { runAudit } from "./audit/run.ts";
import { openTerminal } from "./pki/terminal.ts";

const printer = { out: (text: string) => console.log(text), error: (text: string) => console.error(text) };
const terminal = openTerminal();
try {
  process.exitCode = await runAudit(process.argv.slice(2), { environment: process.env, printer, terminal });
} finally {
  terminal?.close();
}
