// What the client believes of an OCSP responder: that a certificate is good, and only when everything about the answer is right.
import { CertID } from "@peculiar/asn1-ocsp";
import { OctetString } from "@peculiar/asn1-schema";
import { AlgorithmIdentifier, Extension as AsnExtension } from "@peculiar/asn1-x509";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  Extension as RawExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate,
} from "@peculiar/x509";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ocspStatus } from "../../src/client/ocsp.ts";
import { fromBase64 } from "../../src/protocol/encoding.ts";
import type { SpoiltAnswer } from "./forged-responder.ts";
import { makeSigner, privateKey, RESPONDER, type Signer } from "./signer.ts";

let signer: Signer;
let certificate: X509Certificate;

const makeCertificate = async (extensions: (all: Extension[]) => Extension[] = (all) => all) =>
  new X509Certificate(fromBase64(await signer.certificate("auth", { extensions }))!);

beforeAll(async () => {
  vi.spyOn(globalThis, "fetch");
  signer = await makeSigner();
  certificate = await makeCertificate();
});

afterAll(() => vi.restoreAllMocks());

async function faultWith(respond: (request: ArrayBuffer) => Promise<Response>): Promise<string> {
  vi.mocked(fetch).mockImplementationOnce(async (address, init) => {
    expect([address, init?.method, init?.redirect]).toEqual([RESPONDER, "POST", "manual"]);
    return respond(init?.body as ArrayBuffer);
  });
  return (await ocspStatus()(certificate, signer.authority.certificate, Date.now())) ?? "none";
}

const spoilt = (answer: SpoiltAnswer): Promise<string> =>
  faultWith(async (request) => new Response(await signer.responder(request, answer)));

const MINUTE = 60_000;
const ago = (minutes: number) => Date.now() - minutes * MINUTE;
const without = (type: string) => ({ extensions: (all: Extension[]) => all.filter((extension) => extension.type !== type) });
const instead = (replacement: Extension) => ({
  extensions: (all: Extension[]) => [...without(replacement.type).extensions(all), replacement],
});
const bytesOf = (...bytes: number[]) => new Uint8Array(bytes).buffer;
const CRITICAL = new AsnExtension({ extnID: "1.2.3.4", critical: true, extnValue: new OctetString(bytesOf(5, 0)) });
const TWO_PURPOSES = [ExtendedKeyUsage.ocspSigning, ExtendedKeyUsage.clientAuth];
const about = (changes: Partial<CertID>): SpoiltAnswer => ({ about: (asked) => new CertID({ ...asked, ...changes }) });

