// Everything sealed or signed has one algorithm, which the reader knows beforehand. What a header asks for instead is refused before any
// cryptography is done: no algorithm `none`, no public key taken for a secret one, no other way to a key, no key or address that the
// sender brings, no iterations by the billion, nothing unpacked, no member twice. RFC 8725 §2 and §3.
import { exportJWK, generateKeyPair } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { answerHandshake, completeHandshake, generateHandshakeKey } from "../../src/channel/handshake.ts";
import { handleOf, IV_LENGTH, openMessage, sealMessage } from "../../src/channel/message.ts";
import { openSecondEnvelope, sealSecondEnvelope } from "../../src/channel/second-envelope.ts";
import { authenticClaims } from "../../src/operator/authentication.ts";
import { publicKeyOf } from "../../src/protocol/ec-public-key.ts";
import { concatBytes, fromBase64Url, fromUtf8, toBase64Url, utf8 } from "../../src/protocol/encoding.ts";
import { ORDER_TYPE } from "../../src/protocol/operator-orders.ts";

const pairOf = async (algorithm: "ES256" | "ECDH-ES"): Promise<JsonWebKey> =>
  (await exportJWK((await generateKeyPair(algorithm, { crv: "P-256", extractable: true })).privateKey)) as JsonWebKey;
const [server, stranger, encryption] = await Promise.all([pairOf("ES256"), pairOf("ES256"), pairOf("ECDH-ES")]);

const HANDLE = "ab".repeat(32);
const encoded = (text: string): string => toBase64Url(utf8(text));
const headerOf = (token: string): string => fromUtf8(fromBase64Url(token.split(".")[0] ?? "") ?? new Uint8Array(0));

/** Headers that say more than the right one, or another thing; `right` is JSON. */
const variations = (right: string): readonly string[] => {
  const members = JSON.parse(right) as Record<string, unknown>;
  const { x, y } = stranger;
  const jwk = { kty: "EC", crv: "P-256", x, y };
  const more = [
    { jwk },
    { jku: "https://stranger.example/keys" },
    { x5u: "https://stranger.example/chain" },
    { x5c: ["MIIB"] },
    { "x5t#S256": "A".repeat(43) },
    { crit: ["exp"], exp: 0 },
    { crit: ["b64"], b64: false },
    { b64: false },
    { zip: "DEF" },
    { cty: "JWT" },
    { p2c: 2_147_483_647, p2s: "A".repeat(22) },
    { apu: "AA", apv: "AA" },
    { tag: "AA", iv: "AA" },
  ].map((added) => JSON.stringify({ ...members, ...added }));
  const { alg } = members;
  const doubled = [
    right.replace("{", '{"alg":"none",'),
    right.replace(/\}$/, `,"alg":${JSON.stringify(alg)}}`),
    right.replace("{", '{"\\u0061lg":"none",'),
  ];
  const spelled = [` ${right}`, `${right}\n`, right.replace(":", ": "), right.replace('"alg"', '"\\u0061lg"'), `\ufeff${right}`];
  return [...more, ...doubled, ...spelled];
};

/** With another `alg`, and what goes with it. */
const algorithms = (right: string, algs: readonly string[]): readonly string[] =>
  algs.map((alg) =>
    JSON.stringify({
      ...(JSON.parse(right) as object),
      alg,
      ...(alg.startsWith("PBES2") && { p2c: 2_147_483_647, p2s: "AAAA" }),
    }),
  );

const KEY_MANAGEMENT = (
  "none,,DIR,dir ,direct,A128KW,A256KW,A256GCMKW,RSA1_5,RSA-OAEP,RSA-OAEP-256,ECDH-1PU,ECDH-ES+A256KW,PBES2-HS256+A128KW," +
  "PBES2-HS512+A256KW,HS256,ES256"
).split(",");
const CONTENT = "none,,A128GCM,A192GCM,A256GCM ,A128CBC-HS256,A256CBC-HS512,a256gcm,C20P".split(",");
const SIGNATURES = "none,None,,HS256,HS512,RS256,PS256,ES384,ES512,ES256K,ESP256,EdDSA,Ed25519,es256,dir".split(",");
const contentEncryptions = (right: string): readonly string[] =>
  CONTENT.map((enc) => JSON.stringify({ ...(JSON.parse(right) as object), enc }));

