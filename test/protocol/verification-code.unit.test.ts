import { describe, expect, test } from "vitest";
import { fromBase64 } from "../../src/protocol/encoding.ts";
import { randomVerificationCode, verificationCode } from "../../src/protocol/verification-code.ts";

describe("verification code", () => {
  test("the published challenge gives 7180", () => {
    const challenge = "GYS+yoah6emAcVDNIajwSs6UB/M95XrDxMzXBUkwQJ9YFDipXXzGpPc7raWcuc2+TEoRc7WvIZ/7dU/iRXenYg==";
    expect(verificationCode(fromBase64(challenge) ?? new Uint8Array())).toBe("7180");
  });

  test("always has four digits", () => {
    const codes = Array.from({ length: 500 }, (_, index) => verificationCode(new Uint8Array(32).fill(index & 0xff, index >> 8)));
    for (const code of codes) expect(code).toMatch(/^\d{4}$/);
    expect(codes.some((code) => code.startsWith("0"))).toBe(true);
  });

  test("a drawn code uses no byte that would favour the low digits", () => {
    const bytes = [250, 255, 249, 0, 11, 250, 22];
    expect(randomVerificationCode((length) => Uint8Array.from(bytes.splice(0, length)))).toBe("9012");
  });
});
