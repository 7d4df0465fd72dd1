// One signature of each suite by its parts: the PIN's key derivation and the device's half in Node, the server's half inside workerd,
// each next to what the algorithm costs whoever holds the whole key, or the library's own signer, in the same runtime.
import { constants, createPrivateKey, generateKeyPairSync, privateEncrypt, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ed25519_FROST as frost } from "@noble/curves/ed25519.js";
import type { Suite } from "../src/account/purpose.ts";
import { fromBase64, toBase64 } from "../src/protocol/encoding.ts";
import { PROOF_ALGORITHMS } from "../src/protocol/proof-message.ts";
import { deviceHalves } from "../src/split-key/device-halves.ts";
import { decodeOffer, DEVICE, SERVER, SIGNERS } from "../src/split-key/ed25519/common.ts";
import { pinStream } from "../src/split-key/pin-mask.ts";
import type { TranscriptInput } from "../src/split-key/scheme.ts";
import type { BenchWorker } from "./bench-worker.ts";
import { type Floor, median, sample, sampleInTurns, type Samples, type Section, timed } from "./measurement.ts";

const RUNS = 25;
/** Runs of the library's BigInt arithmetic before the compiler has done what it does. */
const WARM_UP = 40;
/** Operations in one request to workerd, so that the request itself weighs little. */
const BATCH: Readonly<Record<Suite, number>> = { rsa: 5, ed25519: 50 };

const random = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(randomBytes(length));

export const splitKeySections = async (worker: BenchWorker): Promise<readonly Section[]> => [
  ...(await rsaSections(worker)),
  ...(await ed25519Sections(worker)),
];

interface Key {
  readonly input: TranscriptInput;
  readonly stored: Uint8Array;
  readonly share: Uint8Array;
  readonly contribute: () => Uint8Array;
}

/** A key whose server half lies in the worker, with one message and one offer. */
async function makeKey(worker: BenchWorker, suite: Suite, parts: object = {}): Promise<Key> {
  const half = deviceHalves[suite];
  const made = await half.generate(random);
  const message = { ...PROOF_ALGORITHMS[suite], digest: random(64) };
  const sent = {
    suite,
    device: toBase64(made.device),
    secret: toBase64(made.secret),
    digest: toBase64(message.digest),
    ...parts,
  };
  const { offer, answer } = await worker.post("/prepare", sent);
  const finished = made.finish(fromBase64(String(answer)) ?? new Uint8Array());
  if (finished === undefined) throw new Error("the device does not take the server's answer");
  const operation = { operation: "performSignature", purpose: "sign", keyVersion: 1 } as const;
  const input: TranscriptInput = { ...operation, message, offer: offer as TranscriptInput["offer"] };
  return { input, ...finished, contribute: () => half.contribute({ ...input, ...finished, random }).contribution };
}

async function rsaSections(worker: BenchWorker): Promise<readonly Section[]> {
  const floorKey = rsa6144();
  const { contribute } = await makeKey(worker, "rsa", { floorKey });
  const key = createPrivateKey(floorKey);
  const value = new Uint8Array(768).fill(1, 1);
  const floor = {
    name: "RSA-6144 in Node",
    samples: await sample(RUNS, () => privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, value)),
  };
  const pin = new TextEncoder().encode("4711");
  const { maskLength } = deviceHalves.rsa;
  const stretch = () => pinStream({ pin, salt: random(32), purpose: "sign", suite: "rsa", keyVersion: 1, length: maskLength });
  const deviceSection: Section = {
    title: "rsa: the device's half of a signature, in Node",
    rows: [
      { what: "RSA-6144 private operation", samples: floor.samples },
      { what: "device half, without the PIN's derivation", samples: await sample(RUNS, contribute), floor },
      { what: "PIN derivation", samples: await sample(RUNS, stretch), floor },
    ],
  };
  const wrong = random(384).fill(1, 0, 1);
  const operation = { path: "/private-operation", what: "RSA-6144 private operation", name: "RSA-6144 in workerd" };
  return [deviceSection, await serverSection(worker, "rsa", { right: contribute(), wrong }, operation)];
}