/** What costs time or touches a key. */
const METHODS = ["decrypt", "deriveBits", "deriveKey", "unwrapKey", "verify", "digest", "importKey"] as const;
let work: readonly { readonly mock: { readonly calls: readonly unknown[] } }[];
const workDone = (): number => work.flatMap(({ mock }) => mock.calls).length;
let fetched: { readonly mock: { readonly calls: readonly unknown[] } };

beforeEach(() => {
  fetched = vi.spyOn(globalThis, "fetch");
  work = METHODS.map((method) => vi.spyOn(crypto.subtle, method));
});
afterEach(() => {
  const { calls } = fetched.mock;
  vi.restoreAllMocks();
  if (calls.length > 0) throw new Error("an address was asked");
});

describe("a message of the channel", () => {
  const key = crypto.getRandomValues(new Uint8Array(32));
  const plaintext = utf8('{"operation":"getKeyState"}');
  const seal = () => sealMessage(key, HANDLE, plaintext, crypto.getRandomValues(new Uint8Array(IV_LENGTH)));

  /** Authentic under its own header. */
  async function sealedUnder(header: string): Promise<string> {
    const iv = crypto.getRandomValues(new Uint8Array(IV_LENGTH));
    const cipher = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
    const parameters = { name: "AES-GCM", iv, additionalData: utf8(encoded(header)) };
    const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters, cipher, plaintext));
    return [encoded(header), "", toBase64Url(iv), toBase64Url(sealed.slice(0, -16)), toBase64Url(sealed.slice(-16))].join(".");
  }

  async function expectUnread(messages: readonly string[]): Promise<void> {
    const before = workDone();
    for (const message of messages) {
      expect(handleOf(message), message).toBeUndefined();
      expect(await openMessage(key, HANDLE, message), message).toBeUndefined();
    }
    expect(workDone()).toBe(before);
  }

  it("opens under its own header alone, and without work under any other, authentic or not", async () => {
    const right = headerOf(await seal());
    expect(await openMessage(key, HANDLE, await sealedUnder(right))).toEqual(plaintext);
    const wrong = [...algorithms(right, KEY_MANAGEMENT), ...contentEncryptions(right), ...variations(right)];
    await expectUnread(await Promise.all(wrong.map(sealedUnder)));
  });

  it("is one in the compact form alone, with nothing in the place of an encrypted key, and signed it is none", async () => {
    const message = await seal();
    const [header = "", , iv = "", ciphertext = "", tag = ""] = message.split(".");
    const flattened = { protected: header, iv, ciphertext, tag };
    await expectUnread(
      [
        flattened,
        { ...flattened, unprotected: { kid: HANDLE } },
        { ...flattened, protected: encoded("{}"), unprotected: { alg: "dir", enc: "A256GCM", kid: HANDLE } },
        { ...flattened, recipients: [{ header: { kid: HANDLE }, encrypted_key: "" }] },
      ].map((form) => JSON.stringify(form)),
    );
    const hmac = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const text = `${encoded(JSON.stringify({ alg: "HS256", kid: HANDLE }))}.${toBase64Url(plaintext)}`;
    const signature = new Uint8Array(await crypto.subtle.sign("HMAC", hmac, utf8(text)));
    await expectUnread([`${text}.${toBase64Url(signature)}`]);
    for (const other of [
      `${header}.AAAA.${iv}.${ciphertext}.${tag}`,
      `${header}.${toBase64Url(key)}.${iv}.${ciphertext}.${tag}`,
      `${header}..${iv}.${ciphertext}.${tag}.`,
      `${header}...${ciphertext}.${tag}`,
      `${header}..${iv}.${ciphertext}.`,
      `${header}..${iv}.${ciphertext}.${tag.slice(0, 8)}`,
      `${header}..${iv.slice(0, 8)}.${ciphertext}.${tag}`,
    ]) {
      expect(await openMessage(key, HANDLE, other), other).toBeUndefined();
    }
  });
});

