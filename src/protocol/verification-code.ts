// The four digits that the person compares between the relying party's page and the device (`vcType` numeric4).
import { sha256 } from "@noble/hashes/sha2.js";
import { randomCharacters } from "./random-characters.ts";

/** Of a notification authentication, computed by both sides. `rpChallenge`: the decoded bytes. */
export function verificationCode(rpChallenge: Uint8Array): string {
  const digest = sha256(rpChallenge);
  const number = new DataView(digest.buffer, digest.byteOffset).getUint16(digest.length - 2) % 10_000;
  return String(number).padStart(4, "0");
}

/** Of a notification signature, drawn by the server: every code equally likely. */
export const randomVerificationCode = (random: (length: number) => Uint8Array): string =>
  randomCharacters("0123456789", 4, random);
