// From a command line to an exit code.
import { WranglerFailure } from "../wrangler/run.ts";
import type { Context } from "./context.ts";
import { exportTrust } from "./export-trust.ts";
import { HELP } from "./help.ts";
import { init } from "./init.ts";
import { type Command, type Options, readOptions } from "./options.ts";
import { PkiFailure } from "./pki-failure.ts";
import { publish } from "./publish.ts";
import { renewRootList } from "./renew-root-crl.ts";
import { rotateIssuer } from "./rotate-issuer.ts";
import { rotateOcsp } from "./rotate-ocsp.ts";
import { show } from "./show.ts";

const RUN: Readonly<Record<Command, (context: Context, options: Options) => Promise<void>>> = {
  init,
  show,
  "rotate-issuer": rotateIssuer,
  "rotate-ocsp": rotateOcsp,
  "renew-root-crl": renewRootList,
  publish,
  "export-trust": exportTrust,
};

export async function runPki(parameters: readonly string[], context: Context): Promise<0 | 1> {
  try {
    const call = readOptions(parameters, context.environment);
    if (call === undefined) context.out(HELP);
    else await RUN[call.command](context, call.options);
    return 0;
  } catch (error) {
    if (!(error instanceof PkiFailure || error instanceof WranglerFailure)) throw error;
    context.note(`Tally: ${error.message}`);
    return 1;
  }
}
