// Runs in a Web Worker of Chromium, for `device-half.ts` outside: the device's half of suite `rsa`, as the app bundles it.
import { rsaDeviceHalf } from "../../src/split-key/rsa/device-half.ts";
import type { TranscriptInput } from "../../src/split-key/scheme.ts";
import { toBase64Url } from "../../src/protocol/encoding.ts";

const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));

/** Milliseconds of each run; the works take turns. Throws where the two ways differ. */
export function measure(runs: number, warmUp: number): Readonly<Record<"plain" | "preparing" | "prepared", number[]>> {
  const taken = { plain: [] as number[], preparing: [] as number[], prepared: [] as number[] };
  for (let run = -warmUp; run < runs; run++) {
    const asked = { ...anInput(), stored: aModulus(), share: random(400), random };
    const timed = <Value>(name: keyof typeof taken, work: () => Value): Value => {
      const start = performance.now();
      const value = work();
      if (run >= 0) taken[name].push(performance.now() - start);
      return value;
    };
    const plain = timed("plain", () => rsaDeviceHalf.contribute(asked));
    const preparation = timed("preparing", () => rsaDeviceHalf.prepare?.(asked));
    const prepared = timed("prepared", () => rsaDeviceHalf.contribute({ ...asked, preparation }));
    if (plain.contribution.join() !== prepared.contribution.join()) throw new Error("the two ways differ");
  }
  return taken;
}

const anInput = (): TranscriptInput => ({
  operation: "performSignature",
  purpose: "auth",
  keyVersion: 1,
  message: { signatureAlgorithm: "rsassa-pss", hashAlgorithm: "SHA-512", digest: random(64) },
  offer: { modulusBits: 6144, salt: toBase64Url(random(64)) },
});

/** An odd number of 3072 bits: nothing here asks for more. */
function aModulus(): Uint8Array {
  const modulus = random(384);
  modulus[0] = (modulus[0] ?? 0) | 0x80;
  modulus[383] = (modulus[383] ?? 0) | 1;
  return modulus;
}
