// A thief goes through everything found: takes each text apart, decodes what looks encoded, opens every envelope that any
// found key opens, and starts again with what was in it. Knows the wire contracts, has no key that was not found.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { createECDH } from "node:crypto";
import { concatBytes, fromBase64, fromBase64Url, fromUtf8, utf8 } from "../../src/protocol/encoding.ts";

export interface Haul {
  /** Everything readable: what was found, and what was inside of it. */
  readonly texts: ReadonlySet<string>;
  /** By their hexadecimal form: every byte string that any text spells in hexadecimal, base64, base64url, decimal or as a list. */
  readonly byteStrings: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** Public keys on P-256, uncompressed, in hexadecimal. */
  readonly points: ReadonlySet<string>;
  /** Messages of the channel. */
  readonly messages: Opened;
  /** Second envelopes. */
  readonly envelopes: Opened;
  /** With how many keys and points an envelope was tried that is still closed. */
  readonly tried: ReadonlyMap<string, Tried>;
}

interface Tried {
  readonly keys: number;
  readonly points: number;
}

interface Opened {
  readonly open: ReadonlyMap<string, string>;
  readonly closed: ReadonlySet<string>;
}

const NOTHING: Haul = {
  texts: new Set(),
  byteStrings: new Map(),
  points: new Set(),
  messages: { open: new Map(), closed: new Set() },
  envelopes: { open: new Map(), closed: new Set() },
  tried: new Map(),
};

interface Envelope {
  readonly compact: string;
  readonly header: { readonly alg: string; readonly epk?: { readonly x: string; readonly y: string } };
}

/** Bytes; of shorter ones too many fit by chance. */
export const SHORTEST = 6;
const COMPACT = /(?<![\w-])[\w-]{8,}\.[\w-]*\.[\w-]{16}\.[\w-]*\.[\w-]{22}/g;
const TOKEN = /(?<![\w+/-])[\w+/-]{8,}={0,2}/g;
const POINT = /"x":"([\w-]{43})","y":"([\w-]{43})"/g;
const LIST_OF_BYTES = /\[\s*\d{1,3}(?:\s*,\s*\d{1,3}){3,}\s*\]/g;

/** `found`: files, recorded traffic, published answers, each as text. `before`: an earlier haul that is gone on with. */
export async function ransack(found: readonly string[], before: Haul = NOTHING): Promise<Haul> {
  const [texts, byteStrings, points] = [new Set(before.texts), new Map(before.byteStrings), new Set(before.points)];
  const [messages, envelopes] = [copyOf(before.messages), copyOf(before.envelopes)];
  const tried = new Map(before.tried);
  const keep = (bytes: Uint8Array<ArrayBuffer> | undefined): void => {
    if (bytes !== undefined && bytes.length >= SHORTEST) byteStrings.set(bytesToHex(bytes), bytes);
  };
  const read = (text: string): void => {
    if (texts.has(text)) return;
    texts.add(text);
    for (const [, x = "", y = ""] of text.matchAll(POINT)) points.add(`04${hexOf(x)}${hexOf(y)}`);
    for (const [list] of text.matchAll(LIST_OF_BYTES)) keep(Uint8Array.from(JSON.parse(list) as number[]));
    for (const [compact] of text.matchAll(COMPACT)) sort(compact);
    for (const [token] of text.replaceAll(COMPACT, " ").matchAll(TOKEN)) spellings(token).forEach(keep);
  };
  const sort = (compact: string): void => {
    const parsed = parse(compact);
    const kind = parsed?.header.alg === "dir" ? messages : envelopes;
    if (parsed !== undefined && !kind.open.has(compact)) kind.closed.add(compact);
  };
  found.forEach(read);
  for (let known = -1; known !== byteStrings.size;) {
    known = byteStrings.size;
    const keys = [...byteStrings.values()].filter(({ length }) => length === 32);
    // Whatever opened something before is tried first.
    const lucky: Uint8Array[] = [];
    for (const kind of [messages, envelopes]) {
      for (const compact of kind.closed) {
        const last = tried.get(compact);
        const rest = last?.points === points.size ? keys.slice(last.keys) : keys;
        tried.set(compact, { keys: keys.length, points: points.size });
        const [key, plaintext] = await tryKeys(compact, [...lucky, ...rest], points);
        if (key === undefined || plaintext === undefined) continue;
        if (!lucky.includes(key)) lucky.unshift(key);
        kind.closed.delete(compact);
        kind.open.set(compact, plaintext);
        read(plaintext);
      }
    }
  }
  return { texts, byteStrings, points, messages, envelopes, tried };
}

