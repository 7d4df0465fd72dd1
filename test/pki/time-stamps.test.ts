// Time stamps of the running Worker: what is granted, what is refused and how, and what no request gets out of it.
import { AsnConvert } from "@peculiar/asn1-schema";
import { X509Certificate } from "@peculiar/x509";
import { env, exports } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { toHexadecimal } from "../../src/certificates/hexadecimal.ts";
import { answerTimeStampRequest } from "../../src/certificates/time-stamp/time-stamping.ts";
import { pkiRoutes } from "../../src/pki/routes.ts";
import { concatBytes, utf8 } from "../../src/protocol/encoding.ts";
import { bytesOf } from "../certificates/fixtures.ts";
import {
  checkedToken,
  HASHES,
  outcomeOf,
  post,
  type Query,
  query,
  QUERY_TYPE,
  replyOf,
  tokenIn,
  TSA_ADDRESS,
  value,
} from "./time-stamp-client.ts";

const RUNS = 100;
const SIGNER = env.TIME_STAMP_SIGNER ?? "";
const signer = JSON.parse(SIGNER) as { certificate: string; privateKey: string };
const hex = (bytes: ArrayBuffer | Uint8Array): string => toHexadecimal(new Uint8Array(bytes));
const nonceOf = (content: string): string => hex(value(2, content));
const CERT_REQ = "0101ff";

let log: ReturnType<typeof vi.spyOn>;
/** What the test expects the server to blame itself for. */
let faults: string[] = [];
beforeEach(() => {
  faults = [];
  log = vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  const logged = log.mock.calls.map((call: readonly unknown[]) => call.join(" "));
  vi.restoreAllMocks();
  // A stranger's nonsense is never this server's fault.
  if (logged.join("\n") !== faults.join("\n")) throw new Error(`the server's log says: ${logged.join("\n")}`);
});

const outcome = async (der: Uint8Array<ArrayBuffer>): Promise<string> => outcomeOf(await replyOf(await post(der)));
const token = async (parts: Query = {}) => checkedToken(await replyOf(await post(query(parts))));

describe("a time stamp", () => {
  it("says what was stamped, when, by whom and under which policy", async () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    const { info } = await token();
    expect(info).toMatchObject({ version: 1, policy: "2.999.3161.1", accuracy: { seconds: 1 }, ordering: false });
    expect(info.accuracy).toEqual(expect.not.objectContaining({ millis: expect.anything() }));
    expect(info.nonce).toBeUndefined();
    expect(info.genTime.getTime()).toBeGreaterThanOrEqual(before);
    expect(info.genTime.getTime()).toBeLessThanOrEqual(Date.now());
    const { subjectName } = new X509Certificate(bytesOf(signer.certificate));
    expect(hex(AsnConvert.serialize(info.tsa!.directoryName!))).toBe(hex(subjectName.toArrayBuffer()));
  });

  it("is given for each hash, with NULL as its parameters or without, and has the very imprint of the request", async () => {
    for (const hash of ["SHA-256", "SHA-384", "SHA-512", "SHA3-256", "SHA3-384", "SHA3-512"] as const) {
      for (const parameters of ["0500", ""]) {
        const digest = crypto.getRandomValues(new Uint8Array(HASHES[hash][1]));
        const { content } = await token({ hash, parameters, digest });
        expect(content, hash).toContain(hex(value(0x30, value(0x30, HASHES[hash][0], parameters), value(4, digest))));
      }
    }
  });

  // Any INTEGER, also zero and what is negative.
  it("echoes the nonce", async () => {
    const positive = ["01", "7f", "0080", "00ff", "0102030405060708", "7f".repeat(32)];
    for (const nonce of ["00", ...positive, "ff", "80", "ff7f", "ff00", `80${"00".repeat(7)}`, "80".repeat(32)]) {
      const { info, content } = await token({ nonce: nonceOf(nonce) });
      expect(hex(info.nonce!)).toBe(nonce);
      expect(content).toContain(nonceOf(nonce));
    }
  });

  it("brings its signer's certificate where that is asked for, and only there", async () => {
    expect((await token({ certReq: CERT_REQ })).certificates).toEqual([signer.certificate]);
    expect((await token()).certificates).toEqual([]);
    expect((await token({ nonce: nonceOf("05"), certReq: CERT_REQ })).certificates).toHaveLength(1);
  });

  it("is given where the policy that is asked for is its own", async () => {
    expect((await token({ policy: "06058837985901" })).info.policy).toBe("2.999.3161.1");
  });

  it("has a serial number like no other, also for the same request at the same time", async () => {
    const replies = await Promise.all(Array.from({ length: 50 }, () => answerTimeStampRequest(SIGNER, query(), Date.now())));
    const numbers = replies.map(({ buffer }) => hex(tokenIn(buffer).info.serialNumber));
    expect(new Set(numbers).size).toBe(50);
    // Positive, and always 16 bytes, of which no part is the same in all.
    for (const number of numbers) expect(number).toMatch(/^[4-7][0-9a-f]{31}$/);
    for (let place = 0; place < 32; place++) expect(new Set(numbers.map((number) => number[place])).size).toBeGreaterThan(1);
  });

  it("tells the second in which it was made, never one that is to come", async () => {
    const second = Math.floor(Date.now() / 1000) * 1000;
    for (const milliseconds of [0, 1, 999]) {
      const { buffer } = await answerTimeStampRequest(SIGNER, query(), second + milliseconds);
      const { info, content } = await checkedToken(buffer);
      expect(info.genTime.getTime()).toBe(second);
      // GeneralizedTime without a fraction.
      expect(content).toContain(hex(value(0x18, utf8(new Date(second).toISOString().replaceAll(/[-:T]|\.000/g, "")))));
    }
  });
});