describe("a second envelope", () => {
  const binding = { handle: HANDLE, requestId: "r".repeat(22), operation: "performSignature", subject: "t".repeat(22) };
  const seal = () => sealSecondEnvelope(publicKeyOf(encryption), binding, { contribution: Uint8Array.of(1) });
  const open = (envelope: string) => openSecondEnvelope(encryption, binding, envelope);

  /** Sealed to the server as its header says, with ECDH-ES and A256GCM, whatever else that says: Concat KDF of RFC 7518 §4.6. */
  async function sealedUnder(header: (epk: object) => string): Promise<string> {
    const content = { binding: Object.values(binding), contents: { contribution: "AQ" } };
    const own = (await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"])) as CryptoKeyPair;
    const { kty, crv, x, y } = (await crypto.subtle.exportKey("jwk", own.publicKey)) as JsonWebKey;
    const curve = { name: "ECDH", namedCurve: "P-256" };
    const other = await crypto.subtle.importKey("jwk", { ...publicKeyOf(encryption), ext: true }, curve, false, []);
    const shared = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: other }, own.privateKey, 256));
    const name = utf8("A256GCM");
    const info = concatBytes(Uint8Array.of(0, 0, 0, name.length), name, new Uint8Array(8), Uint8Array.of(0, 0, 1, 0));
    const raw = await crypto.subtle.digest("SHA-256", concatBytes(Uint8Array.of(0, 0, 0, 1), shared, info));
    const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt"]);
    const iv = crypto.getRandomValues(new Uint8Array(IV_LENGTH));
    const protectedHeader = encoded(header({ kty, crv, x, y }));
    const parameters = { name: "AES-GCM", iv, additionalData: utf8(protectedHeader) };
    const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters, key, utf8(JSON.stringify(content))));
    return [protectedHeader, "", toBase64Url(iv), toBase64Url(sealed.slice(0, -16)), toBase64Url(sealed.slice(-16))].join(".");
  }

  const right = (epk: object): string => JSON.stringify({ alg: "ECDH-ES", enc: "A256GCM", epk });

  it("opens under its own header alone, and without work under any other, sealed to the server or not", async () => {
    expect(await open(await sealedUnder(right))).toEqual({ contribution: Uint8Array.of(1) });
    expect(Object.keys(JSON.parse(headerOf(await seal())) as object)).toEqual(["alg", "enc", "epk"]);
    const wrong = (epk: object): readonly string[] => {
      const header = right(epk);
      return [...algorithms(header, [...KEY_MANAGEMENT, "dir"]), ...contentEncryptions(header), ...variations(header)];
    };
    const envelopes = await Promise.all(wrong({}).map((_, index) => sealedUnder((epk) => wrong(epk)[index] ?? "")));
    const before = workDone();
    for (const envelope of envelopes) expect(await open(envelope), headerOf(envelope)).toBeUndefined();
    expect(workDone()).toBe(before);
  });

  it("has one ephemeral key, on the curve, with nothing private in it and no name", async () => {
    const { x = "", y = "", d } = stranger;
    const keys: readonly object[] = [
      { kty: "EC", crv: "P-384", x, y },
      { kty: "OKP", crv: "X25519", x },
      { kty: "oct", k: x },
      { kty: "EC", crv: "P-256", x },
      { kty: "EC", crv: "P-256", x, y, d },
      { kty: "EC", crv: "P-256", x, y, kid: "1" },
      { kty: "EC", crv: "P-256", x: `${x}A`, y },
      { kty: "EC", crv: "P-256", x: "A".repeat(43), y: "A".repeat(43) },
      { kty: "EC", crv: "P-256", x: y, y: x },
    ];
    for (const epk of keys) expect(await open(await sealedUnder(() => right(epk))), JSON.stringify(epk)).toBeUndefined();
  });
});

/** A compact JWS with that header, signed as ES256 whatever it says. */
async function signed(header: string, payload: string, by: JsonWebKey): Promise<string> {
  const text = `${encoded(header)}.${payload}`;
  const key = await crypto.subtle.importKey("jwk", by, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, utf8(text));
  return `${text}.${toBase64Url(new Uint8Array(signature))}`;
}

