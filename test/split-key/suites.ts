// Every suite with what a test needs to treat it like any other: two key pairs, the signatures that it makes, and how WebCrypto
// verifies them. The keys of `rsa` come from fixed vectors (making one takes seconds), those of `ed25519` are made afresh.
import type { Suite } from "../../src/account/purpose.ts";
import { type HashAlgorithm, hash, HASH_LENGTHS, type SignatureAlgorithm } from "../../src/protocol/algorithms.ts";
import { utf8 } from "../../src/protocol/encoding.ts";
import { deviceHalves } from "../../src/split-key/device-halves.ts";
import type {
  DeviceHalf,
  Evaluation,
  MessageToSign,
  PreparedOffer,
  ServerHalf,
  TranscriptInput,
} from "../../src/split-key/scheme.ts";
import { serverHalves } from "../../src/split-key/server-halves.ts";
import * as rsa from "./rsa/fixtures.ts";

export interface KeyPair {
  readonly share: Uint8Array;
  readonly stored: Uint8Array;
  readonly serverShare: Uint8Array;
  readonly publicKey: Uint8Array;
}

export interface SuiteUnderTest {
  readonly suite: Suite;
  readonly device: DeviceHalf;
  readonly server: ServerHalf;
  readonly pair: KeyPair;
  readonly other: KeyPair;
  readonly algorithms: readonly (readonly [SignatureAlgorithm, HashAlgorithm])[];
  readonly signatureLength: number;
}

export interface Prepared extends PreparedOffer {
  readonly input: TranscriptInput;
}

export const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));

export async function makeKey(suite: Suite, pooledShare?: Uint8Array): Promise<KeyPair> {
  const half = await deviceHalves[suite].generate(random);
  const { device, secret } = half;
  const joined = serverHalves[suite].acceptDeviceKey({ device, secret, pooledShare, random, earlierPublicKeys: [] });
  if (!joined.ok) throw new Error(joined.failure);
  const finished = half.finish(joined.value.answer);
  if (finished === undefined) throw new Error("the device does not take the server's answer");
  return { ...finished, serverShare: joined.value.serverShare, publicKey: joined.value.publicKey };
}

const rsaPair = (index: number): KeyPair => {
  const { device, serverShare, publicKey } = rsa.pairAt(index);
  return { share: device.share, stored: device.n1, serverShare, publicKey };
};

export const SUITES_UNDER_TEST: readonly SuiteUnderTest[] = [
  {
    suite: "rsa",
    device: deviceHalves.rsa,
    server: serverHalves.rsa,
    pair: rsaPair(0),
    other: rsaPair(1),
    algorithms: rsa.ALGORITHMS,
    signatureLength: 768,
  },
  {
    suite: "ed25519",
    device: deviceHalves.ed25519,
    server: serverHalves.ed25519,
    pair: await makeKey("ed25519"),
    other: await makeKey("ed25519"),
    algorithms: (Object.keys(HASH_LENGTHS) as HashAlgorithm[]).map((name) => ["ed25519", name]),
    signatureLength: 64,
  },
];

export function messageOf(text: string, signatureAlgorithm: SignatureAlgorithm, hashAlgorithm: HashAlgorithm): MessageToSign {
  return { signatureAlgorithm, hashAlgorithm, digest: hash(hashAlgorithm, utf8(text)) };
}

/** What goes out with a transaction, and what both halves then know. */
export function prepare({ server }: SuiteUnderTest, { publicKey, serverShare }: KeyPair, message: MessageToSign): Prepared {
  const prepared = server.offer({ publicKey, serverShare, algorithms: message, random });
  const input = { operation: "performSignature", purpose: "sign", keyVersion: 1, message, offer: prepared.offer } as const;
  return { ...prepared, input };
}

export const contribute = ({ device }: SuiteUnderTest, { share, stored }: KeyPair, { input }: Prepared, other?: Uint8Array) =>
  device.contribute({ ...input, stored, share: other ?? share, random }).contribution;

export function evaluate({ server }: SuiteUnderTest, key: KeyPair, prepared: Prepared, contribution: Uint8Array): Evaluation {
  const { nonce, input } = prepared;
  return server.evaluate({ ...key, ...input, nonce, contribution });
}

/** Both halves, one after the other. */
export function sign(suite: SuiteUnderTest, key: KeyPair, message: MessageToSign): Uint8Array<ArrayBuffer> {
  const prepared = prepare(suite, key, message);
  const evaluation = evaluate(suite, key, prepared, contribute(suite, key, prepared));
  if (evaluation.verdict !== "right") throw new Error(evaluation.verdict);
  return Uint8Array.from(evaluation.signature);
}