describe("a request is refused", () => {
  // One test for the whole table, as below: each test empties and fills the database, which time stamps never ask.
  const REFUSED: readonly (readonly [string, Query, string])[] = [
    ["version 0", { version: "020100" }, "badRequest"],
    ["version 2", { version: "020102" }, "badRequest"],
    ["a huge version", { version: `0209${"01".repeat(9)}` }, "badDataFormat"],
    ["SHA-1", { hash: "SHA-1" }, "badAlg"],
    ["MD5", { hash: "MD5" }, "badAlg"],
    ["SHA-224", { hash: "SHA-224" }, "badAlg"],
    ["parameters of the hash", { parameters: "020101" }, "badAlg"],
    ["a digest too short", { digest: new Uint8Array(31) }, "badDataFormat"],
    ["a digest too long", { digest: new Uint8Array(33) }, "badDataFormat"],
    ["no digest", { digest: "" }, "badDataFormat"],
    ["the digest of another hash", { hash: "SHA-512", digest: new Uint8Array(32) }, "badDataFormat"],
    ["another policy", { policy: "06032a0304" }, "unacceptedPolicy"],
    ["a policy that begins like its own", { policy: "0606883798590101" }, "unacceptedPolicy"],
    ["a critical extension", { rest: "a00f300d06032a03040101ff04030101ff" }, "unacceptedExtension"],
    // RFC 3161 §2.4.1: critical or not.
    ["any other extension", { rest: "a00c300a06032a030404030101ff" }, "unacceptedExtension"],
    ["a nonce without bytes", { nonce: "0200" }, "badDataFormat"],
    ["a nonce with more bytes than it needs", { nonce: nonceOf("007f") }, "badDataFormat"],
    ["a nonce of zeros", { nonce: nonceOf("0000") }, "badDataFormat"],
    ["a negative nonce with more bytes than it needs", { nonce: nonceOf("ff80") }, "badDataFormat"],
    ["a nonce longer than 32 bytes", { nonce: nonceOf("7f".repeat(33)) }, "badDataFormat"],
    ["a negative nonce longer than 32 bytes", { nonce: nonceOf("80".repeat(33)) }, "badDataFormat"],
    ["two nonces", { nonce: nonceOf("05") + nonceOf("06") }, "badDataFormat"],
    ["certReq FALSE, which DER leaves out", { certReq: "010100" }, "badDataFormat"],
    ["TRUE as BER spells it", { certReq: "010101" }, "badDataFormat"],
    ["something more at its end", { rest: "0c024142" }, "badDataFormat"],
    ["an empty list of extensions", { rest: "a000" }, "unacceptedExtension"],
    ["no version", { version: "" }, "badDataFormat"],
    ["parts in another order", { nonce: "", rest: `${CERT_REQ}020105` }, "badDataFormat"],
  ];

  it("for each part that is not as it should be, with the reason", async () => {
    for (const [name, parts, expected] of REFUSED) expect(await outcome(query(parts)), name).toBe(expected);
  });

  const good = query({ nonce: nonceOf("05"), certReq: CERT_REQ });
  const NO_REQUESTS: readonly (readonly [string, () => Uint8Array<ArrayBuffer>])[] = [
    ["nothing", () => new Uint8Array(0)],
    ["text", () => utf8("{}")],
    ["one byte more", () => concatBytes(good, Uint8Array.of(0))],
    ["a second request behind it", () => concatBytes(good, good)],
    ["a length in more bytes than it needs", () => concatBytes(Uint8Array.of(0x30, 0x81), good.slice(1))],
    ["an indefinite length", () => concatBytes(Uint8Array.of(0x30, 0x80), good.slice(2), Uint8Array.of(0, 0))],
    [
      "an imprint in pieces",
      () => value(0x30, "020101", value(0x30, value(0x30, HASHES["SHA-256"][0]), value(0x24, value(4, new Uint8Array(32))))),
    ],
    ["a set in place of the sequence", () => concatBytes(Uint8Array.of(0x31), good.slice(1))],
    ["a length longer than everything", () => Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x30)],
    [
      "deep sequences",
      () => Array.from({ length: 1_000 }).reduce<Uint8Array<ArrayBuffer>>((inner) => value(0x30, inner), value(5)),
    ],
    ["deep indefinite lengths", () => new Uint8Array(4_000).map((__, index) => (index % 2 === 0 ? 0x30 : 0x80))],
    ["thousands of small values", () => value(0x30, new Uint8Array(4_000).fill(5))],
    ["more than anybody asks", () => new Uint8Array(200_000).fill(0x30)],
    ["a digest of kilobytes", () => query({ digest: new Uint8Array(4_000) })],
    ["a good request with kilobytes behind it", () => concatBytes(good, new Uint8Array(5_000))],
  ];

  it("as badDataFormat where it is none, or not in DER", async () => {
    for (const [name, make] of NO_REQUESTS) expect(await outcome(make()), name).toBe("badDataFormat");
  });

  it("where a good one is larger than anybody needs", async () => {
    // Well-formed in all but its size: extensions are what it would otherwise be refused for.
    const extension = value(0x30, "06032a0304", value(4, new Uint8Array(4_096)));
    expect(await outcome(query({ rest: hex(value(0xa0, extension)) }))).toBe("badDataFormat");
  });

  it("where its content type is another, or says nothing", async () => {
    for (const type of ["application/octet-stream", "text/plain", "application/timestamp-reply", ""]) {
      expect(outcomeOf(await replyOf(await post(good, type))), type).toBe("badDataFormat");
    }
    for (const type of ["Application/Timestamp-Query", `${QUERY_TYPE}; charset=binary`]) {
      expect(outcomeOf(await replyOf(await post(good, type))), type).toBe("granted");
    }
  });
});

