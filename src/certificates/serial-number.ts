// Serial numbers of certificates (RFC 5280 §4.1.2.2): positive, at most 20 octets, not to be guessed.
import { toHexadecimal } from "./hexadecimal.ts";

/** Bytes of randomness that a serial number is made of. */
export const SERIAL_NUMBER_BYTES = 16;

/**
 * 32 lower-case hexadecimal digits. The top two bits become 01: the integer is positive and always takes 16 octets, so that
 * every decoder and every index spells it alike; 126 random bits remain (CA/Browser Forum asks for 64).
 */
export function serialNumberHex(random: Uint8Array): string {
  if (random.length !== SERIAL_NUMBER_BYTES) throw new Error(`a serial number takes ${SERIAL_NUMBER_BYTES} random bytes`);
  return toHexadecimal(random.map((byte, index) => (index === 0 ? (byte & 0x3f) | 0x40 : byte)));
}
