// The OCSP responder as a client meets it: RFC 6960, the profile of RFC 5019, nonces of RFC 9654.
import { ArchiveCutoff } from "@peculiar/asn1-ocsp";
import { AsnConvert } from "@peculiar/asn1-schema";
import { Certificate, CRLReasons, Extension } from "@peculiar/asn1-x509";
import { ExtendedKeyUsageExtension, KeyUsageFlags, KeyUsagesExtension } from "@peculiar/x509";
import { env, exports } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { recordIssued, recordRevoked } from "../../src/certificates/certificate-index.ts";
import { toHexadecimal } from "../../src/certificates/hexadecimal.ts";
import { REVOCATION_REASONS } from "../../src/certificates/revocation.ts";
import { toBase64 } from "../../src/protocol/encoding.ts";
import {
  authorityCertificate,
  bytes,
  certID,
  checkedAnswer,
  encodeRequest,
  get,
  newEntry,
  NONCE,
  nonceExtension,
  OCSP_ADDRESS,
  post,
  refusalIn,
  requestFor,
  statesOf,
} from "./ocsp-client.ts";

const REVOKED_AT = Date.parse("2026-11-20T10:20:30.987Z");
const nonceOf = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));

async function issued(changes: Parameters<typeof newEntry>[0] = {}) {
  const entry = newEntry(changes);
  await recordIssued(env.DATABASE, entry);
  return entry;
}

async function revoked(reason: (typeof REVOCATION_REASONS)[number] = "keyCompromise") {
  const entry = await issued();
  await recordRevoked(env.DATABASE, entry, { revokedAt: REVOKED_AT, reason });
  return entry;
}

describe("the status of a certificate", () => {
  it("is good as soon as it was issued, and unknown where it never was", async () => {
    const entry = newEntry();
    expect(await statesOf([entry])).toEqual(["unknown"]);
    await recordIssued(env.DATABASE, entry);
    expect(await statesOf([entry])).toEqual(["good"]);
  });

  it.each(REVOCATION_REASONS)("is revoked for %s, with the second in which it was", async (reason) => {
    const { data } = await checkedAnswer(await bytes(await post(await requestFor([await revoked(reason)]))));
    const [single] = data.responses;
    expect(single?.certStatus.good).toBeUndefined();
    expect(single?.certStatus.revoked?.revocationTime).toEqual(new Date("2026-11-20T10:20:30Z"));
    expect(single?.certStatus.revoked?.revocationReason?.reason).toBe(reason === "unspecified" ? undefined : CRLReasons[reason]);
  });

  it("is revoked for every request after the revocation, whatever was answered before it", async () => {
    const entry = await issued();
    const request = await requestFor([entry]);
    for (const ask of [post, get]) {
      const { data } = await checkedAnswer(await bytes(await ask(request)));
      expect(data.responses[0]?.certStatus.good).toBeNull();
    }
    await recordRevoked(env.DATABASE, entry, { revokedAt: REVOKED_AT, reason: "cessationOfOperation" });
    for (const ask of [post, get]) {
      const { data } = await checkedAnswer(await bytes(await ask(request)));
      expect(data.responses[0]?.certStatus.revoked).toBeDefined();
    }
  });

  it("stays revoked after the certificate ended", async () => {
    const entry = await issued({ notAfter: Date.parse("2026-02-01T00:00:00Z") });
    await recordRevoked(env.DATABASE, entry, { revokedAt: REVOKED_AT, reason: "superseded" });
    expect(await statesOf([entry])).toEqual(["revoked"]);
  });

  it("is unknown under an authority that did not issue it", async () => {
    const entry = await issued({ issuer: "eid-nq" });
    expect(await statesOf([{ ...entry, issuer: "eid-q" }])).toEqual(["unknown"]);
    expect(await statesOf([{ ...entry, issuer: "eid-nq" }])).toEqual(["good"]);
  });

  it("is told for many certificates at once, in the order in which they were asked, by either hash", async () => {
    const [good, gone] = [await issued(), await revoked()];
    const asked = [gone, newEntry(), { ...good, hash: "SHA-256" as const }, { ...gone, hash: "SHA-256" as const }, good, gone];
    expect(await statesOf(asked)).toEqual(["revoked", "unknown", "good", "revoked", "good", "revoked"]);
  });

  it("is told for sixteen, and not for seventeen", async () => {
    const entry = await issued();
    expect(await statesOf(Array.from({ length: 16 }, () => entry))).toHaveLength(16);
    const tooMany = await requestFor(Array.from({ length: 17 }, () => entry));
    expect(await refusalIn(await post(tooMany))).toBe("malformedRequest");
    expect(await refusalIn(await post(await requestFor([])))).toBe("malformedRequest");
  });
});

