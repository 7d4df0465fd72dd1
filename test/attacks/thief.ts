// What a thief computes with a haul to tell the right PIN: every known way, on every masked share, with a list of candidates
// that has the right one in it. A way tells the PIN when anything found fits some candidate's share. What is peculiar to suite
// `ed25519` is in thief-ed25519.ts.
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { type DeviceKey, isKey, type KeyName } from "../../src/authenticator/device-record.ts";
import type { Purpose, Suite } from "../../src/account/purpose.ts";
import { acspV2Payload } from "../../src/protocol/acsp-v2.ts";
import { hash } from "../../src/protocol/algorithms.ts";
import type { SignedTransaction, ProofRequest } from "../../src/protocol/claimed-transaction.ts";
import type { ChannelAnswer, ChannelRequest } from "../../src/protocol/device-messages.ts";
import { fromBase64, fromBase64Url, utf8 } from "../../src/protocol/encoding.ts";
import { applicationMessage, proofMessage } from "../../src/protocol/proof-message.ts";
import { deviceHalves } from "../../src/split-key/device-halves.ts";
import { parseScalar } from "../../src/split-key/ed25519/group.ts";
import { pinStream } from "../../src/split-key/pin-mask.ts";
import { encodeMessage, HALF_LENGTH } from "../../src/split-key/rsa/common.ts";
import { powerModulo } from "../../src/split-key/rsa/exponentiation.ts";
import { raiseToPublicExponent, toBigInt, toFixedBytes } from "../../src/split-key/rsa/modular-arithmetic.ts";
import type { MessageToSign, Offer } from "../../src/split-key/scheme.ts";
import { type Haul, SHORTEST } from "./ransacking.ts";
import { FrostFinds, type FrostWay } from "./thief-ed25519.ts";

export type Way =
  | FrostWay
  | "what is no share under a wrong PIN"
  | "a power of the share"
  | "a contribution"
  | "the server's part d1''"
  | "one share under two masks";

export interface Told {
  readonly way: Way;
  readonly suite: Suite;
  readonly purpose: Purpose;
  readonly pin: string;
}

/** A message that the device signed, or was asked to. */
interface Signed extends KeyName {
  readonly message: MessageToSign;
  readonly offer: Offer;
}

interface MaskedShare {
  readonly purpose: Purpose;
  readonly key: DeviceKey;
}

interface Candidate extends MaskedShare {
  readonly pin: string;
  readonly share: Uint8Array;
}

export class Thief {
  readonly #pins: Readonly<Record<Purpose, readonly string[]>>;
  /** What was computed for one haul serves the next. */
  readonly #computed = new Map<string, unknown>();

  /** The PINs to try. */
  constructor(pins: Readonly<Record<Purpose, readonly string[]>>) {
    this.#pins = pins;
  }

