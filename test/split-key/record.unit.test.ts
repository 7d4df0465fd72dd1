import { expect, test } from "vitest";
import { openRecord, sealRecord } from "../../src/split-key/record.ts";

const fields = [Uint8Array.of(1, 2, 3), new Uint8Array(), Uint8Array.of(0)];

test("a record gives back its fields", () => {
  expect(openRecord("kind-1", sealRecord("kind-1", ...fields))).toEqual(fields);
  expect(openRecord("kind-1", sealRecord("kind-1"))).toEqual([]);
});

test("a record of one kind is never read as another", () => {
  expect(openRecord("kind-2", sealRecord("kind-1", ...fields))).toBeUndefined();
});

test("a single changed bit, a missing and an added byte are damage", () => {
  const record = sealRecord("kind-1", ...fields);
  for (let bit = 0; bit < record.length * 8; bit++) {
    const changed = Uint8Array.from(record);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(openRecord("kind-1", changed)).toBeUndefined();
  }
  for (let length = 0; length < record.length; length++) expect(openRecord("kind-1", record.subarray(0, length))).toBeUndefined();
  expect(openRecord("kind-1", Uint8Array.of(...record, 0))).toBeUndefined();
});
