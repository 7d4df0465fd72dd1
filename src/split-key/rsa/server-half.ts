// The server's half of suite `rsa`. Every step is checked before anything leaves: the device's part against the public
// exponent (that is the PIN check), the server's own part (a fault in one factor would give n2 away, Boneh, DeMillo and
// Lipton 1997), and the finished signature. No I/O, no await, no throw for anything that a device can send.
import { sha256 } from "@noble/hashes/sha2.js";
import { failed, success } from "../../account/result.ts";
import { SUITE_OF } from "../../protocol/algorithms.ts";
import { type Evaluation, type EvaluationInput, type ServerHalf, transcript } from "../scheme.ts";
import { HALF_LENGTH, HALF_MODULUS_BITS, MODULUS_LENGTH, encodeMessage, isCompositeLength, makeOffer } from "./common.ts";
import { isAcceptableModulus, parseDeviceKey } from "./device-key-checks.ts";
import { bitLength, modularInverse, modulo, raiseToPublicExponent, toBigInt, toFixedBytes } from "./modular-arithmetic.ts";
import { openPooledShare } from "./pooled-share.ts";
import { decodePublicKey, encodePublicKey } from "./public-key.ts";
import { privateOperation, secretPower } from "./server-arithmetic.ts";
import { openServerShare, sealServerShare } from "./server-share.ts";

const WRONG: Evaluation = { verdict: "wrong" };
const DAMAGED: Evaluation = { verdict: "damaged" };

export const rsaServerHalf: ServerHalf = {
  suite: "rsa",
  drawsNonces: false,

  examineDeviceKey({ device, secret, earlierPublicKeys }) {
    const key = parseDeviceKey(device, secret);
    if (key === undefined) return "malformed";
    const length = bitLength(key.modulus);
    if (length !== HALF_MODULUS_BITS && length !== HALF_MODULUS_BITS - 1) return "unacceptable_key";
    return isAcceptableModulus(key.modulus, earlierPublicKeys) ? undefined : "unacceptable_key";
  },

  acceptDeviceKey({ pooledShare, device, secret, earlierPublicKeys }) {
    const pooled = pooledShare && openPooledShare(pooledShare);
    if (pooled === undefined) throw new Error("the pooled server share is damaged");
    const failure = this.examineDeviceKey({ device, secret, earlierPublicKeys });
    if (failure !== undefined) return failed(failure);
    const key = parseDeviceKey(device, secret);
    if (key === undefined) return failed("malformed");

    // Two factors of 3072 and 3071 bits may fall short of the 6143 that the encoded messages are made for.
    const modulus = key.modulus * pooled.modulus;
    if (!isCompositeLength(bitLength(modulus))) return failed("unacceptable_key");
    const coefficient = modularInverse(pooled.modulus, key.modulus);
    // n1 and n2 share a factor.
    if (coefficient === undefined) return failed("unacceptable_key");

    const serverShare = sealServerShare({
      deviceModulus: key.modulus,
      deviceExponent: secret,
      serverModulus: pooled.modulus,
      coefficient,
      privateKey: pooled.privateKey,
    });
    return success({ serverShare, publicKey: encodePublicKey(modulus), answer: new Uint8Array() });
  },

  offer({ publicKey, algorithms, random }) {
    const modulus = decodePublicKey(publicKey);
    if (modulus === undefined) throw new RangeError("not a public key of suite rsa");
    if (SUITE_OF[algorithms.signatureAlgorithm] !== "rsa") throw new RangeError("not an algorithm of suite rsa");
    return { offer: makeOffer(bitLength(modulus), algorithms, random), nonce: undefined };
  },

  expectedTranscript(input) {
    const encoded = encodeMessage(input.message, input.offer);
    if (encoded === undefined) throw new RangeError("the offer does not fit the message");
    return transcript("rsa", input, encoded);
  },

  evaluate(input) {
    const opened = openInput(input);
    if (opened === undefined) return DAMAGED;
    const { share, modulus, encoded, representative } = opened;
    const { deviceModulus, serverModulus } = share;

    // Our own half comes before the device's, so that "damaged" never depends on the PIN.
    const serverPart = privateOperation(share.privateKey, representative % serverModulus);
    if (serverPart === undefined) return DAMAGED;
    if (raiseToPublicExponent(serverPart, serverModulus) !== representative % serverModulus) return DAMAGED;

    const devicePart = completeDevicePart(opened, input.contribution);
    if (devicePart === undefined) return WRONG;

    // Garner's form of the Chinese remainder theorem.
    const difference = modulo((devicePart - serverPart) * share.coefficient, deviceModulus);
    const signature = serverPart + serverModulus * difference;
    if (raiseToPublicExponent(signature, modulus) !== representative) return DAMAGED;
    return { verdict: "right", signature: toFixedBytes(signature, MODULUS_LENGTH), messageKey: sha256(encoded) };
  },

  check(input) {
    const opened = openInput(input);
    if (opened === undefined) return "damaged";
    return completeDevicePart(opened, input.contribution) === undefined ? "wrong" : "right";
  },
};

interface OpenedInput {
  readonly share: NonNullable<ReturnType<typeof openServerShare>>;
  readonly modulus: bigint;
  /** EM, and the same as an integer. */
  readonly encoded: Uint8Array;
  readonly representative: bigint;
}

/** Undefined where the server's own data do not fit together. */
function openInput({ serverShare, publicKey, message, offer }: EvaluationInput): OpenedInput | undefined {
  const share = openServerShare(serverShare);
  const modulus = decodePublicKey(publicKey);
  const encoded = encodeMessage(message, offer);
  if (share === undefined || modulus === undefined || encoded === undefined) return undefined;
  const { deviceModulus, serverModulus } = share;
  if (deviceModulus * serverModulus !== modulus || offer["modulusBits"] !== bitLength(modulus)) return undefined;
  return { share, modulus, encoded, representative: toBigInt(encoded) };
}

/** s1 = s1'·EM^d1'' mod n1; undefined unless s1^e ≡ EM (mod n1), which is the check of the PIN. */
function completeDevicePart({ share, representative }: OpenedInput, contribution: Uint8Array): bigint | undefined {
  const { deviceModulus, deviceExponent } = share;
  const contributed = parseContribution(contribution, deviceModulus);
  if (contributed === undefined) return undefined;
  const target = representative % deviceModulus;
  const complement = secretPower(target, deviceExponent, deviceModulus);
  if (complement === undefined) return undefined;
  const devicePart = (contributed * complement) % deviceModulus;
  return raiseToPublicExponent(devicePart, deviceModulus) === target ? devicePart : undefined;
}

/** s1'; undefined unless it has 384 bytes and 0 < s1' < n1. */
function parseContribution(contribution: Uint8Array, deviceModulus: bigint): bigint | undefined {
  if (contribution.length !== HALF_LENGTH) return undefined;
  const value = toBigInt(contribution);
  return value > 0n && value < deviceModulus ? value : undefined;
}
