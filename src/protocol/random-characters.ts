// Draws text from an alphabet without bias. The source of randomness is the caller's.

/** Each character equally likely: bytes that would favour the front of the alphabet are thrown away. */
export function randomCharacters(alphabet: string, length: number, random: (length: number) => Uint8Array): string {
  const fair = 256 - (256 % alphabet.length);
  let text = "";
  while (text.length < length) {
    for (const byte of random(length)) {
      if (byte < fair && text.length < length) text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return text;
}
