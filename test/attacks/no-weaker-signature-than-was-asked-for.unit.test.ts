// Downgrades: nobody on the way from the relying party to the signature and back can have a weaker hash, another padding or a shorter salt
// than was asked for. Weak ones have no name here; a contribution for one algorithm completes no signature of another, whatever is said of
// it; and what is released verifies as what was asked for, and as nothing else.
import { describe, expect, it } from "vitest";
import {
  HASH_ALGORITHMS,
  HASH_LENGTHS,
  type HashAlgorithm,
  IMPLIED_HASH,
  SIGNATURE_ALGORITHMS,
  SUITE_OF,
} from "../../src/protocol/algorithms.ts";
import { toBase64, toBase64Url, utf8 } from "../../src/protocol/encoding.ts";
import * as requests from "../../src/protocol/relying-party-requests.ts";
import { encodeMessage } from "../../src/split-key/rsa/common.ts";
import { contribute, evaluate, messageOf, prepare, sign, SUITES_UNDER_TEST } from "../split-key/suites.ts";

const TEXT = "a document";
const interactions = toBase64(utf8(JSON.stringify([{ type: "confirmationMessage", displayText200: "Hello" }])));
const party = { relyingPartyUUID: "00000000-0000-4000-8000-000000000000", relyingPartyName: "DEMO", interactions };

describe("a relying party's request", () => {
  const WEAK_HASHES: readonly unknown[] = [
    null,
    0,
    ["SHA-512"],
    {},
    ..."MD5,SHA-1,SHA1,SHA-224,SHA-512/224,SHA-512/256,SHA3-224,SHAKE128,RIPEMD-160,sha-256,SHA256,SHA-256 ,none,NULL,".split(
      ",",
    ),
  ];
  const WEAK_SIGNATURES: readonly unknown[] = [
    null,
    0,
    ...(
      "none,rsaEncryption,md5WithRSAEncryption,sha1WithRSAEncryption,sha224WithRSAEncryption,RSA-PSS,sha256WithRSAEncryption ," +
      "SHA256WITHRSAENCRYPTION,rsassa-pkcs1-v1_5,ecdsa-with-SHA1,ed25519ph,ed25519ctx,"
    ).split(","),
  ];

  it.each([
    ["authentication", { vcType: "numeric4", signatureProtocol: "ACSP_V2" }, requests.authenticationRequest],
    ["authentication by device link", { signatureProtocol: "ACSP_V2" }, requests.authenticationLinkRequest],
    ["signature", { signatureProtocol: "RAW_DIGEST_SIGNATURE" }, requests.signatureRequest],
    ["signature by device link", { signatureProtocol: "RAW_DIGEST_SIGNATURE" }, requests.signatureLinkRequest],
    [
      "signature after a certificate choice",
      { signatureProtocol: "RAW_DIGEST_SIGNATURE", linkedSessionID: crypto.randomUUID() },
      requests.linkedSignatureRequest,
    ],
  ])("for %s names strong algorithms only, and no two that contradict each other", (_, fields, schema) => {
    const accepts = (signatureAlgorithm: unknown, hashAlgorithm: unknown, length: number, more: object = {}): boolean => {
      const bytes = toBase64(new Uint8Array(length).fill(7));
      const signed = fields.signatureProtocol === "ACSP_V2" ? { rpChallenge: bytes } : { digest: bytes };
      const signatureAlgorithmParameters = { hashAlgorithm, ...more };
      const signatureProtocolParameters = { ...signed, signatureAlgorithm, signatureAlgorithmParameters };
      return schema.safeParse({ ...party, ...fields, signatureProtocolParameters }).success;
    };
    for (const length of [16, 20, 28, 32, 48, 64]) {
      for (const hash of WEAK_HASHES) expect([hash, accepts("rsassa-pss", hash, length)]).toEqual([hash, false]);
      for (const name of WEAK_SIGNATURES) expect([name, accepts(name, "SHA-512", length)]).toEqual([name, false]);
    }
    const pairs = SIGNATURE_ALGORITHMS.flatMap((name) => HASH_ALGORITHMS.map((hash) => [name, hash] as const));
    for (const [name, hash] of pairs) {
      const contradicts = IMPLIED_HASH[name] !== undefined && IMPLIED_HASH[name] !== hash;
      if (contradicts) expect([name, hash, accepts(name, hash, HASH_LENGTHS[hash])]).toEqual([name, hash, false]);
    }
    const isDigest = fields.signatureProtocol === "RAW_DIGEST_SIGNATURE";
    for (const hash of HASH_ALGORITHMS) {
      const lengths = [32, 48, 64].filter((length) => accepts("rsassa-pss", hash, length));
      // A challenge is hashed here; a digest is signed as it came.
      expect([hash, lengths]).toEqual([hash, isDigest ? [HASH_LENGTHS[hash]] : [32, 48, 64]]);
    }
  });
});

