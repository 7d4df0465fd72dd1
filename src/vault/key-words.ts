// The text of the secret KEK: what the Worker reads and `npm run vault` writes. No I/O.

/** Of a bare key, as every deployment begins with. Fixed: were it KEK_ID's, another KEK_ID would make it another key's name. */
const FIRST_KEK_ID = "kek-1";

/** Words `id:value` apart by white space, or one bare value, which is `kek-1`'s. Neither ids nor values are checked. */
export function parseKeyWords(secret: string): readonly (readonly [id: string, value: string])[] {
  const only = secret.trim();
  return /[\s:]/.test(only) ? wordsOf(secret) : [[FIRST_KEK_ID, only]];
}

/** An id is empty where the colon is missing. */
export const wordsOf = (text: string): readonly (readonly [id: string, value: string])[] =>
  text
    .split(/\s+/)
    .filter((word) => word !== "")
    .map((word) => [word.slice(0, Math.max(0, word.indexOf(":"))), word.slice(word.indexOf(":") + 1)]);
