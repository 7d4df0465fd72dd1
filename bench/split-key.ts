// One signature of suite `rsa` by its parts: the PIN's key derivation and the device's half in Node, the server's half inside
// workerd, each next to one ordinary RSA-6144 private operation in the same runtime.
import { constants, createPrivateKey, generateKeyPairSync, privateEncrypt, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toBase64 } from "../src/protocol/encoding.ts";
import { pinStream } from "../src/split-key/pin-mask.ts";
import { rsaDeviceHalf } from "../src/split-key/rsa/device-half.ts";
import type { TranscriptInput } from "../src/split-key/scheme.ts";
import type { BenchWorker } from "./bench-worker.ts";
import { median, sample, type Samples, type Section, timed } from "./measurement.ts";

const RUNS = 25;
/** Operations in one request to workerd, so that the request itself weighs little. */
const BATCH = 5;

const random = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(randomBytes(length));

export async function splitKeySections(worker: BenchWorker): Promise<readonly Section[]> {
  const floorKey = rsa6144();
  const { share, stored, device, secret } = await rsaDeviceHalf.generate(random);
  const digest = random(64);
  const { offer } = await worker.post("/prepare", {
    device: toBase64(device),
    secret: toBase64(secret),
    digest: toBase64(digest),
    floorKey,
  });
  const message = { signatureAlgorithm: "rsassa-pss", hashAlgorithm: "SHA-512", digest } as const;
  const input: TranscriptInput = {
    operation: "performSignature",
    purpose: "sign",
    keyVersion: 1,
    message,
    offer: offer as TranscriptInput["offer"],
  };
  const contribute = () => rsaDeviceHalf.contribute({ ...input, stored, share });

  const key = createPrivateKey(floorKey);
  const value = new Uint8Array(768).fill(1, 1);
  const nodeFloor = {
    name: "RSA-6144 in Node",
    samples: await sample(RUNS, () => privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, value)),
  };
  const pin = new TextEncoder().encode("4711");
  const stretch = () =>
    pinStream({ pin, salt: random(32), purpose: "sign", suite: "rsa", keyVersion: 1, length: rsaDeviceHalf.maskLength });
  const deviceSection: Section = {
    title: "The device's half of a signature, in Node",
    rows: [
      { what: "RSA-6144 private operation", samples: nodeFloor.samples },
      { what: "device half, without the PIN's derivation", samples: await sample(RUNS, contribute), floor: nodeFloor },
      { what: "PIN derivation", samples: await sample(RUNS, stretch), floor: nodeFloor },
    ],
  };

  const { contribution } = contribute();
  const right = { contribution: toBase64(contribution) };
  const wrong = { contribution: toBase64(random(384).fill(1, 0, 1)) };
  await expectVerdict(worker, right, "right");
  await expectVerdict(worker, wrong, "wrong");
  const [workerdFloor, rightPin, wrongPin] = await batches(worker, [
    ["/private-operation", {}],
    ["/evaluate", right],
    ["/evaluate", wrong],
  ]);
  const floor = { name: "RSA-6144 in workerd", samples: workerdFloor ?? [] };
  const serverSection: Section = {
    title: "The server's half of a signature, in workerd",
    rows: [
      { what: "RSA-6144 private operation", samples: floor.samples },
      { what: "server half, right PIN (finished signature)", samples: rightPin ?? [], floor },
      { what: "server half, wrong PIN", samples: wrongPin ?? [], floor },
    ],
  };
  return [deviceSection, serverSection];
}

async function expectVerdict(worker: BenchWorker, input: object, expected: string): Promise<void> {
  const { verdict } = await worker.post("/evaluate", { ...input, iterations: 1 });
  if (verdict !== expected) throw new Error(`the server's half answered ${String(verdict)} instead of ${expected}`);
}

/** Milliseconds for one operation of each, in turns, so that a disturbance meets all of them alike; the empty request is taken off. */
async function batches(worker: BenchWorker, operations: readonly (readonly [string, object])[]): Promise<readonly Samples[]> {
  const nothing = median(await sample(RUNS, () => worker.post("/nothing")));
  const samples = operations.map((): number[] => []);
  for (let run = -2; run < RUNS; run++) {
    for (const [index, [path, input]] of operations.entries()) {
      const { milliseconds } = await timed(() => worker.post(path, { ...input, iterations: BATCH }));
      if (run >= 0) samples[index]?.push((milliseconds - nothing) / BATCH);
    }
  }
  return samples;
}

/** PKCS#8 in PEM. Made once: primes of that size take many seconds. It protects nothing. */
function rsa6144(): string {
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
