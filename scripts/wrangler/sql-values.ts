// Values inside SQL text: `wrangler d1 execute` takes no parameters. No I/O.

export type SqlValue = string | number | ArrayBufferLike | null;

/** `statement`: with `?` (in order) or `?1`, as the Worker would bind them; none of them inside quotes. */
export function withValues(statement: string, values: readonly SqlValue[]): string {
  let next = 0;
  return statement.replace(/\?(\d*)/g, (_, place: string) => {
    const value = values[place === "" ? next++ : Number(place) - 1];
    if (value === undefined) throw new Error("a statement has more places than values");
    return sqlLiteral(value);
  });
}

/**
 * A value as SQL reads it. Text goes as hexadecimal wherever it could end a literal, a statement or a line for any of the programs that it
 * passes: the command line, wrangler's own splitting of statements, SQLite.
 */
export function sqlLiteral(value: SqlValue): string {
  if (value === null) return "NULL";
  if (typeof value === "string") return isPlain(value) ? `'${value}'` : `CAST(${hexadecimal(Buffer.from(value))} AS TEXT)`;
  if (typeof value !== "number") return hexadecimal(Buffer.from(value));
  if (!Number.isSafeInteger(value)) throw new Error(`${value} is no whole number`);
  return String(value);
}

const hexadecimal = (bytes: Buffer): string => `x'${bytes.toString("hex")}'`;

const isPlain = (text: string): boolean => /^[\w .:,/+=@-]*$/.test(text) && !text.includes("--");
