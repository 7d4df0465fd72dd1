// Two enrolled pairs of halves from fixed vectors (making RSA keys takes seconds), one with a modulus of 6144 bits and one of 6143.
import { hexToBytes } from "@noble/hashes/utils.js";
import type { HashAlgorithm, SignatureAlgorithm } from "../../../src/protocol/algorithms.ts";
import { hash } from "../../../src/protocol/algorithms.ts";
import { utf8 } from "../../../src/protocol/encoding.ts";
import { rsaDeviceHalf } from "../../../src/split-key/rsa/device-half.ts";
import { rsaServerHalf } from "../../../src/split-key/rsa/server-half.ts";
import type { Evaluation, MessageToSign, Offer, TranscriptInput } from "../../../src/split-key/scheme.ts";
import vectors from "../../vectors/split-key-rsa.json" with { type: "json" };

export const ALGORITHMS: readonly (readonly [SignatureAlgorithm, HashAlgorithm])[] = [
  ["rsassa-pss", "SHA-256"],
  ["rsassa-pss", "SHA-384"],
  ["rsassa-pss", "SHA-512"],
  ["rsassa-pss", "SHA3-256"],
  ["rsassa-pss", "SHA3-384"],
  ["rsassa-pss", "SHA3-512"],
  ["sha256WithRSAEncryption", "SHA-256"],
  ["sha384WithRSAEncryption", "SHA-384"],
  ["sha512WithRSAEncryption", "SHA-512"],
];

export interface DeviceKeyVector {
  /** 384 bytes. */
  readonly n1: Uint8Array<ArrayBuffer>;
  readonly p: bigint;
  readonly q: bigint;
  /** d1', 400 bytes. */
  readonly share: Uint8Array<ArrayBuffer>;
  /** d1'', 384 bytes. */
  readonly secret: Uint8Array<ArrayBuffer>;
}

export interface Pair {
  readonly modulusBits: number;
  readonly device: DeviceKeyVector;
  readonly pooledShare: Uint8Array<ArrayBuffer>;
  readonly serverShare: Uint8Array;
  readonly publicKey: Uint8Array;
}

export const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));

export const PAIRS: readonly Pair[] = vectors.pairs.map(({ modulusBits, device, pooledShare }) => {
  const pooled = Uint8Array.from(hexToBytes(pooledShare));
  const [n1, share, secret] = [device.n1, device.share, device.secret].map((hex) => Uint8Array.from(hexToBytes(hex)));
  if (n1 === undefined || share === undefined || secret === undefined) throw new Error("a vector is incomplete");
  const joined = rsaServerHalf.acceptDeviceKey({ pooledShare: pooled, device: n1, secret, earlierPublicKeys: [], random });
  if (!joined.ok) throw new Error(joined.failure);
  const key = { n1, p: BigInt(`0x${device.p}`), q: BigInt(`0x${device.q}`), share, secret };
  return { modulusBits, device: key, pooledShare: pooled, ...joined.value };
});

export const pairAt = (index: number): Pair => {
  const pair = PAIRS[index];
  if (pair === undefined) throw new Error("no such pair");
  return pair;
};

export function messageOf(text: string, algorithm: SignatureAlgorithm, hashAlgorithm: HashAlgorithm): MessageToSign {
  return { signatureAlgorithm: algorithm, hashAlgorithm, digest: hash(hashAlgorithm, utf8(text)) };
}

export function inputFor(pair: Pair, message: MessageToSign): TranscriptInput {
  const { offer } = rsaServerHalf.offer({ publicKey: pair.publicKey, serverShare: undefined, algorithms: message, random });
  return { operation: "performSignature", purpose: "sign", keyVersion: 1, message, offer };
}

export function contribute(pair: Pair, input: TranscriptInput, share: Uint8Array = pair.device.share): Uint8Array {
  return rsaDeviceHalf.contribute({ ...input, stored: pair.device.n1, share, random }).contribution;
}

export function evaluate(
  pair: Pair,
  { message, offer }: { readonly message: MessageToSign; readonly offer: Offer },
  contribution: Uint8Array,
): Evaluation {
  const { serverShare, publicKey } = pair;
  return rsaServerHalf.evaluate({ serverShare, publicKey, message, offer, nonce: undefined, contribution });
}

/** Both halves, one after the other. */
export function sign(pair: Pair, message: MessageToSign): Uint8Array<ArrayBuffer> {
  const input = inputFor(pair, message);
  const evaluation = evaluate(pair, input, contribute(pair, input));
  if (evaluation.verdict !== "right") throw new Error(evaluation.verdict);
  return Uint8Array.from(evaluation.signature);
}
