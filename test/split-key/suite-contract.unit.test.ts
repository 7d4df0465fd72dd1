// What every suite promises, held against every suite. What only one of them can be asked stands in its own folder.
import { describe, expect, test } from "vitest";
import { HASH_LENGTHS, type HashAlgorithm, IMPLIED_HASH, type SignatureAlgorithm } from "../../src/protocol/algorithms.ts";
import { utf8 } from "../../src/protocol/encoding.ts";
import { pooledShareGenerators } from "../../src/split-key/server-halves.ts";
import { contribute, evaluate, type KeyPair, makeKey, messageOf, prepare, random, sign } from "./suites.ts";
import { SUITES_UNDER_TEST, type SuiteUnderTest } from "./suites.ts";

const TEXT = "a document";

async function verifies(publicKey: Uint8Array, algorithm: SignatureAlgorithm, hash: HashAlgorithm, signature: Uint8Array) {
  const [spki, bytes] = [Uint8Array.from(publicKey), Uint8Array.from(signature)];
  if (algorithm === "ed25519") {
    const key = await crypto.subtle.importKey("spki", spki, "Ed25519", false, ["verify"]);
    return crypto.subtle.verify("Ed25519", key, bytes, Uint8Array.from(messageOf(TEXT, algorithm, hash).digest));
  }
  const pss = IMPLIED_HASH[algorithm] === undefined;
  const name = pss ? "RSA-PSS" : "RSASSA-PKCS1-v1_5";
  const key = await crypto.subtle.importKey("spki", spki, { name, hash }, false, ["verify"]);
  return crypto.subtle.verify(pss ? { name, saltLength: HASH_LENGTHS[hash] } : name, key, bytes, utf8(TEXT));
}

/** `bytes` with one bit turned in every `step`th byte, one after the other. */
function* damagedForms(bytes: Uint8Array, step: number): Generator<Uint8Array> {
  for (let position = 0; position < bytes.length; position += step) yield bytes.with(position, (bytes[position] ?? 0) ^ 0x10);
}

function otherThan({ suite }: SuiteUnderTest): SuiteUnderTest {
  const found = SUITES_UNDER_TEST.find((each) => each.suite !== suite);
  if (found === undefined) throw new Error("there is one suite only");
  return found;
}