describe("the status of a certificate", () => {
  it.each<[what: string, fault: string, answer: SpoiltAnswer]>([
    ["that is as it should be", "none", {}],
    ["that is a few minutes old, and says so", "none", { thisUpdate: ago(4), nextUpdate: ago(-1) }],
    ["that is revoked", "certificate_revoked", { status: { revokedAt: ago(1), reason: "superseded" } }],
    ["that its authority does not know", "certificate_unknown", { status: "unknown" }],
    ["that calls itself an error", "status_answer", { envelope: (response) => (response.responseStatus = 2) }],
    ["of another type", "status_answer", { envelope: ({ responseBytes }) => (responseBytes!.responseType = "1.2.3") }],
    ["about another number", "status_answer", about({ serialNumber: bytesOf(7) })],
    ["about another authority's key", "status_answer", about({ issuerKeyHash: new OctetString(32) })],
    ["about another authority's name", "status_answer", about({ issuerNameHash: new OctetString(32) })],
    ["by another hash", "status_answer", about({ hashAlgorithm: new AlgorithmIdentifier({ algorithm: "1.3.14.3.2.26" }) })],
    ["about nothing", "status_answer", { content: (data) => (data.responses = []) }],
    ["about two", "status_answer", { content: ({ responses }) => responses.push(responses[0]!) }],
    ["with what is critical and not understood", "status_answer", { content: (data) => data.responseExtensions!.push(CRITICAL) }],
    ["with the same of the one", "status_answer", { content: (data) => (data.responses[0]!.singleExtensions = [CRITICAL]) }],
    ["with two nonces", "status_nonce", { content: ({ responseExtensions: all }) => all!.push(all![0]!) }],
    ["to a request of before", "status_nonce", { nonce: bytesOf(4, 1, 7) }],
    ["to no request at all", "status_nonce", { nonce: undefined }],
    ["that is old", "status_time", { thisUpdate: ago(7), nextUpdate: ago(-7) }],
    ["that is over", "status_time", { thisUpdate: ago(3), nextUpdate: ago(2) }],
    ["of the future", "status_time", { thisUpdate: ago(-3), nextUpdate: ago(-8) }],
    ["that has no end", "status_time", { content: ({ responses }) => delete responses[0]!.nextUpdate }],
    [
      "changed before it was sent",
      "status_signature",
      { signed: ({ tbsResponseData: data }) => (data.producedAt = new Date(0)) },
    ],
    ["with another signature", "status_signature", { signed: ({ signature }) => (new Uint8Array(signature)[40]! ^= 1) }],
    ["by a hash that is not used", "status_signature", { signed: (basic) => (basic.signatureAlgorithm.algorithm = "1.2.3") }],
    ["without its signer", "status_signer", { signed: (basic) => delete basic.certs }],
    ["with two signers", "status_signer", { signed: ({ certs }) => certs?.push(certs[0]!) }],
    ["by a signer who may not sign it", "status_signer", { signer: without("2.5.29.37") }],
    ["by a signer who may do more", "status_signer", { signer: instead(new ExtendedKeyUsageExtension(TWO_PURPOSES)) }],
    [
      "by a signer whose key signs nothing",
      "status_signer",
      { signer: instead(new KeyUsagesExtension(KeyUsageFlags.keyAgreement)) },
    ],
    ["by a signer whose key has no usage named", "none", { signer: without("2.5.29.15") }],
    ["by a signer whose own status is open", "status_signer", { signer: without("1.3.6.1.5.5.7.48.1.5") }],
    ["by a signer of another key's", "status_signer", { signer: without("2.5.29.35") }],
    ["by a signer whose time is over", "status_signer", { signer: { notAfter: new Date(ago(1)) } }],
  ])("in an answer %s: %s", async (_, fault, answer) => {
    expect(await spoilt(answer)).toBe(fault);
  });

  it("in an answer by somebody whom its issuer did not name for that is not believed", async () => {
    const stranger = await makeSigner();
    // The right names, another key.
    expect(await faultWith(async (request) => new Response(await stranger.responder(request)))).toBe("status_signer");
    const nonQualified = new X509Certificate(signer.issuing.slice(signer.issuing.lastIndexOf("-----BEGIN")));
    const other = { certificate: nonQualified, key: await privateKey(signer.hierarchy.issuerKeys.ADVANCED) };
    expect(await spoilt({ signer: { issuer: other } })).toBe("status_signer");
    const authority = (all: Extension[]) => [...without("2.5.29.19").extensions(all), new BasicConstraintsExtension(true)];
    expect(await spoilt({ signer: { extensions: authority } })).toBe("status_signer");
    const strange = (all: Extension[]) => [...all, new RawExtension("1.2.3.4", true, new Uint8Array([5, 0]))];
    expect(await spoilt({ signer: { extensions: strange } })).toBe("status_signer");
  });

  it.each([
    ["no OCSP", "status_answer", "<html>"],
    ["nothing", "status_answer", ""],
    ["that it is not asked rightly", "status_answer", new Uint8Array([0x30, 3, 10, 1, 1])],
    ["that it does not answer for this", "status_answer", new Uint8Array([0x30, 3, 10, 1, 6])],
    ["to come again", "status_unreachable", new Uint8Array([0x30, 3, 10, 1, 3])],
    ["nothing at all", "status_answer", null],
    ["as much as it may", "status_answer", "x".repeat(16_384)],
    ["more than it may", "status_unreachable", "x".repeat(16_385)],
  ])("where the responder says %s: %s", async (_, fault, body) => {
    expect(await faultWith(async () => new Response(body))).toBe(fault);
  });

  it("in an answer that comes in pieces is put together", async () => {
    const inPieces = async (request: ArrayBuffer) => {
      const bytes = new Uint8Array(await signer.responder(request)).values();
      const pull = (controller: ReadableStreamDefaultController) => {
        const { done, value } = bytes.next();
        if (done === true) controller.close();
        else controller.enqueue(Uint8Array.of(value));
      };
      return new Response(new ReadableStream({ pull }));
    };
    expect(await faultWith(inPieces)).toBe("none");
  });

  it.each([
    ["without end is not fetched beyond what it may have", 200, 17],
    ["that is no answer is not fetched", 500, 0],
  ])("in an answer %s, and the stream is cancelled", async (_, status, pieces) => {
    let [pulled, cancelled] = [0, false];
    const pull = (controller: ReadableStreamDefaultController) => {
      // Where nobody stops, this test does.
      if (++pulled > 100) controller.close();
      else controller.enqueue(new Uint8Array(1_024));
    };
    const cancel = () => void (cancelled = true);
    const endless = new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
    expect(await faultWith(async () => new Response(endless, { status }))).toBe("status_unreachable");
    expect([pulled, cancelled]).toEqual([pieces, true]);
  });

  it("where the certificate names nobody to ask, or nobody answers: a fault", async () => {
    const silent = await makeCertificate((all) => all.filter(({ type }) => type !== "1.3.6.1.5.5.7.1.1"));
    const asked = vi.mocked(fetch).mock.calls.length;
    expect(await ocspStatus()(silent, signer.authority.certificate, Date.now())).toBe("status_address");
    expect(vi.mocked(fetch).mock.calls.length).toBe(asked);
    expect(await faultWith(() => Promise.reject(new TypeError("gone")))).toBe("status_unreachable");
    expect(await faultWith(async (request) => new Response(await signer.responder(request), { status: 500 }))).toBe(
      "status_unreachable",
    );
  });
});
