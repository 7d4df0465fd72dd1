// What every split-key suite offers, in two halves that never meet in one process: the device's and the server's.
// A further suite is one more folder that implements these interfaces. No I/O, no clock; randomness is an argument.
import { sha256 } from "@noble/hashes/sha2.js";
import type { Purpose, Suite } from "../account/purpose.ts";
import type { Result } from "../account/result.ts";
import type { HashAlgorithm, SignatureAlgorithm } from "../protocol/algorithms.ts";
import { lengthPrefixed } from "../protocol/encoding.ts";

/** What is signed. The device computes the digest from what it showed; the server computes its own. */
export interface MessageToSign {
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly hashAlgorithm: HashAlgorithm;
  /** Output of `hashAlgorithm`, of exactly its length. */
  readonly digest: Uint8Array;
}

/** Fills a new array of that many bytes from a cryptographic source. */
export type RandomBytes = (length: number) => Uint8Array<ArrayBuffer>;

/**
 * What the server sends with a transaction and both halves bind themselves to. `rsa`: the salt and the key's length; `ed25519`: the
 * server's nonce commitment.
 */
export type Offer = Readonly<Record<string, string | number>>;

export interface PreparedOffer {
  readonly offer: Offer;
  /** Secret, for one signature under this offer and no other; undefined where the suite has none. */
  readonly nonce: Uint8Array<ArrayBuffer> | undefined;
}

export type KeyGenerationFailure = "malformed" | "unacceptable_key";

/** What a contribution turned out to be. `damaged`: the server's own data failed a check, so the device is not to blame. */
export type Evaluation =
  | {
      readonly verdict: "right";
      readonly signature: Uint8Array;
      /** Names the message as signed: an equal key is a replay. Undefined where an offer is good for one signature. */
      readonly messageKey: Uint8Array | undefined;
    }
  | { readonly verdict: "wrong" }
  | { readonly verdict: "damaged" };

/** The server's half. Every method is synchronous, so that paying for an attempt and evaluating it are one step. */
export interface ServerHalf {
  readonly suite: Suite;
  /** Whether its offers come with a nonce, drawn with the help of the share (RFC 9591 §4.1). */
  readonly drawsNonces: boolean;

  /** All that can be said of a device's half without a server share, so that a half that is refused costs none. */
  examineDeviceKey(input: DeviceKeyInput): KeyGenerationFailure | undefined;

  /**
   * The server's half of a new key. `pooledShare`: made ahead, for suites that take one (`pooledShareGenerators`). `answer`: what the
   * device has to hear to finish its own; empty where it needs nothing.
   */
  acceptDeviceKey(
    input: DeviceKeyInput & { readonly pooledShare: Uint8Array | undefined; readonly random: RandomBytes },
  ): Result<
    { readonly serverShare: Uint8Array; readonly publicKey: Uint8Array<ArrayBuffer>; readonly answer: Uint8Array },
    KeyGenerationFailure
  >;

  /** What goes out with a transaction. `publicKey`: SubjectPublicKeyInfo, DER. Throws for a share or key that is not of this suite. */
  offer(input: {
    readonly publicKey: Uint8Array;
    /** Needed where `drawsNonces`. */
    readonly serverShare: Uint8Array | undefined;
    readonly algorithms: Pick<MessageToSign, "signatureAlgorithm" | "hashAlgorithm">;
    readonly random: RandomBytes;
  }): PreparedOffer;

  /** The transcript that an honest device sends for this message under this offer; see `transcript`. */
  expectedTranscript(input: TranscriptInput): Uint8Array;

  /** Never throws for a bad contribution. After `right` and after `damaged` the nonce may have been used, and is to be forgotten. */
  evaluate(input: EvaluationInput): Evaluation;

  /** Holds the contribution against the share and completes nothing: for messages that must never become a signature. */
  check(input: EvaluationInput): Evaluation["verdict"];
}