describe("whatever is posted gets an answer of RFC 3161:", () => {
  const valid = query({ nonce: nonceOf("0102030405060708"), certReq: CERT_REQ });

  it("random bytes, and every good request that is cut short", async () => {
    const anything = fc.uint8Array({ maxLength: 200 }).map((array) => new Uint8Array(array));
    await fc.assert(
      fc.asyncProperty(anything, async (der) => {
        expect(await outcome(der)).toBe("badDataFormat");
      }),
      { numRuns: RUNS },
    );
    for (let length = 0; length < valid.length; length++) {
      expect(await outcome(valid.slice(0, length)), String(length)).toBe("badDataFormat");
    }
  });

  it("a request with bytes changed; where a token is granted, it is for exactly what was asked", async () => {
    const changes = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(changes, async (changed) => {
        const der = valid.slice();
        for (const [place, byte] of changed) der[place] = byte;
        const reply = await replyOf(await post(der));
        const expected = ["granted", "badAlg", "badRequest", "badDataFormat", "unacceptedPolicy", "unacceptedExtension"];
        expect(expected).toContain(outcomeOf(reply));
        if (outcomeOf(reply) !== "granted") return;
        // Imprint and nonce stand in the token as they stood in the request.
        const { content, info } = await checkedToken(reply);
        const asked = hex(der);
        expect(asked).toContain(hex(AsnConvert.serialize(info.messageImprint)));
        expect(content).toContain(hex(AsnConvert.serialize(info.messageImprint)));
        if (info.nonce !== undefined) expect(asked).toContain(nonceOf(hex(info.nonce)));
      }),
      { numRuns: RUNS },
    );
  });
});

