import { bytesToHex } from "@noble/hashes/utils.js";
import { expect, test } from "vitest";
import { utf8 } from "../../src/protocol/encoding.ts";
import { PIN_SALT_LENGTH, pinStream } from "../../src/split-key/pin-mask.ts";
import { PIN_STREAM_VECTOR } from "../vectors/pin-stream.ts";

const input = {
  pin: utf8("48261"),
  salt: Uint8Array.from({ length: PIN_SALT_LENGTH }, (_, index) => index),
  purpose: "sign",
  suite: "rsa",
  keyVersion: 3,
  length: 64,
} as const;

test("a PIN gives the stream of the vector", async () => {
  expect(bytesToHex(await pinStream(input))).toBe(PIN_STREAM_VECTOR);
});

test("PIN, salt, purpose and key version each give another stream", async () => {
  const others = [
    input,
    { ...input, pin: utf8("48262") },
    { ...input, pin: utf8("048261") },
    { ...input, salt: new Uint8Array(PIN_SALT_LENGTH) },
    { ...input, purpose: "auth" as const },
    { ...input, keyVersion: 4 },
  ];
  const streams = await Promise.all(others.map(async (other) => bytesToHex(await pinStream(other))));
  expect(new Set(streams).size).toBe(others.length);
});

test("a stream is as long as the mask, and the empty PIN has one too", async () => {
  expect(await pinStream({ ...input, pin: utf8(""), length: 400 })).toHaveLength(400);
});

test("a salt that is short of its 32 bytes is refused", async () => {
  await expect(pinStream({ ...input, salt: new Uint8Array(PIN_SALT_LENGTH - 1) })).rejects.toThrow(RangeError);
});
