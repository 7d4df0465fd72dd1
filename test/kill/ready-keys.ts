// RSA keys for devices and server shares, made once for a checkout: finding primes is most of what an enrolment costs, and not what is
// tested here. An account gets each one once, which is all that a server looks at; when there are no more, it has others made.
import { generateKeyPair, webcrypto } from "node:crypto";
import { promisify } from "node:util";
import { generatePooledShare } from "../../src/split-key/rsa/pooled-share.ts";
import { makeReadyKeys } from "../runner/make-ready-keys.ts";

const keys = await makeReadyKeys(Number(process.env["KILL_KEYS"] ?? 32));
/** Of one account: for the device and for the server. */
export const READY_KEYS_OF_AN_ACCOUNT = Math.floor(keys.length / 2);

const MODULUS_BITS = 3072;
type Holder = "device" | "server";
/** How many each account has been given; `first`: which was its first, so that no two neighbours have the same pairs. */
const given = new Map<string, Record<Holder | "first", number>>();
let account = "";
let holder: Holder = "device";

/** Whose keys are made from here on. */
export function makeKeysFor(name: string): void {
  account = name;
}

export const keysMadeFor = (name: string): number => given.get(name)?.device ?? 0;

function nextKey(): webcrypto.JsonWebKey | undefined {
  const counts = given.get(account) ?? { device: 0, server: 0, first: given.size };
  given.set(account, counts);
  const place = counts[holder]++;
  if (place >= READY_KEYS_OF_AN_ACCOUNT) return undefined;
  const own = (place + (holder === "device" ? counts.first : 0)) % READY_KEYS_OF_AN_ACCOUNT;
  return keys[holder === "device" ? own : READY_KEYS_OF_AN_ACCOUNT + own];
}

async function newKey(): Promise<webcrypto.JsonWebKey> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: MODULUS_BITS });
  return privateKey.export({ format: "jwk" });
}

interface Algorithm {
  readonly name: string;
  readonly modulusLength?: number;
}

const { subtle } = webcrypto;
const make = subtle.generateKey.bind(subtle) as (...input: readonly unknown[]) => Promise<unknown>;

subtle.generateKey = async function generateKey(algorithm: Algorithm, extractable: boolean, usages: readonly string[]) {
  if (algorithm.name !== "RSASSA-PKCS1-v1_5" || algorithm.modulusLength !== MODULUS_BITS)
    return make(algorithm, extractable, usages);
  const ready = nextKey() ?? (await newKey());
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...open } = ready;
  const privateKey = await subtle.importKey("jwk", ready, algorithm, extractable, ["sign"]);
  return { privateKey, publicKey: await subtle.importKey("jwk", open, algorithm, true, ["verify"]) };
} as never;

/** The bytes that go into the pool. */
export function nextServerShare(): Promise<Uint8Array<ArrayBuffer>> {
  holder = "server";
  const share = generatePooledShare();
  // It has asked for its key by now: nothing awaits before that.
  holder = "device";
  return share;
}
