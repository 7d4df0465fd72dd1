// Looks for secrets in whatever was stored, sent or printed, in every spelling that a program might give them: as they are,
// hexadecimal, base64 of either alphabet at any alignment, decimal, a list of bytes; whole or a part of 16 bytes.
import { bytesToHex } from "@noble/hashes/utils.js";
import { toBase64 } from "../../src/protocol/encoding.ts";

/** Texts are looked for as they are. */
export type Secrets = Readonly<Record<string, Uint8Array | string>>;

const PART = 16;
const PART_OF_LIST = 8;

/** The names of the secrets of which a trace was found, each with the spelling. */
export function tracesOf(secrets: Secrets, places: readonly string[]): readonly string[] {
  const text = places.join("\n\n");
  const lowerCase = text.toLowerCase();
  const oneAlphabet = text.replaceAll("-", "+").replaceAll("_", "/");
  const withoutSpaces = text.replaceAll(/\s/g, "");
  const traces = new Set<string>();
  for (const [name, secret] of Object.entries(secrets)) {
    if (secret.length < (typeof secret === "string" ? 4 : PART)) throw new Error(`${name} is too short to be looked for`);
    if (typeof secret === "string") {
      if (text.includes(secret)) traces.add(`${name} as text`);
      continue;
    }
    const numeral = BigInt(`0x${bytesToHex(secret)}`).toString();
    if (secret.length >= PART && withoutSpaces.includes(numeral.slice(0, 40))) traces.add(`${name} in decimal`);
    for (let offset = 0; offset + PART <= secret.length; offset += PART) {
      const part = secret.subarray(offset, offset + PART);
      if (text.includes(latin1(part))) traces.add(`${name} as it is`);
      if (lowerCase.includes(bytesToHex(part))) traces.add(`${name} in hexadecimal`);
      if (alignedBase64(part).some((spelling) => oneAlphabet.includes(spelling))) traces.add(`${name} in base64`);
      if (withoutSpaces.includes([...part.subarray(0, PART_OF_LIST)].join(","))) traces.add(`${name} as a list`);
    }
  }
  return [...traces].toSorted();
}

export const latin1 = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

/** What stands in a longer base64 text whose bytes hold these, wherever they begin. */
function alignedBase64(bytes: Uint8Array): string[] {
  return [0, 1, 2].map((skipped) => {
    const length = bytes.length - skipped - ((bytes.length - skipped) % 3);
    return toBase64(bytes.subarray(skipped, skipped + length));
  });
}
