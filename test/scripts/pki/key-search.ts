// Looks for a private key in what was written.
import type { KeyObject } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Everything in the folder, each file as one text, by path. */
export const filesIn = (where: string): [path: string, text: string][] =>
  readdirSync(where, { recursive: true, encoding: "utf8" })
    .map((name) => join(where, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => [path, readFileSync(path, "latin1")]);

/** A search for a part of a private key: as it is, hexadecimal, base64 and base64url wherever they begin, on however many lines. */
export function searchFor(key: KeyObject): (text: string) => boolean {
  const secret = Buffer.from(key.export({ format: "jwk" }).d!, "base64url").subarray(8, 40);
  const forms = [0, 1, 2].flatMap((shift) => {
    const part = secret.subarray(shift, shift + 30);
    return [part.toString("base64"), part.toString("base64url")];
  });
  return (text) => {
    const solid = text.replace(/\\n|[\s:]/g, "");
    return (
      text.includes(secret.toString("latin1")) ||
      solid.toLowerCase().includes(secret.toString("hex")) ||
      forms.some((form) => solid.includes(form))
    );
  };
}
