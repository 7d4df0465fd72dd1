import { expect, test } from "vitest";
import { fromBase64Url } from "../../../src/protocol/encoding.ts";
import { bitLength, toBigInt } from "../../../src/split-key/rsa/modular-arithmetic.ts";
import { decodePublicKey, encodePublicKey } from "../../../src/split-key/rsa/public-key.ts";
import { PAIRS, random } from "./fixtures.ts";

test.each(PAIRS)("WebCrypto reads a key of $modulusBits bits and spells it alike", async ({ publicKey, modulusBits }) => {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("spki", Uint8Array.from(publicKey), algorithm, true, ["verify"]);
  const { n } = (await crypto.subtle.exportKey("jwk", key)) as { n: string };
  const modulus = toBigInt(fromBase64Url(n) ?? new Uint8Array());
  expect(bitLength(modulus)).toBe(modulusBits);
  expect(decodePublicKey(publicKey)).toBe(modulus);
  expect(new Uint8Array((await crypto.subtle.exportKey("spki", key)) as ArrayBuffer)).toEqual(encodePublicKey(modulus));
});

test("a key has one spelling: every changed, cut or lengthened form is refused or is another modulus", () => {
  for (const { publicKey } of PAIRS) {
    const modulus = decodePublicKey(publicKey);
    expect(decodePublicKey(publicKey.subarray(1))).toBeUndefined();
    expect(decodePublicKey(Uint8Array.of(...publicKey, 0))).toBeUndefined();
    for (let position = 0; position < publicKey.length; position += 1) {
      const changed = Uint8Array.from(publicKey);
      changed[position] = (changed[position] ?? 0) ^ 0x80;
      expect(decodePublicKey(changed)).not.toBe(modulus);
      if (position < 30 || position >= publicKey.length - 5) expect(decodePublicKey(changed)).toBeUndefined();
    }
  }
});

test("bytes that are no key are refused", () => {
  for (const length of [0, 1, 44, 91, 300, 804, 806, 5000]) expect(decodePublicKey(random(length))).toBeUndefined();
});