async function ed25519Sections(worker: BenchWorker): Promise<readonly Section[]> {
  const { input, stored, share, contribute } = await makeKey(worker, "ed25519");
  const offered = decodeOffer(input.offer);
  if (offered === undefined) throw new Error("the worker's offer is none");
  const secret = { identifier: DEVICE.name, signingShare: share };
  const key = { signers: SIGNERS, commitments: [stored], verifyingShares: {} };
  // The library overwrites nonces, so that each signing needs its own; drawing them is not part of the floor.
  const drawn = Array.from({ length: RUNS + WARM_UP }, () => frost.commit(secret));
  const signShare = () => {
    const { nonces, commitments } = drawn.pop() ?? frost.commit(secret);
    const all = [commitments, { identifier: SERVER.name, ...offered }];
    return frost.signShare(secret, key, nonces, all, input.message.digest);
  };
  const [shares = [], contributions = []] = await sampleInTurns(RUNS, [signShare, contribute], WARM_UP);
  const floor: Floor = { name: "signShare in Node", samples: shares };
  const deviceSection: Section = {
    title: "ed25519: the device's half of a signature, in Node",
    rows: [
      { what: "the library's signShare", samples: floor.samples },
      { what: "device half, without the PIN's derivation", samples: contributions, floor },
    ],
  };
  const other = deviceHalves.ed25519.unmask(share, random(64));
  const wrong = deviceHalves.ed25519.contribute({ ...input, stored, share: other, random }).contribution;
  const operation = { path: "/sign-and-verify", what: "the library's sign and verify", name: "sign + verify in workerd" };
  return [deviceSection, await serverSection(worker, "ed25519", { right: contribute(), wrong }, operation)];
}

async function serverSection(
  worker: BenchWorker,
  suite: Suite,
  contributions: { readonly right: Uint8Array; readonly wrong: Uint8Array },
  operation: { readonly path: string; readonly what: string; readonly name: string },
): Promise<Section> {
  const right = { suite, contribution: toBase64(contributions.right) };
  const wrong = { suite, contribution: toBase64(contributions.wrong) };
  await expectVerdict(worker, right, "right");
  await expectVerdict(worker, wrong, "wrong");
  const operations = [
    [operation.path, {}],
    ["/evaluate", right],
    ["/evaluate", wrong],
    ["/offer", { suite }],
  ] as const;
  const [floorSamples = [], rightPin = [], wrongPin = [], offers = []] = await batches(worker, BATCH[suite], operations);
  const floor = { name: operation.name, samples: floorSamples };
  return {
    title: `${suite}: the server's half of a signature, in workerd`,
    rows: [
      { what: operation.what, samples: floor.samples },
      { what: "server half, right PIN (finished signature)", samples: rightPin, floor },
      { what: "server half, wrong PIN", samples: wrongPin, floor },
      { what: "the offer, when the device claims", samples: offers, floor },
    ],
  };
}

async function expectVerdict(worker: BenchWorker, input: object, expected: string): Promise<void> {
  const { verdict } = await worker.post("/evaluate", { ...input, iterations: 1 });
  if (verdict !== expected) throw new Error(`the server's half answered ${String(verdict)} instead of ${expected}`);
}

/** Milliseconds for one operation of each, in turns, so that a disturbance meets all of them alike; the empty request is taken off. */
async function batches(
  worker: BenchWorker,
  batch: number,
  operations: readonly (readonly [string, object])[],
): Promise<readonly Samples[]> {
  const nothing = median(await sample(RUNS, () => worker.post("/nothing")));
  const samples = operations.map((): number[] => []);
  for (let run = -2; run < RUNS; run++) {
    for (const [index, [path, input]] of operations.entries()) {
      const { milliseconds } = await timed(() => worker.post(path, { ...input, iterations: batch }));
      if (run >= 0) samples[index]?.push((milliseconds - nothing) / batch);
    }
  }
  return samples;
}

/** PKCS#8 in PEM. Made once: primes of that size take many seconds. It protects nothing. */
export function rsa6144(): string {
  const folder = join(import.meta.dirname, "../node_modules/.cache/bench");
  const file = join(folder, "rsa-6144.pem");
  try {
    return readFileSync(file, "utf8");
  } catch {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 6144 });
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, pem, { mode: 0o600 });
    return pem;
  }
}
