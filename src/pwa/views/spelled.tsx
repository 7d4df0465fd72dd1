// A code that a person compares or copies: for the eye as it is written, for the ear character by character, not as a number of billions.

interface SpelledContent {
  /** As it stands on the screen. */
  readonly code: string;
  /** Nothing but a code: letters that stand alone are spelled, too. Else words around it, such as a country, stay words. */
  readonly whole?: boolean;
}

export const Spelled = ({ code, whole = false }: SpelledContent) => (
  <>
    <span class="heard">{spelled(code, whole)}</span>
    <span aria-hidden="true">{code}</span>
  </>
);

/** Letters and digits that a digit is among: `PNOEE-40504040001`, not the name of a country. */
const AROUND_DIGITS = /[\p{L}\d-]*\d[\p{L}\d-]*/gu;

/** The dots in the place of what is masked are not said. */
export const spelled = (code: string, whole: boolean): string =>
  code
    .replaceAll("•", "")
    .replaceAll(whole ? /\S+/g : AROUND_DIGITS, (part) => [...part].join(" "))
    .trim();
