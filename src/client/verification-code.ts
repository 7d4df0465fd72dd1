// The four digits that a page shows at a notification login, for the person to compare with the device's.
import { fromBase64, sha256 } from "./encoding.ts";

/** `rpChallenge`: base64. The last two bytes of its SHA-256 as a big-endian number, its last four digits. Throws for no base64. */
export async function verificationCode(rpChallenge: string): Promise<string> {
  const challenge = fromBase64(rpChallenge);
  if (challenge === undefined) throw new TypeError("rpChallenge is not base64");
  const digest = await sha256(challenge);
  const number = new DataView(digest.buffer).getUint16(digest.length - 2);
  return String(number % 10_000).padStart(4, "0");
}
