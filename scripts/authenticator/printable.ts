// Text from a relying party on a terminal: an escape sequence in it could paint over the verification code.

/** Control, format and unassigned characters are written out; line breaks too, so that one text stays one line. */
export const printable = (text: string): string =>
  text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
