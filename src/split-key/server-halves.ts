// The server's half of every suite. The Worker bundles this file and must never come near device-halves.ts.
import type { Suite } from "../account/purpose.ts";
import { generatePooledShare } from "./rsa/pooled-share.ts";
import { rsaServerHalf } from "./rsa/server-half.ts";
import type { ServerHalf } from "./scheme.ts";

export const serverHalves: Readonly<Record<Suite, ServerHalf>> = { rsa: rsaServerHalf };

/** Makes one server share for the pool, ahead of any enrolment. Takes 100–1000 ms. */
export const pooledShareGenerators: Readonly<Record<Suite, () => Promise<Uint8Array<ArrayBuffer>>>> = {
  rsa: generatePooledShare,
};
