// What a thief with a whole device can compute to tell the right PIN from the wrong ones, for suite `rsa`. Each function
// takes all that the thief has and one candidate share, and says "fits" or "does not fit". A way tells the PIN when the right
// candidate's answer is unlike that of the others. `leaked` is what the laws keep from the thief.
import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes } from "../../src/protocol/encoding.ts";
import { powerModulo } from "../../src/split-key/rsa/exponentiation.ts";
import { raiseToPublicExponent, toBigInt } from "../../src/split-key/rsa/modular-arithmetic.ts";

/** EM and s of a signature that a relying party or a verifier has seen. */
export interface FinishedSignature {
  readonly representative: bigint;
  readonly signature: bigint;
}

export interface Loot {
  /** n1: all that the device stores beside the masked share and its salt. */
  readonly deviceModulus: bigint;
  /** Two or more. */
  readonly finished: readonly FinishedSignature[];
  readonly leaked?: {
    /** A digest of the share, as a check digit, a MAC under a known key, a fingerprint. */
    readonly verifier?: Uint8Array;
    /** s1' of the first finished signature, as in a stored request body. */
    readonly contribution?: bigint;
    /** d1'', as in recorded key-generation traffic. */
    readonly secret?: Uint8Array;
    /** EM^d1'' of the first finished signature: a value of the server's that depends on its share. */
    readonly serverPart?: bigint;
    /** The lowest bit of d1''. */
    readonly secretIsOdd?: boolean;
    /** φ(n1), as in a key that was kept whole. */
    readonly totient?: bigint;
  };
}

export type PinTest = (loot: Loot, candidate: Uint8Array) => boolean;

const first = (loot: Loot): FinishedSignature => {
  const [signature] = loot.finished;
  if (signature === undefined) throw new Error("no finished signature");
  return signature;
};

const contributions = new Map<string, bigint>();

/** What the candidate would have contributed to a finished signature. Remembered: all ways ask for the same few. */
function contributionOf({ deviceModulus }: Loot, { representative }: FinishedSignature, candidate: Uint8Array): bigint {
  const name = [representative, toBigInt(candidate), deviceModulus].join();
  const contribution = contributions.get(name) ?? powerModulo(representative, candidate, deviceModulus);
  contributions.set(name, contribution);
  return contribution;
}

/** Jacobi symbol (value / odd modulus). */
function jacobi(value: bigint, modulus: bigint): number {
  let [numerator, denominator, sign] = [value % modulus, modulus, 1];
  while (numerator !== 0n) {
    while ((numerator & 1n) === 0n) {
      numerator >>= 1n;
      if ((denominator & 7n) === 3n || (denominator & 7n) === 5n) sign = -sign;
    }
    [numerator, denominator] = [denominator, numerator];
    if ((numerator & 3n) === 3n && (denominator & 3n) === 3n) sign = -sign;
    numerator %= denominator;
  }
  return denominator === 1n ? sign : 0;
}

export const PIN_TESTS: Readonly<Record<string, PinTest>> = {
  "the share's top bit": (_loot, candidate) => (candidate[0] ?? 0) >= 0x80,

  "the share's lowest bit": (_loot, candidate) => ((candidate.at(-1) ?? 0) & 1) === 1,

  "the share's size against n1": ({ deviceModulus }, candidate) => toBigInt(candidate) < deviceModulus,

  "a share that is the whole exponent": (loot, candidate) => {
    const power = contributionOf(loot, first(loot), candidate);
    return raiseToPublicExponent(power, loot.deviceModulus) === first(loot).representative % loot.deviceModulus;
  },

  "the finished signature modulo n1": (loot, candidate) =>
    contributionOf(loot, first(loot), candidate) === first(loot).signature % loot.deviceModulus,

  // s / EM^d1' is EM^d1'': where EM is no square its Jacobi symbol shows whether d1'' is odd, where EM may be one it is 1.
  "the quadratic character of the server's factor": (loot, candidate) => {
    const { deviceModulus, leaked } = loot;
    const characters = loot.finished.map((finished) => {
      const factor = jacobi(finished.signature, deviceModulus) * jacobi(contributionOf(loot, finished, candidate), deviceModulus);
      return { square: jacobi(finished.representative, deviceModulus) === 1, odd: factor === -1 };
    });
    const oddness = new Set(characters.filter(({ square }) => !square).map(({ odd }) => odd));
    if (characters.some(({ square, odd }) => square && odd) || oddness.size !== 1) return false;
    return leaked?.secretIsOdd === undefined || oddness.has(leaked.secretIsOdd);
  },

  "a stored digest of the share": ({ leaked }, candidate) =>
    leaked?.verifier !== undefined && equalBytes(sha256(candidate), leaked.verifier),

  "a stored contribution": (loot, candidate) =>
    loot.leaked?.contribution !== undefined && contributionOf(loot, first(loot), candidate) === loot.leaked.contribution,

  "the server's part d1''": (loot, candidate) => {
    if (loot.leaked?.secret === undefined) return false;
    const other = powerModulo(first(loot).representative, loot.leaked.secret, loot.deviceModulus);
    const power = (contributionOf(loot, first(loot), candidate) * other) % loot.deviceModulus;
    return power === first(loot).signature % loot.deviceModulus;
  },

  "a value that the server computed with d1''": (loot, candidate) => {
    if (loot.leaked?.serverPart === undefined) return false;
    const power = (contributionOf(loot, first(loot), candidate) * loot.leaked.serverPart) % loot.deviceModulus;
    return power === first(loot).signature % loot.deviceModulus;
  },

  "the factors of n1 with d1''": ({ leaked }, candidate) =>
    leaked?.totient !== undefined &&
    leaked.secret !== undefined &&
    ((toBigInt(candidate) + toBigInt(leaked.secret)) * 65537n) % leaked.totient === 1n,
};