describe("where there is no signer for it,", () => {
  const ask = (changes: object) => {
    const environment = Object.create(env, Object.getOwnPropertyDescriptors(changes)) as typeof env;
    const init = { method: "POST", headers: { "content-type": QUERY_TYPE }, body: query() };
    return pkiRoutes.request("/tsa", init, environment);
  };

  it("or the server is no developer's, there is no such path", async () => {
    expect((await ask({})).status).toBe(200);
    const missing = await exports.default.fetch("http://localhost:8787/pki/nothing", { method: "POST" });
    for (const changes of [{ TIME_STAMP_SIGNER: undefined }, { LOCAL_MODE: "false" }, { LOCAL_MODE: "" }]) {
      const response = await ask(changes);
      expect([response.status, await response.text()]).toEqual([missing.status, await missing.clone().text()]);
    }
    expect((await exports.default.fetch(TSA_ADDRESS)).status).toBe(404);
  });

  const other = () => crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
  it.each<[string, () => string | Promise<string>, string]>([
    ["is not JSON", () => SIGNER.slice(1), "TIME_STAMP_SIGNER is not {certificate, privateKey} in JSON"],
    [
      "has no key",
      () => JSON.stringify({ certificate: signer.certificate }),
      "TIME_STAMP_SIGNER is not {certificate, privateKey} in JSON",
    ],
    [
      "has half a key",
      () => JSON.stringify({ ...signer, privateKey: signer.privateKey.slice(0, 100) }),
      "the secret TIME_STAMP_SIGNER is not an ECDSA P-256 key in PKCS#8",
    ],
    [
      "has another's key",
      async () => {
        const { privateKey } = (await other()) as CryptoKeyPair;
        const pkcs8 = new Uint8Array((await crypto.subtle.exportKey("pkcs8", privateKey)) as ArrayBuffer);
        return JSON.stringify({ ...signer, privateKey: btoa(String.fromCharCode(...pkcs8)) });
      },
      "the key in TIME_STAMP_SIGNER is not the certificate's",
    ],
  ])("because it %s, the answer says systemFailure and the log why, without the secret", async (_, make, fault) => {
    const response = await ask({ TIME_STAMP_SIGNER: await make() });
    expect(outcomeOf(await replyOf(response))).toBe("systemFailure");
    faults = [`time stamp: ${fault}`];
  });

  it("because its certificate is not valid yet, or has ended, the answer says systemFailure", async () => {
    const { notBefore, notAfter } = new X509Certificate(bytesOf(signer.certificate));
    const at = async (now: number) => outcomeOf((await answerTimeStampRequest(SIGNER, query(), now)).buffer);
    expect(await at(notBefore.getTime())).toBe("granted");
    expect(await at(notAfter.getTime())).toBe("granted");
    expect(await at(notBefore.getTime() - 1)).toBe("systemFailure");
    expect(await at(notAfter.getTime() + 1_000)).toBe("systemFailure");
    faults = [1, 2].map(() => "time stamp: the certificate of the signer of time stamps is not valid now");
  });
});