describe.each(SUITES_UNDER_TEST)("suite $suite", (suite) => {
  const { algorithms, pair, server } = suite;
  const asked = algorithms.map(([name, hash]) => {
    const prepared = prepare(suite, pair, messageOf(TEXT, name, hash));
    return { name, hash, prepared, contribution: contribute(suite, pair, prepared) };
  });

  it("has another transcript for each algorithm, and no contribution for one completes a signature of another", () => {
    const transcripts = asked.map(({ prepared }) => server.expectedTranscript(prepared.input).toString());
    expect(new Set(transcripts).size).toBe(asked.length);
    for (const one of asked) {
      // Those of another length are no digests for it at all: below.
      const alike = asked.filter((other) => HASH_LENGTHS[other.hash] === HASH_LENGTHS[one.hash]);
      const verdicts = alike.map((other) => evaluate(suite, pair, one.prepared, other.contribution).verdict);
      expect(verdicts).toEqual(alike.map((other) => (other === one ? "right" : "wrong")));
    }
  });

  it("signs nothing by another name: not under the offer of another algorithm, nor a digest of another length", () => {
    for (const one of asked) {
      for (const other of asked) {
        const { message } = other.prepared.input;
        const input = { ...one.prepared.input, message: { ...message, signatureAlgorithm: one.name, hashAlgorithm: one.hash } };
        if (message.digest.length === HASH_LENGTHS[one.hash]) continue;
        expect(() => suite.device.contribute({ ...input, stored: pair.stored, share: pair.share, random })).toThrow(RangeError);
        expect(() => server.expectedTranscript(input)).toThrow(RangeError);
      }
    }
  });
});

it.each(SIGNATURE_ALGORITHMS.filter((name) => SUITE_OF[name] === "rsa"))(
  "under %s both halves refuse an offer with a salt of another length, and a hash that the name does not imply",
  (name) => {
    const pss = name === "rsassa-pss";
    const encodes = (hash: HashAlgorithm, salt: number | undefined): boolean => {
      const offer = { modulusBits: 6144, ...(salt !== undefined && { salt: toBase64Url(random(salt)) }) };
      return encodeMessage(messageOf(TEXT, name, hash), offer) !== undefined;
    };
    for (const hash of HASH_ALGORITHMS) {
      const salts = [undefined, 0, 16, 20, 32, 48, 64].filter((salt) => encodes(hash, salt));
      const implied = pss || IMPLIED_HASH[name] === hash;
      expect([hash, salts]).toEqual([hash, implied ? [pss ? HASH_LENGTHS[hash] : undefined] : []]);
    }
  },
);

const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));
const rsa = SUITES_UNDER_TEST[0];

it("a signature of RSA is one of its own padding, hash and salt length alone", async () => {
  if (rsa === undefined) throw new Error("no suite");
  const spki = Uint8Array.from(rsa.pair.publicKey);
  const hashes = ["SHA-256", "SHA-384", "SHA-512"] as const satisfies readonly HashAlgorithm[];
  const readings = hashes.flatMap((hash) => [
    { name: "RSASSA-PKCS1-v1_5", hash, salt: 0 },
    ...[0, 20, 32, 48, 64].map((salt) => ({ name: "RSA-PSS", hash, salt })),
  ]);
  const made = rsa.algorithms.filter(([, hash]) => hash.startsWith("SHA-"));
  for (const [name, hash] of made) {
    const signature = sign(rsa, rsa.pair, messageOf(TEXT, name, hash));
    const holds = [];
    for (const reading of readings) {
      const key = await crypto.subtle.importKey("spki", spki, { name: reading.name, hash: reading.hash }, false, ["verify"]);
      const parameters = reading.name === "RSA-PSS" ? { name: reading.name, saltLength: reading.salt } : reading.name;
      if (await crypto.subtle.verify(parameters, key, signature, utf8(TEXT))) holds.push(reading);
    }
    const pss = name === "rsassa-pss";
    expect(holds).toEqual([{ name: pss ? "RSA-PSS" : "RSASSA-PKCS1-v1_5", hash, salt: pss ? HASH_LENGTHS[hash] : 0 }]);
  }
});
