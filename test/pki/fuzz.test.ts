// The OCSP responder asked with what is no request: always an answer of OCSP with status 200, never an error of the server, and
// nothing written.
import { OCSPResponse, OCSPResponseStatus } from "@peculiar/asn1-ocsp";
import { AsnConvert } from "@peculiar/asn1-schema";
import { env, exports } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { recordIssued } from "../../src/certificates/certificate-index.ts";
import { concatBytes, toBase64, utf8 } from "../../src/protocol/encoding.ts";
import { bytes, checkedAnswer, get, newEntry, OCSP_ADDRESS, post, requestFor } from "./ocsp-client.ts";

const RUNS = 300;
const entry = newEntry();
let valid: Uint8Array<ArrayBuffer>;
let log: ReturnType<typeof vi.spyOn>;

beforeEach(async () => {
  log = vi.spyOn(console, "error");
  await recordIssued(env.DATABASE, entry);
  valid = await requestFor([entry, { ...entry, hash: "SHA-256" }], crypto.getRandomValues(new Uint8Array(16)));
});
afterEach(() => {
  // A stranger's nonsense is never this server's fault.
  const faults = log.mock.calls;
  vi.restoreAllMocks();
  if (faults.length > 0) throw new Error(`logged as a fault of the server: ${JSON.stringify(faults)}`);
});

/** The name of the status; every answer is one of OCSP. */
async function statusOf(response: Response): Promise<string> {
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/ocsp-response");
  return OCSPResponseStatus[AsnConvert.parse(await bytes(response), OCSPResponse).responseStatus];
}

async function expectMalformed(der: Uint8Array<ArrayBuffer>): Promise<void> {
  expect(await statusOf(await post(der))).toBe("malformedRequest");
  if (der.length > 0 && der.length < 4_000) expect(await statusOf(await get(der))).toBe("malformedRequest");
}

const byteArray = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => new Uint8Array(array));

it("random bytes are malformed", async () => {
  await fc.assert(fc.asyncProperty(byteArray(200), expectMalformed), { numRuns: RUNS });
});

it("every request that is cut short, or has something behind it, is malformed", async () => {
  for (let length = 0; length < valid.length; length++) {
    expect(await statusOf(await post(valid.slice(0, length))), String(length)).toBe("malformedRequest");
  }
  await fc.assert(
    fc.asyncProperty(byteArray(20), async (more) => {
      fc.pre(more.length > 0);
      await expectMalformed(concatBytes(valid, more));
    }),
    { numRuns: 50 },
  );
});

it("a request with bytes changed gets some answer of OCSP, which never says good of another number", async () => {
  const changes = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(changes, async (changed) => {
      const der = valid.slice();
      for (const [place, value] of changed) der[place] = value;
      const response = await post(der);
      const [copy, status] = [response.clone(), await statusOf(response)];
      expect(["successful", "malformedRequest", "unauthorized"]).toContain(status);
      if (status !== "successful") return;
      const { data } = await checkedAnswer(await bytes(copy));
      for (const { certID, certStatus } of data.responses) {
        const own = toBase64(new Uint8Array(certID.serialNumber)) === toBase64(serial());
        expect(certStatus.good).toBe(own ? null : undefined);
      }
    }),
    { numRuns: RUNS },
  );
});

const serial = (): Uint8Array => Uint8Array.from(entry.serialNumberHex.match(/../g)!, (pair) => Number.parseInt(pair, 16));

/** DER of one constructed value in another, `depth` times. */
function nested(depth: number, tag = 0x30): Uint8Array<ArrayBuffer> {
  let der = Uint8Array.of(5, 0);
  for (let level = 0; level < depth; level++) {
    const { length } = der;
    const header = length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
    der = concatBytes(Uint8Array.from(header), der);
  }
  return der;
}

async function compressed(der: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([der]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

it.each<[string, () => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>]>([
  ["nothing", () => new Uint8Array(0)],
  ["deep sequences", () => nested(1_900)],
  ["deep context tags", () => nested(1_900, 0xa0)],
  ["deep indefinite lengths", () => new Uint8Array(8_000).map((_, index) => (index % 2 === 0 ? 0x30 : 0x80))],
  ["a length that is longer than everything", () => Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x30)],
  ["a length of lengths", () => Uint8Array.of(0x30, 0xff, 0x30, 0x30)],
  ["an empty sequence", () => Uint8Array.of(0x30, 0)],
  ["an empty request", () => Uint8Array.of(0x30, 2, 0x30, 0)],
  ["another structure", () => nested(5)],
  ["thousands of small values", () => concatBytes(Uint8Array.of(0x30, 0x82, 0x1f, 0x40), new Uint8Array(8_000).fill(5))],
  ["more than anybody asks", () => new Uint8Array(200_000).fill(0x30)],
  ["text", () => utf8("{}")],
  ["a compressed request", () => compressed(valid)],
])("%s is malformed", async (_, make) => {
  await expectMalformed(await make());
});

it("a request that says it is compressed is malformed", async () => {
  const headers = { "content-type": "application/ocsp-request", "content-encoding": "gzip" };
  const response = await exports.default.fetch(OCSP_ADDRESS, { method: "POST", headers, body: await compressed(valid) });
  expect(await statusOf(response)).toBe("malformedRequest");
});

it("an object identifier with anything changed is unauthorized or malformed, never good", async () => {
  const sha1 = [0x2b, 0x0e, 0x03, 0x02, 0x1a];
  const only = await requestFor([entry]);
  const place = only.findIndex((_, index) => sha1.every((byte, offset) => only[index + offset] === byte));
  for (const offset of sha1.keys()) {
    for (const value of [0x00, 0x01, 0x7f, 0x80, 0xff]) {
      const der = only.slice();
      der[place + offset] = value;
      expect(["unauthorized", "malformedRequest"]).toContain(await statusOf(await post(der)));
    }
  }
});

it("any path is answered in OCSP", async () => {
  const path = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }).map((text) => encodeURIComponent(text.toWellFormed())),
    fc.stringMatching(/^[A-Za-z0-9+/=%]{0,200}$/),
  );
  await fc.assert(
    fc.asyncProperty(path, async (text) => {
      // The address of another path once its dots are resolved.
      fc.pre(new URL(`${OCSP_ADDRESS}/${text}`).pathname.startsWith("/pki/ocsp/"));
      expect(await statusOf(await exports.default.fetch(`${OCSP_ADDRESS}/${text}`))).toBe("malformedRequest");
    }),
    { numRuns: RUNS },
  );
});
