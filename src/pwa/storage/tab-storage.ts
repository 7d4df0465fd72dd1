// What a tab remembers over a reload of its page, and no other tab sees: a link that no server has answered yet, where the person
// returns to, with what they practise, and that it was loaded anew for its words. Gone with the tab. Nothing of a key or a PIN; what is read is as hostile as anything, since scripts of earlier versions
// wrote it.

export type TabEntry = "link" | "way-back" | "practice" | "loaded-anew";

const keyOf = (entry: TabEntry): string => `tally-${entry}`;

/** Undefined where nothing is kept, where it cannot be read, and where the browser forbids it. */
export function readTab(entry: TabEntry): unknown {
  try {
    const text = sessionStorage.getItem(keyOf(entry));
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Where the browser forbids it, a reload loses what would have been kept, and nothing else. */
export function writeTab(entry: TabEntry, value: object): void {
  try {
    sessionStorage.setItem(keyOf(entry), JSON.stringify(value));
  } catch {
    // Private windows of some browsers; storage that is full.
  }
}

export function forgetTab(entry: TabEntry): void {
  try {
    sessionStorage.removeItem(keyOf(entry));
  } catch {
    // As above.
  }
}