describe.each(SUITES_UNDER_TEST)("suite $suite", (suite) => {
  const { device, server, pair, other, algorithms, signatureLength } = suite;
  const [algorithm, hash] = algorithms[0] ?? [];
  if (algorithm === undefined || hash === undefined) throw new Error("a suite signs something");
  const message = messageOf(TEXT, algorithm, hash);
  const foreign = otherThan(suite);
  const foreignMessage = messageOf(TEXT, ...(foreign.algorithms[0] ?? [algorithm, hash]));

  const prepared = prepare(suite, pair, message);
  const right = contribute(suite, pair, prepared);
  const base = { ...pair, ...prepared.input, nonce: prepared.nonce, contribution: right };
  const stream = random(device.maskLength);
  const masked = device.mask(pair.share, stream);
  const wrong = contribute(suite, pair, prepared, device.unmask(masked, random(device.maskLength)));
  /** Of the right length and form or not: none of them is a contribution. */
  const malformed = [
    new Uint8Array(),
    right.subarray(1),
    right.subarray(0, -1),
    Uint8Array.of(0, ...right),
    Uint8Array.of(...right, 0),
    new Uint8Array(right.length),
    new Uint8Array(right.length).fill(0xff),
    random(5000),
  ];

  test("a key made here and now signs", async () => {
    const key = await makeKey(suite.suite, await pooledShareGenerators[suite.suite]?.());
    expect(await verifies(key.publicKey, algorithm, hash, sign(suite, key, message))).toBe(true);
  });

  test("the device sees its own part in the key that it was made for, and in no other spelling, length or key", () => {
    const { publicKey, stored } = pair;
    expect(device.isPartOf(publicKey, stored)).toBe(true);
    expect(device.isPartOf(other.publicKey, other.stored)).toBe(true);
    const others = [other.publicKey, foreign.pair.publicKey, stored, new Uint8Array(), publicKey.subarray(1), random(5000)];
    for (const each of [...others, ...damagedForms(publicKey, 7)]) expect(device.isPartOf(each, stored)).toBe(false);
    for (const each of [other.stored, foreign.pair.stored, stored.subarray(1), new Uint8Array()])
      expect(device.isPartOf(publicKey, each)).toBe(false);
  });

  // WebCrypto has no SHA-3, which signatures over the digest itself do not need.
  test.each([pair, other].flatMap((key) => algorithms.map(([name, digest]) => [name, digest, key] as const)))(
    "an ordinary signature: %s with %s",
    async (name, digest, key) => {
      const signature = sign(suite, key, messageOf(TEXT, name, digest));
      expect(signature).toHaveLength(signatureLength);
      if (name !== "ed25519" && digest.startsWith("SHA3")) return;
      expect(await verifies(key.publicKey, name, digest, signature)).toBe(true);
      expect(await verifies((key === pair ? other : pair).publicKey, name, digest, signature)).toBe(false);
    },
  );

  test("device and server agree on the transcript of every algorithm", () => {
    for (const [name, digest] of algorithms) {
      const { input } = prepare(suite, pair, messageOf(TEXT, name, digest));
      const { transcript } = device.contribute({ ...input, stored: pair.stored, share: pair.share, random });
      expect(transcript).toEqual(server.expectedTranscript(input));
    }
  });

  test("the transcript names the operation, the purpose, the key version, the message and the offer", () => {
    const { input } = prepared;
    const transcripts = [
      input,
      { ...input, operation: "answerChallenge" },
      { ...input, purpose: "auth" as const },
      { ...input, keyVersion: 2 },
      { ...input, message: messageOf(`${TEXT}.`, algorithm, hash) },
      ...(algorithms.some(([, each]) => each === "SHA3-256")
        ? [{ ...input, message: messageOf(TEXT, algorithm, "SHA3-256") }]
        : []),
      { ...input, offer: prepare(suite, pair, message).offer },
    ].map((each) => server.expectedTranscript(each).toString());
    expect(new Set(transcripts).size).toBe(transcripts.length);
  });

  test("an offer or a message that no honest server sends gets no contribution and has no transcript", () => {
    const { input } = prepared;
    const [name = ""] = Object.keys(input.offer);
    for (const refused of [
      { ...input, offer: {} },
      { ...input, offer: { ...input.offer, more: 1 } },
      { ...input, offer: { ...input.offer, [name]: "" } },
      { ...input, offer: { ...input.offer, [name]: true as unknown as string } },
      { ...input, offer: Object.fromEntries(Object.entries(input.offer).slice(1)) },
      { ...input, offer: prepare(foreign, foreign.pair, foreignMessage).offer },
      { ...input, message: foreignMessage },
      { ...input, message: { ...message, digest: new Uint8Array(message.digest.length - 1) } },
      { ...input, message: { ...message, digest: new Uint8Array(message.digest.length + 16) } },
      { ...input, message: { ...message, digest: new Uint8Array() } },
    ]) {
      const { stored, share } = pair;
      expect(() => device.contribute({ ...refused, stored, share, random })).toThrow(RangeError);
      expect(() => server.expectedTranscript(refused)).toThrow(RangeError);
      expect(server.evaluate({ ...base, ...refused }).verdict).toBe("damaged");
      expect(server.check({ ...base, ...refused })).toBe("damaged");
    }
  });

  test("a preparation changes nothing about a contribution, whatever it was made for", () => {
    const { stored, share } = pair;
    const asked = { ...prepared.input, stored, share, random: (length: number) => new Uint8Array(length).fill(9) };
    const plain = device.contribute(asked);
    const otherOffer = prepare(suite, pair, message).input;
    const otherMessage = { ...prepared.input, message: messageOf(`${TEXT}.`, algorithm, hash) };
    const otherSuite = prepare(foreign, foreign.pair, foreignMessage).input;
    const preparations = [
      device.prepare?.(asked),
      device.prepare?.({ ...otherOffer, stored }),
      device.prepare?.({ ...otherMessage, stored }),
      device.prepare?.({ ...prepared.input, stored: other.stored }),
      foreign.device.prepare?.({ ...otherSuite, stored: foreign.pair.stored }),
      {},
    ];
    for (const preparation of preparations) expect(device.contribute({ ...asked, preparation })).toEqual(plain);
  });

  test("an offer is never given twice", () => {
    const offers = [prepared, prepare(suite, pair, message), prepare(suite, pair, message)];
    expect(new Set(offers.map(({ offer }) => JSON.stringify(offer))).size).toBe(3);
    expect(offers.map(({ nonce }) => nonce !== undefined)).toEqual(Array(3).fill(server.drawsNonces));
  });

  test("the right share is right, as often as it comes", () => {
    expect(evaluate(suite, pair, prepared, right).verdict).toBe("right");
    expect(evaluate(suite, pair, prepared, right)).toEqual(evaluate(suite, pair, prepared, right));
  });

  test("every other PIN is wrong", () => {
    for (let guess = 0; guess < 4; guess++) {
      const share = device.unmask(masked, random(device.maskLength));
      expect(evaluate(suite, pair, prepared, contribute(suite, pair, prepared, share))).toEqual({ verdict: "wrong" });
    }
  });

  test("whatever is malformed is wrong", () => {
    for (const contribution of malformed) expect(evaluate(suite, pair, prepared, contribution)).toEqual({ verdict: "wrong" });
    for (const contribution of damagedForms(right, Math.ceil(right.length / 24))) {
      expect(evaluate(suite, pair, prepared, contribution)).toEqual({ verdict: "wrong" });
    }
  });

  test("a contribution for another offer, message, key or suite is wrong", () => {
    const again = prepare(suite, pair, message);
    expect(evaluate(suite, pair, again, right)).toEqual({ verdict: "wrong" });
    const elsewhere = prepare(suite, other, message);
    expect(evaluate(suite, other, elsewhere, right)).toEqual({ verdict: "wrong" });
    expect(evaluate(suite, other, elsewhere, contribute(suite, pair, elsewhere))).toEqual({ verdict: "wrong" });
    const otherMessage = messageOf(`${TEXT}.`, algorithm, hash);
    expect(server.evaluate({ ...base, message: otherMessage }).verdict).toBe("wrong");
    const fromForeign = contribute(foreign, foreign.pair, prepare(foreign, foreign.pair, foreignMessage));
    expect(evaluate(suite, pair, prepared, fromForeign)).toEqual({ verdict: "wrong" });
  });

  test("a check says what an evaluation would, needs no nonce and completes nothing", () => {
    const check = (parts: object): unknown => server.check({ ...base, nonce: undefined, ...parts });
    expect(check({})).toBe("right");
    for (const contribution of [wrong, ...malformed]) expect(check({ contribution })).toBe("wrong");
    expect(check({ offer: prepare(suite, pair, message).offer })).toBe("wrong");
    expect(check({ serverShare: pair.serverShare.subarray(1) })).toBe("damaged");
    expect(check({ serverShare: other.serverShare })).toBe("damaged");
    expect(check({ publicKey: other.publicKey, contribution: wrong })).toBe("damaged");
  });

  test("what the server has damaged is neither a signature nor a wrong PIN, whatever was contributed", () => {
    const { serverShare, publicKey } = pair;
    const damaged = [
      ...[...damagedForms(serverShare, 41), serverShare.subarray(0, -1), new Uint8Array(), other.serverShare].map((each) => ({
        serverShare: each,
      })),
      ...[other.publicKey, publicKey.with(5, 0), publicKey.subarray(1), new Uint8Array(), foreign.pair.publicKey].map((each) => ({
        publicKey: each,
      })),
      { serverShare: foreign.pair.serverShare },
      { ...foreign.pair },
    ];
    for (const parts of damaged) {
      for (const contribution of [right, wrong, random(5)]) {
        expect(server.evaluate({ ...base, ...parts, contribution })).toEqual({ verdict: "damaged" });
      }
    }
  });

  test("an offer is made of a key, a share and an algorithm of this suite, or not at all", () => {
    const { publicKey, serverShare } = pair;
    const input = { publicKey, serverShare, algorithms: message, random };
    expect(() => server.offer({ ...input, publicKey: random(publicKey.length) })).toThrow(RangeError);
    expect(() => server.offer({ ...input, publicKey: foreign.pair.publicKey })).toThrow(RangeError);
    expect(() => server.offer({ ...input, algorithms: foreignMessage })).toThrow(RangeError);
    if (!server.drawsNonces) return;
    for (const share of [undefined, other.serverShare, foreign.pair.serverShare, serverShare.subarray(1)]) {
      expect(() => server.offer({ ...input, serverShare: share })).toThrow(RangeError);
    }
  });

  test("a half of another suite's key is malformed", async () => {
    const half = await makeHalf(foreign);
    expect(server.examineDeviceKey({ ...half, earlierPublicKeys: [] })).toBe("malformed");
    expect(server.examineDeviceKey({ device: half.secret, secret: half.device, earlierPublicKeys: [] })).toBe("malformed");
  });

  test("every stream unmasks to something of the share's form, and its own to the share", () => {
    expect(masked).not.toEqual(pair.share);
    expect(device.unmask(masked, stream)).toEqual(pair.share);
    const bytes = (byte: number): Uint8Array => new Uint8Array(device.maskLength).fill(byte);
    for (const each of [bytes(0), bytes(0xff), random(device.maskLength)]) {
      const share = device.unmask(masked, each);
      expect(device.mask(share, each)).toEqual(masked);
      expect(contribute(suite, pair, prepared, share)).toHaveLength(right.length);
    }
  });

  test("a share, a stream or a stored value of another length is refused", () => {
    const foreignKey: KeyPair = foreign.pair;
    expect(() => device.mask(pair.share, random(device.maskLength - 1))).toThrow(RangeError);
    expect(() => device.unmask(masked.subarray(1), stream)).toThrow(RangeError);
    for (const parts of [{ share: foreignKey.share }, { stored: foreignKey.stored }, { share: new Uint8Array() }]) {
      expect(() => contribute(suite, { ...pair, ...parts }, prepared)).toThrow(RangeError);
    }
  });
});

/** A device's half of a key as it goes out. */
async function makeHalf({ suite, device }: SuiteUnderTest): Promise<{ device: Uint8Array; secret: Uint8Array }> {
  if (suite === "ed25519") return device.generate(random);
  const { n1, secret } = (await import("./rsa/fixtures.ts")).pairAt(0).device;
  return { device: n1, secret };
}