describe("an answer", () => {
  it("says the certID as it was asked, whole seconds, five minutes, and since when the archive reaches back", async () => {
    const entry = await issued();
    const before = Math.floor(Date.now() / 1000) * 1000;
    const asked = await certID({ ...entry, hash: "SHA-256" });
    const { data } = await checkedAnswer(await bytes(await post(encodeRequest([asked], [nonceExtension(nonceOf(8))]))));
    const [single] = data.responses;
    expect(toBase64(new Uint8Array(AsnConvert.serialize(single?.certID)))).toBe(
      toBase64(new Uint8Array(AsnConvert.serialize(asked))),
    );
    const { thisUpdate, nextUpdate } = single!;
    expect(thisUpdate.getTime()).toBeGreaterThanOrEqual(before);
    expect(thisUpdate.getTime()).toBeLessThanOrEqual(Date.now());
    expect(thisUpdate.getTime() % 1000).toBe(0);
    expect(nextUpdate!.getTime() - thisUpdate.getTime()).toBe(300_000);
    expect(data.producedAt).toEqual(thisUpdate);
    const cutoffs = single?.singleExtensions?.map(({ extnID, extnValue }) => [
      extnID,
      AsnConvert.parse(extnValue.buffer, ArchiveCutoff).value,
    ]);
    const authority = AsnConvert.parse(await authorityCertificate("eid-q"), Certificate).tbsCertificate;
    expect(cutoffs).toEqual([["1.3.6.1.5.5.7.48.1.6", authority.validity.notBefore.getTime()]]);
    expect(data.responseExtensions?.map(({ extnID }) => extnID)).toEqual([NONCE]);
  });

  it("comes from a signer that the issuer of the certificate named for nothing but this, known by its key", async () => {
    for (const issuer of ["eid-q", "eid-nq"]) {
      const entry = await issued({ issuer });
      const { data, signer } = await checkedAnswer(await bytes(await post(await requestFor([{ ...entry, issuer }]))), issuer);
      expect(signer.getExtension(ExtendedKeyUsageExtension)?.usages).toEqual(["1.3.6.1.5.5.7.3.9"]);
      expect(signer.getExtension(KeyUsagesExtension)?.usages).toBe(KeyUsageFlags.digitalSignature);
      expect(toHexadecimal(new Uint8Array(signer.getExtension("1.3.6.1.5.5.7.48.1.5")!.value))).toBe("0500");
      expect(signer.notAfter.getTime() - signer.notBefore.getTime()).toBeLessThanOrEqual(366 * 86_400_000);
      const key = AsnConvert.parse(signer.rawData, Certificate).tbsCertificate.subjectPublicKeyInfo.subjectPublicKey;
      const keyHash = new Uint8Array(await crypto.subtle.digest("SHA-1", key));
      expect(new Uint8Array(data.responderID.byKey!.buffer)).toEqual(keyHash);
      expect(data.responderID.byName).toBeUndefined();
    }
  });
});

