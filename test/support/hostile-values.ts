// Values that no schema expects, and one wrong field at a time.
import fc from "fast-check";

export const HOSTILE_TEXT = fc.oneof(
  fc.string({ unit: "binary", maxLength: 100 }),
  fc.base64String({ maxLength: 200 }),
  fc.stringMatching(/^[A-Za-z0-9_-]{0,50}$/),
  fc.constantFrom("", "\u0000", "\ud800", "__proto__", "constructor", "x".repeat(5000), "\u202e", "＠", "0", "null"),
);

export const HOSTILE = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  HOSTILE_TEXT,
  fc.constantFrom<unknown>(null, 0, -1, 1.5, 1e308, 2 ** 53, true, false, [], {}, [[]], [""], { length: 1 }, { toString: null }),
);

/** Bodies that are no JSON of any use: for routes that read JSON. */
export const HOSTILE_BODY = fc.oneof(
  fc.json({ maxDepth: 5 }),
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }),
  fc.constantFrom(
    "",
    "null",
    "[]",
    "{}",
    '""',
    "{",
    "[".repeat(60_000),
    '{"a":'.repeat(10_000),
    "x".repeat(70_000),
    '{"__proto__":{}}',
  ),
  // Not UTF-8, and UTF-8 behind a byte order mark.
  fc.constantFrom(Uint8Array.of(0x7b, 0xff, 0x7d), Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d), Uint8Array.of(0xc0, 0x80)),
);

type Path = readonly string[];

/** Paths to every field of a value, nested ones included. */
export const fieldsOf = (value: unknown, path: Path = []): readonly Path[] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => [[...path, key], ...fieldsOf(inner, [...path, key])])
    : [];

/** The same value with one field changed, added, or (`undefined`) removed. */
export function changed(value: unknown, [key, ...rest]: Path, to: unknown): unknown {
  if (key === undefined) return to;
  const fields = new Map(Object.entries(value as object));
  fields.set(key, changed(fields.get(key), rest, to));
  // `fromEntries` makes an own field even of "__proto__".
  return Object.fromEntries([...fields].filter(([, inner]) => inner !== undefined));
}

/** As it arrives: JSON.stringify drops and alters values. */
export const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? "null");