/** With the public key, which everybody may read, in the place of a secret one: in each of its usual spellings. */
async function hmacForgeries(header: object, payload: string): Promise<readonly string[]> {
  const jwk = publicKeyOf(server);
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("jwk", { ...jwk, ext: true }, curve, true, ["verify"]);
  const spki = new Uint8Array((await crypto.subtle.exportKey("spki", key)) as ArrayBuffer);
  const secrets = [
    spki,
    utf8(JSON.stringify(jwk)),
    concatBytes(...[jwk.x, jwk.y].map((part) => fromBase64Url(part) as Uint8Array)),
  ];
  return Promise.all(
    secrets.map(async (secret) => {
      const text = `${encoded(JSON.stringify({ ...header, alg: "HS256" }))}.${payload}`;
      const hmac = await crypto.subtle.importKey("raw", secret.slice(), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
      return `${text}.${toBase64Url(new Uint8Array(await crypto.subtle.sign("HMAC", hmac, utf8(text))))}`;
    }),
  );
}

/** Headers under which nothing is signed: those with something harmless more in them are the signer's own business. */
const forgedHeaders = (right: string): readonly string[] => [
  ...algorithms(right, SIGNATURES),
  JSON.stringify({ ...(JSON.parse(right) as object), crit: ["exp"], exp: 0 }),
  JSON.stringify({ ...(JSON.parse(right) as object), crit: ["b64"], b64: false }),
  "{}",
];

interface Signed {
  readonly header: object;
  readonly payload: () => Promise<string>;
  readonly read: (message: string) => Promise<unknown>;
}

const NOW = 1_800_000_000;
const claims = { aud: "https://id.example.ee", iat: NOW, exp: NOW + 60, jti: crypto.randomUUID(), order: {} };
let own: CryptoKeyPair;

const SIGNED: readonly (readonly [string, Signed])[] = [
  [
    "an operator's order",
    {
      header: { alg: "ES256", typ: ORDER_TYPE },
      payload: async () => encoded(JSON.stringify(claims)),
      read: (message) =>
        authenticClaims(message, { publicKey: JSON.stringify(publicKeyOf(server)), audience: claims.aud, now: NOW * 1000 }),
    },
  ],
  [
    "the transcript of a handshake",
    {
      header: { alg: "ES256" },
      payload: async () => {
        own = await generateHandshakeKey();
        const deviceKey = publicKeyOf((await crypto.subtle.exportKey("jwk", own.publicKey)) as JsonWebKey);
        const encryptionKey = publicKeyOf(encryption);
        const answer = await answerHandshake({ handle: HANDLE, deviceKey, signingKey: server, encryptionKey });
        return answer?.signedTranscript.split(".")[1] ?? "";
      },
      read: (signedTranscript) => completeHandshake({ own, signingKey: publicKeyOf(server), signedTranscript }),
    },
  ],
];

describe.each(SIGNED)("%s", (_, { header, payload, read }) => {
  it("is signed with ES256 and the one key that is known beforehand, whatever its header says", async () => {
    const [text, body] = [JSON.stringify(header), await payload()];
    expect(await read(await signed(text, body, server))).toBeDefined();
    const { x, y } = stranger;
    const jwk = { kty: "EC", crv: "P-256", x, y };
    const forgeries = [
      ...(await Promise.all(forgedHeaders(text).map((each) => signed(each, body, server)))),
      ...(await Promise.all(
        [{}, { jwk }, { jku: "https://stranger.example/keys" }, { x5u: "https://stranger.example/x" }, { kid: "1" }].map((more) =>
          signed(JSON.stringify({ ...header, ...more }), body, stranger),
        ),
      )),
      ...(await hmacForgeries(header, body)),
      `${encoded(JSON.stringify({ ...header, alg: "none" }))}.${body}.`,
      `${encoded(text)}.${body}.`,
      `${encoded(text)}.${body}.${"A".repeat(86)}`,
    ];
    for (const forgery of forgeries) expect(await read(forgery), headerOf(forgery)).toBeUndefined();
  });

  it("is one in the compact form alone, and encrypted it is none", async () => {
    const [protectedHeader, body = "", signature] = (await signed(JSON.stringify(header), await payload(), server)).split(".");
    for (const form of [
      { protected: protectedHeader, payload: body, signature },
      { payload: body, signatures: [{ protected: protectedHeader, signature }] },
      { payload: body, signatures: [{ header, signature }] },
    ]) {
      expect(await read(JSON.stringify(form))).toBeUndefined();
    }
    const envelope = await sealMessage(new Uint8Array(32), HANDLE, utf8(body), new Uint8Array(IV_LENGTH));
    expect(await read(envelope)).toBeUndefined();
    // Two signatures' worth of segments.
    expect(await read([protectedHeader, body, signature, signature].join("."))).toBeUndefined();
  });
});