const copyOf = ({ open, closed }: Opened) => ({ open: new Map(open), closed: new Set(closed) });

/** Whatever bytes a token may stand for. */
function spellings(token: string): (Uint8Array<ArrayBuffer> | undefined)[] {
  const isHexadecimal = token.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(token);
  const decimal = /^\d{20,}$/.test(token) ? BigInt(token).toString(16) : undefined;
  return [
    fromBase64Url(token.replace(/=+$/, "")),
    fromBase64(token),
    isHexadecimal ? Uint8Array.from(hexToBytes(token)) : undefined,
    decimal === undefined ? undefined : Uint8Array.from(hexToBytes(decimal.padStart(decimal.length + (decimal.length % 2), "0"))),
  ];
}

const hexOf = (text: string): string => bytesToHex(fromBase64Url(text) ?? new Uint8Array());

function parse(compact: string): Envelope | undefined {
  try {
    const header = JSON.parse(fromUtf8(fromBase64Url(compact.split(".")[0] ?? "") ?? new Uint8Array())) as Envelope["header"];
    return { compact, header };
  } catch {
    return undefined;
  }
}

/** A key opens as it is, or is one of the two private keys of an ECDH-ES envelope. */
async function tryKeys<Key extends Uint8Array>(
  compact: string,
  keys: readonly Key[],
  points: ReadonlySet<string>,
): Promise<readonly [Key, string] | []> {
  const epk = parse(compact)?.header.epk;
  for (const key of keys) {
    const plaintext = await decrypt(compact, key);
    if (plaintext !== undefined) return [key, plaintext];
    if (epk === undefined) continue;
    const ephemeral = `04${hexOf(epk.x)}${hexOf(epk.y)}`;
    const own = publicPoint(key);
    const others = own === ephemeral ? [...points] : points.has(own) ? [ephemeral] : [];
    for (const other of others) {
      const derived = await decrypt(compact, concatenationKdf(agree(key, other)));
      if (derived !== undefined) return [key, derived];
    }
  }
  return [];
}

const publicPoints = new Map<string, string>();

/** Empty for what is no private key. */
function publicPoint(key: Uint8Array): string {
  const name = bytesToHex(key);
  let point = publicPoints.get(name);
  if (point === undefined) {
    const own = createECDH("prime256v1");
    try {
      own.setPrivateKey(key);
      point = own.getPublicKey("hex");
    } catch {
      point = "";
    }
    publicPoints.set(name, point);
  }
  return point;
}

/** The x coordinate, 32 bytes. */
function agree(key: Uint8Array, point: string): Uint8Array {
  const own = createECDH("prime256v1");
  own.setPrivateKey(key);
  return own.computeSecret(hexToBytes(point));
}

/** RFC 7518 §4.6.2 for A256GCM without party information. */
function concatenationKdf(agreed: Uint8Array): Uint8Array {
  const name = utf8("A256GCM");
  const number = (value: number): Uint8Array => Uint8Array.of(0, 0, value >> 8, value & 0xff);
  return sha256(concatBytes(number(1), agreed, number(name.length), name, number(0), number(0), number(256)));
}

async function decrypt(compact: string, key: Uint8Array): Promise<string | undefined> {
  const [header = "", , iv = "", ciphertext = "", tag = ""] = compact.split(".");
  const parts = [iv, ciphertext, tag].map((part) => fromBase64Url(part) ?? new Uint8Array());
  const [nonce, sealed, authentication] = parts as [Uint8Array<ArrayBuffer>, Uint8Array, Uint8Array];
  try {
    const aes = await crypto.subtle.importKey("raw", Uint8Array.from(key), "AES-GCM", false, ["decrypt"]);
    const parameters = { name: "AES-GCM", iv: nonce, additionalData: utf8(header) };
    return fromUtf8(new Uint8Array(await crypto.subtle.decrypt(parameters, aes, concatBytes(sealed, authentication))));
  } catch {
    return undefined;
  }
}
