// `npm run relying-party -- COMMAND`: the operator's register of relying parties; see relying-party/help.ts.
import { runRelyingParty } from "./relying-party/run.ts";

const printer = { out: (text: string) => console.log(text), error: (text: string) => console.error(text) };
process.exitCode = await runRelyingParty(process.argv.slice(2), { environment: process.env, printer, now: Date.now() });
