import { describe, expect, test } from "vitest";
import { rsaDeviceHalf } from "../../../src/split-key/rsa/device-half.ts";
import { bitLength, modulo, toBigInt } from "../../../src/split-key/rsa/modular-arithmetic.ts";
import { rsaServerHalf } from "../../../src/split-key/rsa/server-half.ts";
import { ALGORITHMS, contribute, inputFor, messageOf, pairAt, random } from "./fixtures.ts";

const pair = pairAt(0);
const message = messageOf("text", "rsassa-pss", "SHA-256");

describe("generating", () => {
  test.each([0x00, 0xff])("a share is the drawn bytes, every bit of them (0x%i)", async (byte) => {
    const { share, stored, device, secret } = await rsaDeviceHalf.generate((length) => new Uint8Array(length).fill(byte));
    expect(share).toEqual(new Uint8Array(400).fill(byte));
    expect(stored).toEqual(device);
    expect([stored.length, secret.length]).toEqual([384, 384]);
    expect(bitLength(toBigInt(stored))).toBe(3072);
  });

  test("what stays and what goes add up to the inverse of 65537, and neither is the whole", () => {
    const { p, q, share, secret } = pair.device;
    const sum = toBigInt(share) + toBigInt(secret);
    expect(modulo(sum * 65537n, (p - 1n) * (q - 1n))).toBe(1n);
    expect(modulo(toBigInt(secret) * 65537n, (p - 1n) * (q - 1n))).not.toBe(1n);
  });
});

describe("masking", () => {
  test("a stream unmasks what it masked, and every other stream something of the same form", () => {
    const [stream, other] = [random(rsaDeviceHalf.maskLength), random(rsaDeviceHalf.maskLength)];
    const masked = rsaDeviceHalf.mask(pair.device.share, stream);
    expect(masked).not.toEqual(pair.device.share);
    expect(rsaDeviceHalf.unmask(masked, stream)).toEqual(pair.device.share);
    const wrong = rsaDeviceHalf.unmask(masked, other);
    expect(wrong).not.toEqual(pair.device.share);
    expect(contribute(pair, inputFor(pair, message), wrong)).toHaveLength(384);
  });

  test("a share or stream of another length is refused", () => {
    const { share } = pair.device;
    expect(() => rsaDeviceHalf.mask(share, random(399))).toThrow(RangeError);
    expect(() => rsaDeviceHalf.mask(share.subarray(1), random(400))).toThrow(RangeError);
  });
});

describe("contributing", () => {
  test.each(ALGORITHMS)("device and server agree on the transcript of %s with %s", (algorithm, hash) => {
    const input = inputFor(pair, messageOf("text", algorithm, hash));
    const { transcript } = rsaDeviceHalf.contribute({ ...input, stored: pair.device.n1, share: pair.device.share });
    expect(transcript).toEqual(rsaServerHalf.expectedTranscript(input));
  });

  test("the transcript names the operation, the purpose, the key version, the message and the offer", () => {
    const input = inputFor(pair, message);
    const others = [
      { ...input, operation: "answerChallenge" },
      { ...input, purpose: "auth" as const },
      { ...input, keyVersion: 2 },
      { ...input, message: messageOf("text.", "rsassa-pss", "SHA-256") },
      { ...input, message: messageOf("text", "rsassa-pss", "SHA3-256") },
      { ...input, offer: rsaServerHalf.offer(pair.publicKey, message, random) },
    ];
    const transcripts = [input, ...others].map((each) => rsaServerHalf.expectedTranscript(each).toString());
    expect(new Set(transcripts).size).toBe(transcripts.length);
  });

  test("an offer that no honest server makes gets no contribution", () => {
    const input = inputFor(pair, message);
    const digest = new Uint8Array(48);
    const refused = [
      { ...input, offer: {} },
      { ...input, offer: { ...input.offer, modulusBits: 6142 } },
      { ...input, offer: { ...input.offer, modulusBits: 3072 } },
      { ...input, offer: { ...input.offer, modulusBits: "6144" } },
      { ...input, offer: { modulusBits: 6144 } },
      { ...input, offer: { modulusBits: 6144, salt: "" } },
      { ...input, offer: { modulusBits: 6144, salt: "A".repeat(42) } },
      { ...input, offer: { modulusBits: 6144, salt: `${"A".repeat(42)}B` } },
      { ...input, offer: { ...input.offer, more: 1 } },
      { ...input, message: { ...message, digest } },
      { ...input, message: { ...message, signatureAlgorithm: "sha256WithRSAEncryption" as const } },
      { ...input, message: messageOf("text", "sha256WithRSAEncryption", "SHA-384"), offer: { modulusBits: 6144 } },
      { ...input, message: messageOf("text", "sha512WithRSAEncryption", "SHA3-512"), offer: { modulusBits: 6144 } },
    ];
    for (const each of refused) {
      expect(() => contribute(pair, each)).toThrow(RangeError);
      expect(() => rsaServerHalf.expectedTranscript(each)).toThrow(RangeError);
    }
  });

  test("a share or a modulus of another length is refused", () => {
    const input = { ...inputFor(pair, message), stored: pair.device.n1, share: pair.device.share };
    expect(() => rsaDeviceHalf.contribute({ ...input, share: random(384) })).toThrow(RangeError);
    expect(() => rsaDeviceHalf.contribute({ ...input, stored: random(400) })).toThrow(RangeError);
  });
});
