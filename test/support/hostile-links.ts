// Device links that are almost right, made of a right one. The rule is that every byte counts.
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { fromBase64 } from "../../src/protocol/encoding.ts";
import type { StartedLink } from "./device-links.ts";

/** By what is wrong with them. */
type Links = Readonly<Record<string, string>>;

const value = (link: string, name: string): string => new RegExp(`${name}=([^&]*)`).exec(link)?.[1] ?? "";
const replaced = (link: string, name: string, by: (value: string) => string): string =>
  link.replace(new RegExp(`${name}=[^&]*`), `${name}=${by(value(link, name))}`);
const parametersOf = (link: string): readonly string[] => link.slice(link.indexOf("?") + 1).split("&");
const withParameters = (link: string, parameters: readonly string[]): string =>
  `${link.slice(0, link.indexOf("?"))}?${parameters.join("&")}`;
const nextLetter = (letter: string): string => (letter === "Q" ? "R" : "Q");

/** Spelt as links are, with the token of the session, and not what its relying party made. `qr`: a link with `elapsedSeconds`. */
export const forgedLinks = (qr: string): Links => ({
  "another base": qr.replace(/^[^?]+/, "https://id.example.com/device-link"),
  "another scheme": qr.replace(/^http:/, "https:"),
  "a base with one more character": qr.replace("?", "/?"),
  "a base in upper case": qr.replace(/\/\/[^/]+/, (host) => host.toUpperCase()),
  "a base in other letters that look the same": qr.replace("localhost", "lоcalhost"),
  "a base with a user": qr.replace("://", "://id.example.com@"),
  "a base that is URL-encoded": qr.replace("/device-link", "%2Fdevice-link"),
  "a button's type": qr.replace(/QR&elapsedSeconds=\d+/, "Web2App"),
  "another age": replaced(qr, "elapsedSeconds", (seconds) => String(Number(seconds) + 1)),
  "a huge age": replaced(qr, "elapsedSeconds", () => "999999"),
  "another session type": replaced(qr, "sessionType", (type) => (type === "cert" ? "sign" : "cert")),
  "another language": replaced(qr, "lang", () => "est"),
  "an authCode of nothing": replaced(qr, "authCode", () => "A".repeat(43)),
  "an authCode with the first character changed": replaced(qr, "authCode", (code) => nextLetter(code[0] ?? "") + code.slice(1)),
  // Two bits of the last character mean nothing: these decode to the same bytes.
  "an authCode with stray bits": replaced(qr, "authCode", (code) => code.slice(0, -1) + strayBits(code.slice(-1))),
});

const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const strayBits = (last: string): string => BASE64URL[BASE64URL.indexOf(last) ^ 1] ?? "";

