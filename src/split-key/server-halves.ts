// The server's half of every suite. The Worker bundles this file and must never come near device-halves.ts.
import type { Suite } from "../account/purpose.ts";
import { ed25519ServerHalf } from "./ed25519/server-half.ts";
import { generatePooledShare } from "./rsa/pooled-share.ts";
import { rsaServerHalf } from "./rsa/server-half.ts";
import type { ServerHalf } from "./scheme.ts";

export const serverHalves: Readonly<Record<Suite, ServerHalf>> = {
  rsa: rsaServerHalf,
  ed25519: ed25519ServerHalf,
};

/** Makes one server share for the pool, ahead of any enrolment, for the suites that need one. Takes 100–1000 ms. */
export const pooledShareGenerators: Readonly<Partial<Record<Suite, () => Promise<Uint8Array<ArrayBuffer>>>>> = {
  rsa: generatePooledShare,
};
