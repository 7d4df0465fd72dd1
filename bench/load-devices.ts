// The devices of `load.ts`, in a thread of their own. The server cannot tell them from others, and does all its work for them; but they
// themselves do next to none, since it is the server that is measured: their PINs are derived in one iteration, they share a few
// moduli, and their shares of the private exponent are 1, so that a contribution is EM itself.
import { generateKeyPairSync } from "node:crypto";
import { parentPort } from "node:worker_threads";
import { enrolAccount } from "../scripts/authenticator/enrolment.ts";
import { makeTestPerson } from "../scripts/demo/test-person.ts";
import { ChannelClient } from "../src/authenticator/channel-client.ts";
import { approveTransaction, claimTransaction, listTransactions } from "../src/authenticator/transactions.ts";
import { fromBase64Url, utf8 } from "../src/protocol/encoding.ts";
import { deviceHalves } from "../src/split-key/device-halves.ts";
import { DEVICE_SHARE_LENGTH, encodeMessage, HALF_LENGTH } from "../src/split-key/rsa/common.ts";
import { modularInverse, PUBLIC_EXPONENT, toBigInt, toFixedBytes } from "../src/split-key/rsa/modular-arithmetic.ts";
import { type DeviceHalf, transcript } from "../src/split-key/scheme.ts";
import { MemoryStorage } from "../test/support/memory-storage.ts";
import { type Clock, take, timedFetch } from "./authentication.ts";

export type DevicesAsked = { readonly enrol: number; readonly url: string } | { readonly approve: number };
export type DevicesSaid =
  | { readonly enrolled: readonly string[] }
  /** `sentAt`: milliseconds of the clock that `performance.timeOrigin` belongs to. */
  | { readonly approved: number; readonly sentAt: number };

/** At once: the server makes two keys for each. */
const ENROLLED_AT_ONCE = 4;
/** Taken in turn, so many that none comes to one account twice, which the server would refuse. */
const MODULI = 16;

interface Device {
  readonly client: ChannelClient;
  readonly clock: Clock;
  readonly pin: Uint8Array<ArrayBuffer>;
}

const devices: Device[] = [];
const say = (said: DevicesSaid): void => parentPort?.postMessage(said, []);

parentPort?.on("message", (asked: DevicesAsked) => {
  const work = "enrol" in asked ? enrol(asked.url, asked.enrol) : approve(asked.approve);
  // Whoever asked hears of it as the thread's error.
  work.catch((error: unknown) => {
    setImmediate(() => {
      throw error;
    });
  });
});

async function enrol(url: string, count: number): Promise<void> {
  (deviceHalves as { rsa: DeviceHalf }).rsa = effortlessHalf();
  const enrolled: string[] = [];
  const lane = async (): Promise<void> => {
    while (devices.length + underWay < count) {
      underWay++;
      const { device, documentNumber } = await enrolOne(url);
      underWay--;
      devices.push(device);
      enrolled.push(documentNumber);
    }
  };
  let underWay = 0;
  await Promise.all(Array.from({ length: ENROLLED_AT_ONCE }, lane));
  say({ enrolled });
}

async function enrolOne(url: string): Promise<{ readonly device: Device; readonly documentNumber: string }> {
  const clock: Clock = { sent: 0, answered: 0 };
  const client = new ChannelClient({ url, fetch: timedFetch(clock) }, new MemoryStorage());
  const { identity, pins } = makeTestPerson();
  const { documentNumber } = await enrolAccount(client, identity, pins, () => undefined, 1);
  return { device: { client, clock, pin: utf8(pins.auth) }, documentNumber };
}

async function approve(number: number): Promise<void> {
  const device = devices[number];
  if (device === undefined) throw new Error("no such device");
  const { client, clock, pin } = device;
  const [only] = take(await listTransactions(client));
  if (only === undefined) throw new Error("nothing waits");
  const claimed = take(await claimTransaction(client, only.transactionId));
  if (claimed.kind === "certificate-choice") throw new Error("no login waits");
  take(await approveTransaction(client, claimed, pin));
  say({ approved: number, sentAt: performance.timeOrigin + clock.sent });
}

/** d1' = 1, and d1'' = d1 − 1. */
function effortlessHalf(): DeviceHalf {
  const moduli = Array.from({ length: MODULI }, makeModulus);
  let made = 0;
  return {
    ...deviceHalves.rsa,
    async generate() {
      const { device, secret } = moduli[made++ % moduli.length] ?? makeModulus();
      const share = toFixedBytes(1n, DEVICE_SHARE_LENGTH);
      return { device, secret: secret.slice(), finish: () => ({ share, stored: device }) };
    },
    contribute({ stored, ...input }) {
      const encoded = encodeMessage(input.message, input.offer);
      if (encoded === undefined) throw new RangeError("the offer does not fit the message");
      const contribution = toFixedBytes(toBigInt(encoded) % toBigInt(stored), HALF_LENGTH);
      return { contribution, transcript: transcript("rsa", input, encoded) };
    },
  };
}

function makeModulus(): { readonly device: Uint8Array; readonly secret: Uint8Array } {
  const { p = "", q = "" } = generateKeyPairSync("rsa", { modulusLength: HALF_LENGTH * 8 }).privateKey.export({ format: "jwk" });
  const factor = (text: string): bigint => toBigInt(fromBase64Url(text) ?? new Uint8Array(0));
  const [first, second] = [factor(p), factor(q)];
  const exponent = modularInverse(PUBLIC_EXPONENT, (first - 1n) * (second - 1n));
  if (exponent === undefined) throw new Error("a key that does not fit its public exponent");
  return { device: toFixedBytes(first * second, HALF_LENGTH), secret: toFixedBytes(exponent - 1n, HALF_LENGTH) };
}