describe("a nonce", () => {
  it.each([1, 16, 32, 127, 128])("of %i bytes comes back as it was", async (length) => {
    const nonce = nonceOf(length);
    const response = await post(await requestFor([await issued()], nonce));
    expect(response.headers.get("cache-control")).toBe("no-store");
    const { data } = await checkedAnswer(await bytes(response));
    expect(data.responseExtensions).toEqual([nonceExtension(nonce)]);
  });

  it.each([0, 129, 1000])("of %i bytes is malformed", async (length) => {
    expect(await refusalIn(await post(await requestFor([await issued()], nonceOf(length))))).toBe("malformedRequest");
  });

  it("is malformed twice, and without its OCTET STRING", async () => {
    const asked = await certID(await issued());
    const twice = encodeRequest([asked], [nonceExtension(nonceOf(8)), nonceExtension(nonceOf(8))]);
    expect(await refusalIn(await post(twice))).toBe("malformedRequest");
    for (const value of [[], [1, 2, 3], [4, 2, 7], [4, 1, 7, 9], [5, 0], [0x24, 3, 4, 1, 7], [4, 0x81, 1, 7], [4, 1, 7, 5, 0]]) {
      const bare = nonceExtension(nonceOf(8));
      bare.extnValue.buffer = Uint8Array.from(value).buffer;
      expect(await refusalIn(await post(encodeRequest([asked], [bare]))), String(value)).toBe("malformedRequest");
    }
  });

  it("is never in an answer to a request without one, which comes back the same for a while", async () => {
    const entry = await issued();
    await post(await requestFor([entry], nonceOf(16)));
    const [first, second] = [
      await bytes(await post(await requestFor([entry]))),
      await bytes(await post(await requestFor([entry]))),
    ];
    expect((await checkedAnswer(first)).data.responseExtensions).toBeUndefined();
    expect(toBase64(second)).toBe(toBase64(first));
  });
});

