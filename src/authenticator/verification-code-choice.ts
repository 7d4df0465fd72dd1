// Three codes of which the person picks the one that the relying party shows: whoever was lured into confirming a request that is
// not their own has no page to look at, and picks a wrong one two times in three. Pure: randomness is the caller's.
import { randomCharacters } from "../protocol/random-characters.ts";

const CHOICES = 3;

/**
 * `right` and two other codes of as many digits, all different, in an order in which every place is equally likely for the right
 * one. To be drawn once for a claimed transaction: codes drawn again would show the right one as the one that stays.
 */
export function codeChoices(right: string, random: (length: number) => Uint8Array): readonly string[] {
  const wrong = new Set<string>();
  while (wrong.size < CHOICES - 1) {
    const code = randomCharacters("0123456789", right.length, random);
    if (code !== right) wrong.add(code);
  }
  const place = Number(randomCharacters("012", 1, random));
  return [...wrong].toSpliced(place, 0, right);
}
