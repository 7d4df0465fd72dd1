// Looks for digits that nobody may have kept, in every spelling that a program, a database or a browser might give them.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { latin1, type Secrets, tracesOf } from "../../support/secret-search.ts";

/** What was found in one place, each with its spelling. `digits`: long enough not to appear by chance. */
export function tracesOfDigits(digits: string, texts: Iterable<string>): readonly string[] {
  const secrets = spellings(digits);
  const traces = new Set<string>();
  for (const text of texts) for (const trace of tracesOf(secrets, [text])) traces.add(trace);
  return [...traces].toSorted();
}

function spellings(digits: string): Secrets {
  const ascii = Buffer.from(digits);
  const list = [...digits];
  const number = Buffer.alloc(8);
  number.writeDoubleLE(Number(digits));
  return {
    digits,
    "digits backwards": list.toReversed().join(""),
    // Little endian and big endian alike.
    "digits in UTF-16": list.join("\0"),
    "digits in hexadecimal": ascii.toString("hex"),
    "digits in a URL": list.map((digit) => `%3${digit}`).join(""),
    "list of digits": list.join(","),
    "spaced list of digits": list.join(", "),
    "list of characters": list.map((digit) => `"${digit}"`).join(","),
    "list of codes": [...ascii].join(","),
    "spaced list of codes": [...ascii].join(", "),
    "digits as bytes": latin1(Uint8Array.from(list, Number)),
    "number in a database": number.toString("latin1"),
    ...Object.fromEntries([0, 1, 2].map((before) => [`digits in base64, ${before} bytes into it`, inBase64(ascii, before)])),
  };
}

/** What every base64 text with these bytes contains, when as many bytes stand before them (modulo 3). */
function inBase64(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes])
    .toString("base64")
    .replaceAll("=", "");
  const whole = Math.floor(((before + bytes.length) * 8) / 6);
  return text.slice(Math.ceil((before * 8) / 6), whole);
}

/** Every file under the folder, byte by character. */
export function* filesOf(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) yield readFileSync(join(entry.parentPath, entry.name), "latin1");
  }
}

/** All that a script of the page, or whoever looks over its shoulder, finds in the document: markup, values, shadow trees, address. */
export function snapshot(page: Page): Promise<string> {
  return page.evaluate(() => {
    const found: string[] = [location.href, document.title, document.cookie, JSON.stringify(history.state)];
    const look = (root: Document | ShadowRoot): void => {
      found.push(root instanceof Document ? root.documentElement.outerHTML : root.innerHTML);
      for (const element of root.querySelectorAll("*")) {
        const { value } = element as { value?: unknown };
        if (typeof value === "string") found.push(value);
        if (element.shadowRoot !== null) look(element.shadowRoot);
      }
    };
    look(document);
    for (const storage of [localStorage, sessionStorage]) found.push(JSON.stringify({ ...storage }));
    return found.join("\n");
  });
}

/** The strings that the page's scripts hold in memory, garbage left out. */
export async function memoryOf(page: Page): Promise<readonly string[]> {
  const session = await page.context().newCDPSession(page);
  const chunks: string[] = [];
  session.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => chunks.push(chunk));
  await session.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  await session.detach();
  return [chunks.join("")];
}