describe("an answer that was signed before", () => {
  it("is given for a minute and not longer", async () => {
    const request = await requestFor([await issued()]);
    const [first, now] = [await bytes(await post(request)), Date.now()];
    vi.useFakeTimers({ now: now + 58_000, toFake: ["Date"] });
    try {
      expect(toBase64(await bytes(await post(request)))).toBe(toBase64(first));
      vi.setSystemTime(now + 61_000);
      const { data } = await checkedAnswer(await bytes(await post(request)));
      expect(data.responses[0]?.thisUpdate.getTime()).toBe(Math.floor((now + 61_000) / 1000) * 1000);
      // A clock that went back must not make an answer of the future.
      vi.setSystemTime(now - 10_000);
      const earlier = await checkedAnswer(await bytes(await post(request)));
      expect(earlier.data.responses[0]?.thisUpdate.getTime()).toBeLessThanOrEqual(now - 10_000);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("whoever asks about certificates of others", () => {
  it("is unauthorized: of no authority here, of the root, of a hash that nobody uses, of a name and a key of two", async () => {
    const entry = await issued();
    const right = await certID(entry);
    const [other, root] = [await certID({ ...entry, issuer: "eid-nq" }), await certID({ ...entry, issuer: "root" })];
    const name = await certID(entry);
    name.issuerKeyHash = other.issuerKeyHash;
    const key = await certID(entry);
    key.issuerNameHash = other.issuerNameHash;
    const short = await certID(entry);
    short.issuerKeyHash.buffer = short.issuerKeyHash.buffer.slice(0, 19);
    const mislabelled = await certID({ ...entry, hash: "SHA-256" });
    mislabelled.hashAlgorithm.algorithm = "1.3.14.3.2.26";
    const parameters = await certID(entry);
    parameters.hashAlgorithm.parameters = Uint8Array.of(4, 1, 7).buffer;
    const foreign = [root, name, key, short, mislabelled, parameters, await certID({ ...entry, hash: "SHA-512" })];
    for (const certificate of foreign) expect(await refusalIn(await post(encodeRequest([certificate])))).toBe("unauthorized");
    // One answer has one signer.
    expect(await refusalIn(await post(encodeRequest([right, other])))).toBe("unauthorized");
    expect(await refusalIn(await post(encodeRequest([right, root])))).toBe("unauthorized");
  });
});

describe("an extension that is not understood", () => {
  it("is ignored, unless it is critical", async () => {
    const asked = await certID(await issued());
    const extension = (critical: boolean) =>
      new Extension({ extnID: "1.3.6.1.5.5.7.48.1.4", critical, extnValue: nonceExtension(nonceOf(4)).extnValue });
    await checkedAnswer(await bytes(await post(encodeRequest([asked], [extension(false)]))));
    expect(await refusalIn(await post(encodeRequest([asked], [extension(true)])))).toBe("malformedRequest");
  });
});

describe("over HTTP", () => {
  const path = async (...asked: Parameters<typeof requestFor>) => toBase64(await requestFor(...asked));
  const fetched = (text: string, init?: RequestInit) => exports.default.fetch(`${OCSP_ADDRESS}/${text}`, init);

  it("a GET is answered like a POST, percent-encoded or not, slashes and all", async () => {
    // Until the base64 has two slashes in a row, which routers like to take for one.
    let [entry, text] = [newEntry(), ""];
    while (!text.includes("//") || !text.includes("+")) {
      entry = newEntry({ serialNumberHex: `4f${toHexadecimal(nonceOf(15))}` });
      text = await path([entry]);
    }
    await recordIssued(env.DATABASE, entry);
    const plain = await bytes(await fetched(text));
    const encoded = await bytes(await fetched(encodeURIComponent(text)));
    expect((await checkedAnswer(plain)).data.responses[0]?.certStatus.good).toBeNull();
    expect(toBase64(encoded)).toBe(toBase64(plain));
    const doubled = await exports.default.fetch(`${OCSP_ADDRESS.replace("/pki", "//pki")}//${text}?x=/ocsp/AAAA`);
    expect(toBase64(await bytes(doubled))).toBe(toBase64(plain));
  });

  it("an answer to a GET may be cached for a minute, and is validated by its tag", async () => {
    const request = await requestFor([await issued()]);
    const response = await get(request);
    const der = await bytes(response);
    const { data } = await checkedAnswer(der);
    const [single] = data.responses;
    const etag = `"${toHexadecimal(new Uint8Array(await crypto.subtle.digest("SHA-1", der)))}"`;
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "application/ocsp-response",
      "content-length": String(der.length),
      "cache-control": "public, max-age=60, no-transform, must-revalidate",
      etag,
      "last-modified": single?.thisUpdate.toUTCString(),
      expires: single?.nextUpdate?.toUTCString(),
    });
    const again = await get(request, { headers: { "if-none-match": etag } });
    expect([again.status, (await bytes(again)).length, again.headers.get("etag")]).toEqual([304, 0, etag]);
    const head = await get(request, { method: "HEAD" });
    expect([head.status, (await bytes(head)).length, head.headers.get("etag")]).toEqual([200, 0, etag]);
  });

  it("an answer with a nonce, to a POST, or about an unknown certificate may not", async () => {
    const entry = await issued();
    const responses = [
      await get(await requestFor([entry], nonceOf(16))),
      await post(await requestFor([entry])),
      await get(await requestFor([newEntry()])),
      await get(await requestFor([entry, newEntry()])),
    ];
    for (const response of responses) {
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect(response.headers.get("etag")).toBeNull();
      await checkedAnswer(await bytes(response));
    }
  });

  it.each([
    ["no request", ""],
    ["what is no base64", "%%%"],
    ["a broken escape", "MEkw%E0%A4%A"],
    ["another alphabet", "MEkw-_"],
    ["base64 that says nothing", "AAAA"],
    ["more than anybody asks", "A".repeat(40_000)],
  ])("a GET with %s is malformed", async (_, text) => {
    expect(await refusalIn(await fetched(text))).toBe("malformedRequest");
  });

  it("a POST of another type, or too long, is malformed", async () => {
    const request = await requestFor([await issued()]);
    expect(await refusalIn(await post(request, "application/json"))).toBe("malformedRequest");
    expect(await refusalIn(await post(new Uint8Array(100_000)))).toBe("malformedRequest");
    await checkedAnswer(await bytes(await post(request, "Application/OCSP-Request; x=y")));
  });
});
