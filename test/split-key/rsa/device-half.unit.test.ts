import { describe, expect, test, vi } from "vitest";
import { rsaDeviceHalf } from "../../../src/split-key/rsa/device-half.ts";
import { FixedBase } from "../../../src/split-key/rsa/fixed-base.ts";
import { bitLength, modulo, toBigInt } from "../../../src/split-key/rsa/modular-arithmetic.ts";
import { rsaServerHalf } from "../../../src/split-key/rsa/server-half.ts";
import { contribute, inputFor, messageOf, pairAt, random } from "./fixtures.ts";

const pair = pairAt(0);
const message = messageOf("text", "rsassa-pss", "SHA-256");

describe("generating", () => {
  test.each([0x00, 0xff])("a share is the drawn bytes, every bit of them (0x%i)", async (byte) => {
    const made = await rsaDeviceHalf.generate((length) => new Uint8Array(length).fill(byte));
    const { share, stored } = made.finish(new Uint8Array()) ?? {};
    expect(share).toEqual(new Uint8Array(400).fill(byte));
    expect(stored).toEqual(made.device);
    expect([made.device.length, made.secret.length]).toEqual([384, 384]);
    expect(bitLength(toBigInt(made.device))).toBe(3072);
    // The server has nothing to say: whatever it says is not an honest server's.
    expect(made.finish(Uint8Array.of(0))).toBeUndefined();
  });

  test("what stays and what goes add up to the inverse of 65537, and neither is the whole", () => {
    const { p, q, share, secret } = pair.device;
    const sum = toBigInt(share) + toBigInt(secret);
    expect(modulo(sum * 65537n, (p - 1n) * (q - 1n))).toBe(1n);
    expect(modulo(toBigInt(secret) * 65537n, (p - 1n) * (q - 1n))).not.toBe(1n);
  });
});

describe("contributing", () => {
  test("an offer of another length, another salt or another hash than the algorithm names gets no contribution", () => {
    const input = inputFor(pair, message);
    const digest = new Uint8Array(48);
    const refused = [
      { ...input, offer: { ...input.offer, modulusBits: 6142 } },
      { ...input, offer: { ...input.offer, modulusBits: 3072 } },
      { ...input, offer: { ...input.offer, modulusBits: "6144" } },
      { ...input, offer: { modulusBits: 6144 } },
      { ...input, offer: { modulusBits: 6144, salt: "" } },
      { ...input, offer: { modulusBits: 6144, salt: "A".repeat(42) } },
      { ...input, offer: { modulusBits: 6144, salt: `${"A".repeat(42)}B` } },
      { ...input, message: { ...message, digest } },
      { ...input, message: { ...message, signatureAlgorithm: "sha256WithRSAEncryption" as const } },
      { ...input, message: messageOf("text", "sha256WithRSAEncryption", "SHA-384"), offer: { modulusBits: 6144 } },
      { ...input, message: messageOf("text", "sha512WithRSAEncryption", "SHA3-512"), offer: { modulusBits: 6144 } },
    ];
    for (const each of refused) {
      expect(() => contribute(pair, each)).toThrow(RangeError);
      expect(() => rsaDeviceHalf.prepare?.({ ...each, stored: pair.device.n1 })).toThrow(RangeError);
      expect(() => rsaServerHalf.expectedTranscript(each)).toThrow(RangeError);
    }
  });

  test("a preparation is used for what it was made for, and for nothing else", () => {
    const power = vi.spyOn(FixedBase.prototype, "power");
    const input = inputFor(pair, message);
    const asked = { ...input, stored: pair.device.n1, share: pair.device.share, random };
    const preparation = rsaDeviceHalf.prepare?.(asked);
    rsaDeviceHalf.contribute({ ...asked, preparation });
    expect(power).toHaveBeenCalledOnce();
    rsaDeviceHalf.contribute({ ...asked, ...inputFor(pair, message), preparation });
    rsaDeviceHalf.contribute({ ...asked, stored: pairAt(1).device.n1, preparation });
    expect(power).toHaveBeenCalledOnce();
    power.mockRestore();
  });
});