/** No links at all, or of a session that nobody started. */
export function brokenLinks(qr: string): Links {
  const parameters = parametersOf(qr);
  const [type = "", elapsed = "", ...rest] = parameters;
  const token = value(qr, "sessionToken");
  return {
    nothing: "",
    "white space in front": ` ${qr}`,
    "white space behind": `${qr}\n`,
    "a byte order mark": `\ufeff${qr}`,
    "a zero byte": `${qr}\u0000`,
    "a fragment": `${qr}#`,
    "one more &": `${qr}&`,
    "a parameter of nobody": `${qr}&x=1`,
    "upper case": qr.toUpperCase(),
    "no address": qr.slice(qr.indexOf("?")),
    "an address without parameters": qr.slice(0, qr.indexOf("?") + 1),
    "another kind of address": qr.replace(/^http:/, "javascript:"),
    "URL encoding": encodeURI(qr).replace("?", "%3F"),
    "URL encoding of it all": encodeURIComponent(qr),
    "one character URL-encoded": qr.replace("deviceLinkType=QR", "deviceLinkType=%51R"),
    HTML: qr.replaceAll("&", "&amp;"),
    "letters of another width": qr.replace("QR", "ＱＲ"),
    "a lone surrogate": qr.replace("lang=eng", "lang=en\ud800"),
    "another order": withParameters(qr, parameters.toReversed()),
    "two parameters changed about": withParameters(qr, [elapsed, type, ...rest]),
    ...Object.fromEntries(
      parameters.flatMap((parameter, index) => [
        [`without ${parameter}`, withParameters(qr, parameters.toSpliced(index, 1))],
        [`twice ${parameter}`, withParameters(qr, parameters.toSpliced(index, 0, parameter))],
        [`${parameter} without a value`, withParameters(qr, parameters.with(index, parameter.replace(/=.*/, "=")))],
      ]),
    ),
    ...Object.fromEntries(
      ["-1", "-0", "+1", "01", "1.0", "1e1", "0x1", "1000000", "9".repeat(400), "٣", " 1", "NaN", "null"].map((seconds) => [
        `an age of ${seconds}`,
        replaced(qr, "elapsedSeconds", () => seconds),
      ]),
    ),
    "a button with an age": replaced(qr, "deviceLinkType", () => "App2App"),
    "a type of nobody": replaced(qr, "deviceLinkType", () => "NFC"),
    "a type in lower case": replaced(qr, "deviceLinkType", () => "qr"),
    "another version": replaced(qr, "version", () => "1.1"),
    "a version that a pattern would take": replaced(qr, "version", () => "1x0"),
    "a language in upper case": replaced(qr, "lang", () => "ENG"),
    "a longer authCode": `${qr}A`,
    "an authCode with padding": `${qr}=`,
    "a token of nobody": replaced(qr, "sessionToken", () => "0".repeat(43)),
    "a token with its last character changed": replaced(
      qr,
      "sessionToken",
      (text) => text.slice(0, -1) + nextLetter(text.slice(-1)),
    ),
    "a token with its case changed": replaced(qr, "sessionToken", (text) => text.replace(/[A-Za-z]/, flipped)),
    "a longer token": replaced(qr, "sessionToken", () => `${token}0`),
    "a shorter token": replaced(qr, "sessionToken", () => token.slice(0, -1)),
    "a token with a path in it": replaced(qr, "sessionToken", () => `${token}/../${token}`),
    "a name of the language's": replaced(qr, "sessionToken", () => "__proto__"),
  };
}

const flipped = (letter: string): string => (letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase());

/** One change somewhere; all links of a kind are of the same length, so that it can be made to any of them. */
type Edit = { readonly index: number; readonly taken: number; readonly put: string };

/** Cuts, and characters changed, added or taken away. */
export const LINK_EDITS: fc.Arbitrary<readonly Edit[]> = fc.array(
  fc.record({
    index: fc.nat(400),
    taken: fc.oneof({ weight: 3, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat(400) }),
    put: fc.oneof(
      fc.constantFrom("", "&", "=", "?", "#", "%", "%26", "|", " ", "\n", "\u0000", "\u202e", "\ud800", "é", "0", "A", "a", "-"),
      fc.string({ unit: "binary", maxLength: 20 }),
      fc.stringMatching(/^[A-Za-z0-9_-]{1,43}$/),
    ),
  }),
  { minLength: 1, maxLength: 3 },
);

export const edited = (link: string, edits: readonly Edit[]): string =>
  edits.reduce((so, { index, taken, put }) => {
    const at = index % link.length;
    return so.slice(0, at) + put + so.slice(at + taken);
  }, link);

/** Whatever text, with the authCode that the session's relying party would give it: a party that does not build links as it should. */
export function signedByParty({ body, sessionType, sessionSecret }: StartedLink, text: string, callback = ""): string {
  const parameters: { rpChallenge?: string; digest?: string } | undefined = body.signatureProtocolParameters;
  const protocol = { auth: "ACSP_V2", sign: "RAW_DIGEST_SIGNATURE", cert: "" }[sessionType];
  const signed = parameters?.rpChallenge ?? parameters?.digest ?? "";
  const terms = ["smart-id", protocol, signed, btoa("DEMO"), "", body.interactions ?? "", callback, text];
  const code = createHmac("sha256", fromBase64(sessionSecret) ?? "")
    .update(terms.join("|"))
    .digest("base64url");
  return `${text}&authCode=${code}`;
}
