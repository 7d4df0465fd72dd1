// `npm run authenticator -- COMMAND`: a headless authenticator for people who test relying parties; see authenticator/help.ts.
import { runAuthenticator } from "./authenticator/run.ts";

const printer = { out: (text: string) => console.log(text), error: (text: string) => console.error(text) };
process.exitCode = await runAuthenticator(process.argv.slice(2), process.env, printer);
