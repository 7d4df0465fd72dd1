// Words of others that a person is shown: what is seen must be what is read. One rule for the server, for the device, and for whoever
// registers a name.

/**
 * Controls, direction marks, zero-width characters, tags, fillers, private and broken ones: "Pay 1.500 EUR" with U+200F around its dot is
 * drawn "Pay 500.1 EUR". Joiners make letters and emoji, selectors the looks of these. What Unicode has not assigned yet is let through: a
 * phone knows less of it than the server, and would refuse what that took.
 */
const UNSEEN =
  /(?!\p{Join_Control}|\ufe0e|\ufe0f)[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u;

/** More on a letter than Hindi, Hebrew and Burmese put there: 48 are drawn over the name of who sent them. A joiner does not end a heap. */
const HEAP_OF_MARKS = /[\p{M}\p{Join_Control}]{6}/u;

/** Spaces that no line swallows: enough of them push all that comes below off the screen, as empty lines do. */
const WIDE_GAP = /(?: *[\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]){3}/u;

const SEEN = /[^\s\u2800\p{Default_Ignorable_Code_Point}]/u;

export const isBlank = (text: string): boolean => !SEEN.test(text);

/** Of one line. */
export const isReadable = (line: string): boolean =>
  line.isWellFormed() && !UNSEEN.test(line) && !HEAP_OF_MARKS.test(line) && !WIDE_GAP.test(line);

/** What two names could differ in that nobody could tell apart on a telephone: joiners, selectors, blanks with a width, what is not assigned. */
const UNHEARD = /\p{C}|\u2800|[\ufe0e-\ufe0f]/u;

/** Of a relying party, or of whoever runs the service. Its length is its owner's to judge. */
export const isName = (text: string): boolean => text !== "" && text === text.trim() && isReadable(text) && !UNHEARD.test(text);

/** A line ends in LF or CR LF. */
export const linesOf = (text: string): readonly string[] => text.split(/\r?\n/u);

/** At most `limit`, and no two of them blank in a row: "Log in?" and 50 empty lines leave nothing else on the screen but the buttons. */
export const areFew = (lines: readonly string[], limit: number): boolean =>
  lines.length <= limit && !lines.some((line, index) => index > 0 && isBlank(line) && isBlank(lines[index - 1] ?? ""));
