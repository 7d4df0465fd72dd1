// The vector is what Node's own PBKDF2 and HKDF make of it: iterations, hashes, salts and info as the design says.
import { hkdfSync, pbkdf2Sync } from "node:crypto";
import { expect, test } from "vitest";
import { PIN_STREAM_VECTOR } from "../vectors/pin-stream.ts";

test("the stream is PBKDF2-HMAC-SHA-512 with 210 000 iterations, then HKDF-SHA-512", () => {
  const salt = Buffer.from("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "hex");
  const stretched = pbkdf2Sync("48261", salt, 210_000, 64, "sha512");
  const fields = ["tally-pin-mask-1", "sign", "rsa", "3"].map((field) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    return Buffer.concat([length, Buffer.from(field)]);
  });
  const stream = hkdfSync("sha512", stretched, Buffer.alloc(0), Buffer.concat(fields), 64);
  expect(Buffer.from(stream).toString("hex")).toBe(PIN_STREAM_VECTOR);
});
