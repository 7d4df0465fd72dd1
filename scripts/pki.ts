// `npm run pki -- COMMAND`: the certificate hierarchy of a real deployment; see pki/help.ts.
import { SCRYPT_COST } from "./pki/key-encryption.ts";
import { runPki } from "./pki/run.ts";
import { openTerminal } from "./pki/terminal.ts";

const terminal = openTerminal();
process.exitCode = await runPki(process.argv.slice(2), {
  environment: process.env,
  terminal,
  out: (text) => console.log(text),
  note: (text) => console.error(text),
  now: Date.now(),
  cost: SCRYPT_COST,
});
terminal?.close();
