// Makes server shares for the Worker of this machine, on threads beside the one that answers requests. See SHARE_MAKER.
import { type Request, Response } from "miniflare";
import { SUITES } from "../src/account/purpose.ts";
import { pooledShareGenerators } from "../src/split-key/server-halves.ts";

export async function makeServerShare({ url }: Request): Promise<Response> {
  const suite = SUITES.find((known) => new URL(url).pathname === `/${known}`);
  const make = suite && pooledShareGenerators[suite];
  return make === undefined ? new Response(null, { status: 404 }) : new Response(await make());
}
