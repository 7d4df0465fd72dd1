// How a server share lies in storage, under its wrapping: named fields behind their lengths, and a checksum. The wrapping
// keeps others from changing it; the checksum tells our own damage from a wrong PIN, which looks the same in the arithmetic
// (a flipped bit of d1'' would charge right PINs until the share is destroyed).
import { createHash } from "node:crypto";
import { concatBytes, equalBytes, lengthPrefixed, utf8 } from "../protocol/encoding.ts";

const CHECKSUM_LENGTH = 32;

/** `kind` keeps a record of one kind from being read as another. */
export function sealRecord(kind: string, ...fields: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const content = lengthPrefixed(kind, ...fields);
  const record = concatBytes(content, sha256(content));
  content.fill(0);
  return record;
}

/** The fields of an intact record of that kind; undefined for anything else. */
export function openRecord(kind: string, record: Uint8Array): readonly Uint8Array[] | undefined {
  if (record.length < CHECKSUM_LENGTH) return undefined;
  const content = record.subarray(0, -CHECKSUM_LENGTH);
  if (!equalBytes(sha256(content), record.subarray(-CHECKSUM_LENGTH))) return undefined;

  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const fields: Uint8Array[] = [];
  let offset = 0;
  while (offset < content.length) {
    if (offset + 4 > content.length) return undefined;
    const end = offset + 4 + view.getUint32(offset);
    if (end > content.length) return undefined;
    fields.push(content.subarray(offset + 4, end));
    offset = end;
  }
  const [first, ...rest] = fields;
  return first !== undefined && equalBytes(first, utf8(kind)) ? rest : undefined;
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