  /** Every PIN that anything tells, and how. */
  async pinsTold(haul: Haul): Promise<readonly Told[]> {
    const told = new Map<string, Told>();
    const tell = (way: Way, { key: { suite }, purpose, pin }: Candidate): void =>
      void told.set([way, suite, purpose, pin].join(), { way, suite, purpose, pin });
    const candidates = await this.candidates(haul);
    const found = new Found(haul);
    const keys = [...haul.byteStrings].filter(([, { length }]) => length === 32);
    const signed = messagesOf(haul);
    const frost = new FrostFinds(haul, found, signed);

    for (const candidate of candidates) {
      const { share, key } = candidate;
      const digests = [sha256(share), sha512(share), ...keys.map((other) => this.#mac(other, candidate))];
      if (found.has(share) || digests.some((digest) => found.begins(digest)))
        tell("the share, a digest or a MAC of it", candidate);
      const signedByKey = signed.filter((each) => isKey(each, key));
      const ways =
        key.suite === "rsa"
          ? this.#rsaWays(candidate, found, signedByKey)
          : frost.waysTo(share, bytesOf(key.stored), signedByKey);
      for (const way of ways) tell(way, candidate);
    }
    for (const candidate of onlyWellFormed(candidates)) tell("what is no share under a wrong PIN", candidate);
    // Meet in the middle: a share that comes up under two masks.
    const seen = new Map<string, Candidate>();
    for (const candidate of candidates) {
      const name = bytesToHex(candidate.share);
      const other = seen.get(name);
      if (other !== undefined && other.key.masked !== candidate.key.masked) {
        for (const each of [other, candidate]) tell("one share under two masks", each);
      }
      seen.set(name, candidate);
    }
    return [...told.values()];
  }

  /** Each masked share that was found, under each PIN. */
  async candidates(haul: Haul): Promise<readonly Candidate[]> {
    const candidates: Candidate[] = [];
    for (const masked of maskedShares(haul)) {
      for (const pin of this.#pins[masked.purpose]) candidates.push({ ...masked, pin, share: await this.#unmask(masked, pin) });
    }
    return candidates;
  }

  #mac([name, bytes]: readonly [string, Uint8Array], { key, pin, share }: Candidate): Uint8Array {
    return this.#once(`mac ${name} ${key.salt} ${key.masked} ${pin}`, () => hmac(sha256, bytes, share));
  }

  async #unmask({ purpose, key }: MaskedShare, pin: string): Promise<Uint8Array> {
    const name = `unmask ${key.salt} ${key.masked} ${pin}`;
    const known = this.#computed.get(name) as Uint8Array | undefined;
    if (known !== undefined) return known;
    const { suite, keyVersion } = key;
    const half = deviceHalves[suite];
    const salt = bytesOf(key.salt);
    const stream = await pinStream({ pin: utf8(pin), salt, purpose, suite, keyVersion, length: half.maskLength });
    const share = half.unmask(bytesOf(key.masked), stream);
    this.#computed.set(name, share);
    return share;
  }

  #rsaWays(candidate: Candidate, found: Found, signed: readonly Signed[]): readonly Way[] {
    const ways: Way[] = [];
    if (found.hasNumber(this.#power(candidate, 2n))) ways.push("a power of the share");
    for (const representative of signed.flatMap(representativesOf)) {
      if (found.hasNumber(this.#power(candidate, representative))) ways.push("a contribution");
    }
    for (const exponent of found.numbersOfHalfLength) {
      if (this.#areParts(candidate, exponent)) ways.push("the server's part d1''");
    }
    return ways;
  }

  #power({ share, key }: Candidate, base: bigint): bigint {
    return this.#once(`power ${bytesToHex(share)} ${base}`, () => powerModulo(base, share, toBigInt(bytesOf(key.stored))));
  }

  /** Whether share and exponent add up to the inverse of 65537. */
  #areParts(candidate: Candidate, exponent: bigint): boolean {
    const { stored } = candidate.key;
    const modulus = toBigInt(bytesOf(stored));
    const other = this.#once(`other ${stored} ${exponent}`, () => powerModulo(2n, toFixedBytes(exponent, HALF_LENGTH), modulus));
    return raiseToPublicExponent((this.#power(candidate, 2n) * other) % modulus, modulus) === 2n;
  }

  #once<Value>(name: string, compute: () => Value): Value {
    const value = (this.#computed.get(name) as Value | undefined) ?? compute();
    this.#computed.set(name, value);
    return value;
  }
}

/** Where some PINs unmask to what no device would have drawn, it was one of the others. */
function onlyWellFormed(candidates: readonly Candidate[]): readonly Candidate[] {
  const isWellFormed = ({ key, share }: Candidate): boolean => key.suite === "rsa" || parseScalar(share) !== undefined;
  return candidates.filter((each) => {
    const others = candidates.filter(({ key }) => key.masked === each.key.masked);
    return isWellFormed(each) && !others.every(isWellFormed);
  });
}

/** EM of what is signed with a key of suite `rsa`. */
export function representativesOf({ suite, message, offer }: Signed): readonly bigint[] {
  const encoded = suite === "rsa" ? encodeMessage(message, offer) : undefined;
  return encoded === undefined ? [] : [toBigInt(encoded)];
}

/** Fast look-ups in everything that was found. */
class Found {
  readonly #everything: string;
  readonly #byBeginning = new Map<string, string[]>();
  /** Numbers above 0 that could be d1''. */
  readonly numbersOfHalfLength: readonly bigint[];

  constructor({ byteStrings }: Haul) {
    const strings = [...byteStrings.values()].map(latin1);
    this.#everything = strings.join("\n\n");
    for (const text of strings) {
      const beginning = text.slice(0, SHORTEST);
      const others = this.#byBeginning.get(beginning);
      if (others === undefined) this.#byBeginning.set(beginning, [text]);
      else others.push(text);
    }
    this.numbersOfHalfLength = [...byteStrings.values()]
      .filter(({ length }) => length >= HALF_LENGTH - 8 && length <= HALF_LENGTH)
      .map(toBigInt)
      .filter((value) => value > 0n);
  }

  /** Anywhere inside of anything. */
  has(value: Uint8Array): boolean {
    return this.#everything.includes(latin1(value));
  }

  /** Something begins with the value, or is the beginning of it, as check digits are. */
  begins(value: Uint8Array): boolean {
    const text = latin1(value);
    const others = this.#byBeginning.get(text.slice(0, SHORTEST)) ?? [];
    return others.some((other) => other.startsWith(text) || text.startsWith(other));
  }

  /** Itself or a digest of it. */
  hasNumber(value: bigint): boolean {
    const bytes = toFixedBytes(value, HALF_LENGTH);
    return this.has(bytes) || this.begins(sha256(bytes)) || this.begins(sha512(bytes));
  }
}

const spelled = new WeakMap<Uint8Array, string>();

/** What was found is read again and again. */
function latin1(bytes: Uint8Array): string {
  const text = spelled.get(bytes) ?? Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  spelled.set(bytes, text);
  return text;
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64Url(text);
  if (bytes === undefined) throw new Error("not base64url");
  return bytes;
}

/** Wherever a text has something of the form of a device's key. */
export function maskedShares({ texts }: Pick<Haul, "texts">): readonly MaskedShare[] {
  const shares = new Map<string, MaskedShare>();
  for (const text of texts) {
    if (!text.includes('"masked"')) continue;
    for (const key of keysIn(JSON.parse(text))) shares.set(key.masked, { purpose: key.purpose, key });
  }
  return [...shares.values()];
}

/** The public keys that its records hold: of groups, since an RSA key's is the server's to give. */
export const publicKeysIn = (haul: Pick<Haul, "texts">): ReadonlySet<string> =>
  new Set(maskedShares(haul).flatMap(({ key }) => (key.suite === "rsa" ? [] : [key.stored])));

/** On whatever level. */
function keysIn(value: unknown): readonly DeviceKey[] {
  if (typeof value !== "object" || value === null) return [];
  return "masked" in value ? [value as DeviceKey] : Object.values(value).flatMap(keysIn);
}

/** Everything that the opened messages show was signed or was to be signed. */
export function messagesOf({ messages }: Haul): readonly Signed[] {
  const requests: { readonly handle: string; readonly request: ChannelRequest }[] = [];
  const answers: ChannelAnswer[] = [];
  for (const [compact, plaintext] of messages.open) {
    const value = JSON.parse(plaintext) as ChannelRequest | ChannelAnswer;
    const { kid } = JSON.parse(atob((compact.split(".")[0] ?? "").replaceAll("-", "+").replaceAll("_", "/"))) as { kid: string };
    if ("operation" in value) requests.push({ handle: kid, request: value });
    else answers.push(value);
  }
  const signed = answers.flatMap(({ requestId, outcome }): readonly Signed[] => {
    const { handle, request } = requests.find((each) => each.request.requestId === requestId) ?? {};
    if (handle === undefined || request === undefined || !outcome.ok) return [];
    if (request.operation === "claimTransaction") {
      const claimed = outcome.body as SignedTransaction;
      return requests
        .filter((each) => each.request.operation === "performSignature")
        .map((each) => each.request.body as { transactionId: string; userChallenge?: string })
        .filter(({ transactionId }) => transactionId === claimed.transactionId)
        .map(({ userChallenge }) => ({ ...claimed, message: toSign(handle, claimed, userChallenge) }));
    }
    return provenIn(handle, request, outcome.body);
  });
  const name = ({ message, offer }: Signed): string => bytesToHex(message.digest) + JSON.stringify(offer);
  return [...new Map(signed.map((each) => [name(each), each])).values()];
}

/** The proof that an answer asks for. */
function provenIn(handle: string, request: ChannelRequest, answer: unknown): readonly Signed[] {
  const { proof, suite: of = "rsa" } = answer as { proof?: ProofRequest; suite?: Suite };
  if (proof === undefined) return [];
  const { purpose, keyVersion } = { ...(answer as object), ...(request.body as object) } as KeyName;
  const suite = request.operation === "dkgRound" ? "ed25519" : of;
  const operation = request.operation === "beginReKey" ? "reKey" : "provePossession";
  const message = proofMessage({ operation, handle, purpose, suite, keyVersion, nonce: proof.nonce });
  return [{ purpose, suite, keyVersion, message, offer: proof.offer }];
}

function toSign(handle: string, claimed: SignedTransaction, userChallenge = ""): MessageToSign {
  if (claimed.kind === "application") return applicationMessage(handle, claimed);
  const { signatureAlgorithm, hashAlgorithm } = claimed;
  if (claimed.kind === "signature")
    return { signatureAlgorithm, hashAlgorithm, digest: fromBase64(claimed.digest) ?? new Uint8Array() };
  return { signatureAlgorithm, hashAlgorithm, digest: hash(hashAlgorithm, acspV2Payload({ ...claimed, userChallenge })) };
}
