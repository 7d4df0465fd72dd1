// Names as people read them: whoever looks like another party on a telephone gets what was meant for it. It finds what reads the same
// letter by letter, and mixed alphabets; not every likeness (l and I, rn and m, a whole word in another alphabet).
import { z } from "zod";
import { CommandFailure } from "../authenticator/command-failure.ts";
import { printable } from "../authenticator/printable.ts";
import type { Database } from "./database.ts";
import { allRows } from "./rows.ts";

/** Those whose letters look like one another's. */
const ALPHABETS = [
  ["Latin", /\p{Script=Latin}/u],
  ["Cyrillic", /\p{Script=Cyrillic}/u],
  ["Greek", /\p{Script=Greek}/u],
] as const;

/** Throws a CommandFailure where another party, enabled or not, has such a name, and for one of several alphabets. */
export async function checkNames(
  { uuid, names }: { readonly uuid: string; readonly names: readonly string[] },
  database: Database,
): Promise<void> {
  if (names.length === 0) return;
  for (const name of names) {
    const alphabets = alphabetsIn(name);
    if (alphabets.length < 2) continue;
    const problem = `"${printable(name)}" has letters of several alphabets (${alphabets.join(", ")}), some of which look the same`;
    throw new CommandFailure("mixed_alphabets", `${problem}: another name, or --allow-same-name.`);
  }
  const others = (await allRows(database)).filter((row) => row.uuid !== uuid);
  for (const other of others) {
    const taken = new Set(namesIn(other.names).map(asRead));
    const name = names.find((candidate) => taken.has(asRead(candidate)));
    if (name === undefined) continue;
    const problem = `People would take "${printable(name)}" for the relying party ${printable(String(other.uuid))}`;
    throw new CommandFailure("name_taken", `${problem}: another name, or --allow-same-name.`);
  }
}

/** The names of a row, which may be malformed; none where it has none. */
export function namesIn(column: unknown): readonly string[] {
  try {
    return z
      .array(z.string())
      .catch([])
      .parse(JSON.parse(String(column)));
  } catch {
    return [];
  }
}

/** Equal for names that read the same: upper and lower case, forms of a letter, widths, spaces, and what is not to be seen. */
function asRead(name: string): string {
  const seen = name.normalize("NFKC").replaceAll(/\p{Default_Ignorable_Code_Point}/gu, "");
  // By way of the upper case, which is one for ſ and s, ς and σ, ß and ss.
  const folded = seen.toLocaleUpperCase("und").toLocaleLowerCase("und").normalize("NFKC");
  // Nobody sees a second dot above an i.
  return folded
    .replaceAll(/(?<=[ij])\u0307/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** Of its letters alone: № and ™ would become Latin ones. */
function alphabetsIn(name: string): readonly string[] {
  const letters = name.replaceAll(/\P{L}/gu, "").normalize("NFKC");
  return ALPHABETS.filter(([, letter]) => letter.test(letters)).map(([alphabet]) => alphabet);
}
