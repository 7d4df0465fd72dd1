// Every field of `openssl x509 -text`, which is written for people: taken apart by its indentation.
import { execFileSync } from "node:child_process";

/** Order as encoded, string types shown, nothing escaped. */
const NAMES = "sep_comma_plus_space,sname,show_type,utf8";

/** A line of a block of hexadecimal digits. */
const BYTES = /^(?:[0-9a-f]{2}:)*[0-9a-f]{2}:?$/;

/**
 * Name of a field or extension → the rest of its line and the lines below it, joined by ` | `. The digits of keys and signatures
 * are left out. Throws for a field that is there twice.
 */
export function opensslListing(der: Uint8Array): Record<string, string> {
  const text = execFileSync("openssl", ["x509", "-inform", "DER", "-noout", "-text", "-nameopt", NAMES], {
    input: der,
    encoding: "utf8",
  });
  const fields = new Map<string, string[]>();
  let name = "";
  for (const line of text.split("\n")) {
    const [, indentation = "", title = "", rest = ""] = /^( {4}| {8}| {12})(\S[^:]*?) ?(?::(?: (.*))?)?$/.exec(line) ?? [];
    const begins = indentation.length === 8 || (indentation.length === 12 && fields.has("X509v3 extensions"));
    const isOutside = indentation.length === 4 && title === "Signature Algorithm";
    if (begins || isOutside) {
      name = isOutside ? "Signature Algorithm outside" : title;
      if (fields.has(name)) throw new Error(`${name} twice`);
      fields.set(name, []);
    }
    const said = begins || isOutside ? rest.trim() : line.trim();
    if (said !== "" && (name === "Serial Number" || !BYTES.test(said))) fields.get(name)?.push(said);
  }
  fields.delete("X509v3 extensions");
  return Object.fromEntries([...fields].map(([field, lines]) => [field, lines.join(" | ")]));
}