export interface DeviceKeyInput {
  /** Public. */
  readonly device: Uint8Array;
  /** From the second envelope. */
  readonly secret: Uint8Array;
  /** SubjectPublicKeyInfo of every key pair that this account ever had. */
  readonly earlierPublicKeys: readonly Uint8Array[];
}

export interface EvaluationInput {
  readonly serverShare: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly message: MessageToSign;
  readonly offer: Offer;
  /** The offer's; `check` uses none. */
  readonly nonce: Uint8Array | undefined;
  readonly contribution: Uint8Array;
}

/** A device's half of a key that the server has not joined yet. */
export interface HalfMadeKey {
  /** Goes to the server in the clear of the channel. */
  readonly device: Uint8Array;
  /** Goes to the server inside the second envelope only. Overwritten by the caller once it was sent. */
  readonly secret: Uint8Array;
  /**
   * `share` is to be masked and then forgotten; `stored` may lie on the device in the clear. `answer`: the server's. Undefined where it
   * is not what an honest server says: the key is thrown away.
   */
  finish(answer: Uint8Array): { readonly share: Uint8Array; readonly stored: Uint8Array } | undefined;
}

/**
 * What a suite has computed ahead of one contribution: opaque to everybody else, without a secret in it. The suite itself finds out
 * whether it is for the message, offer and key at hand; for any other it is as good as none.
 */
export type Preparation = object;

/** The device's half. */
export interface DeviceHalf {
  readonly suite: Suite;
  /** Length in bytes of the PIN's stream that masks a share. */
  readonly maskLength: number;

  generate(random: RandomBytes): Promise<HalfMadeKey>;

  /**
   * Whether nobody signs for that key without the share that belongs to `stored`. `publicKey`: SubjectPublicKeyInfo, DER, as the server
   * names it; anything that is no key of this suite is not.
   */
  isPartOf(publicKey: Uint8Array, stored: Uint8Array): boolean;

  /** Masking is its own inverse or has one; every stream unmasks to a well-formed share. */
  mask(share: Uint8Array, stream: Uint8Array): Uint8Array;
  unmask(masked: Uint8Array, stream: Uint8Array): Uint8Array;

  /**
   * Whatever of a contribution needs no share, so that less is left to do after the PIN. Missing where there is nothing of the kind.
   * Kept in memory alone, for as long as the request is in front of the person. Throws a RangeError like `contribute`.
   */
  prepare?(input: Pick<TranscriptInput, "message" | "offer"> & { readonly stored: Uint8Array }): Preparation;

  /**
   * The device's part of one signature, and the transcript of what it was computed for. `preparation`: the same contribution comes of it
   * with and without. Throws a RangeError for an offer or a message that no honest server sends.
   */
  contribute(
    input: TranscriptInput & {
      readonly stored: Uint8Array;
      readonly share: Uint8Array;
      readonly random: RandomBytes;
      readonly preparation?: Preparation | undefined;
    },
  ): {
    readonly contribution: Uint8Array;
    readonly transcript: Uint8Array;
  };
}

export interface TranscriptInput {
  readonly operation: string;
  readonly purpose: Purpose;
  readonly keyVersion: number;
  readonly message: MessageToSign;
  readonly offer: Offer;
}

/**
 * SHA-256 over what both sides must agree on before an attempt is paid for. `binding` is what the suite really signs or is
 * bound to: EM for `rsa`, the server's nonce commitment for `ed25519`. Without it a byte of difference in the server's own computation
 * would charge right PINs.
 */
export function transcript(suite: Suite, input: TranscriptInput, binding: Uint8Array): Uint8Array {
  const { operation, purpose, keyVersion, message } = input;
  return sha256(
    lengthPrefixed(
      "tally-transcript-1",
      operation,
      suite,
      purpose,
      keyVersion,
      message.signatureAlgorithm,
      message.hashAlgorithm,
      message.digest,
      binding,
    ),
  );
}
