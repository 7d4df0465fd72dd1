// OCSP over HTTP against a started server, several requests in flight at all times: answers from the cache (GET, POST) and answers
// signed for one request (with a nonce), next to the trivial route. Every answer is read to its end; one of each kind is judged first.
import { randomBytes } from "node:crypto";
import {
  BasicOCSPResponse,
  CertID,
  OCSPRequest,
  OCSPResponse,
  OCSPResponseStatus,
  Request,
  TBSRequest,
} from "@peculiar/asn1-ocsp";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import { AlgorithmIdentifier, Certificate, Extension } from "@peculiar/asn1-x509";
import { enrolAccount } from "../scripts/authenticator/enrolment.ts";
import { fetchSigningCertificate } from "../scripts/demo/relying-party.ts";
import { makeTestPerson } from "../scripts/demo/test-person.ts";
import { ChannelClient } from "../src/authenticator/channel-client.ts";
import { MemoryStorage } from "../test/support/memory-storage.ts";
import { untilQuiet } from "./authentication.ts";
import type { Samples, Section } from "./measurement.ts";

/** Requests under way at once, for every kind and for the floor. */
const IN_FLIGHT = 8;
/** The kinds take turns, so that a disturbance meets all alike. */
const ROUNDS = 6;
const REQUESTS_A_ROUND = 250;

const NONCE = "1.3.6.1.5.5.7.48.1.2";
const NONCE_LENGTH = 32;
const SHA1 = "1.3.14.3.2.26";

/** Milliseconds of each request, and how many were answered in a second. */
interface Load {
  readonly samples: Samples;
  readonly perSecond: number;
}

export async function ocspSections(url: string): Promise<readonly Section[]> {
  const certID = await certificateToAskFor(url);
  const asked = encode(certID);
  const address = `${url}/pki/ocsp`;
  const post = (body: Buffer<ArrayBuffer>): Ask => ({
    address,
    init: { method: "POST", headers: { "content-type": "application/ocsp-request" }, body },
  });
  const kinds = {
    health: () => ({ address: `${url}/health` }),
    get: () => ({ address: `${address}/${encodeURIComponent(asked.toString("base64"))}` }),
    post: () => post(asked),
    nonce: () => post(encode(certID, randomBytes(NONCE_LENGTH))),
  };
  for (const kind of ["get", "post", "nonce"] as const) await expectGood(kinds[kind]());
  await untilQuiet();
  const loads = await takeTurns(kinds);
  const floor = { name: "trivial route", samples: loads.health.samples };
  return [
    {
      title: `OCSP, over HTTP, ${IN_FLIGHT} requests in flight`,
      rows: [
        { what: "GET /health", ...loads.health },
        { what: "GET without a nonce, from the cache", ...loads.get, floor },
        { what: "POST without a nonce, from the cache", ...loads.post, floor },
        { what: "POST with a nonce, signed for this request", ...loads.nonce, floor },
      ],
    },
  ];
}

interface Ask {
  readonly address: string;
  readonly init?: RequestInit;
}

/** The requests of a round are made before it begins. The first round of each kind does not count. */
async function takeTurns<Kind extends string>(kinds: Readonly<Record<Kind, () => Ask>>): Promise<Record<Kind, Load>> {
  const names = Object.keys(kinds) as Kind[];
  const samples = new Map<Kind, number[]>(names.map((name) => [name, []]));
  const durations = new Map<Kind, number>();
  for (let round = -1; round < ROUNDS; round++) {
    for (const name of names) {
      const taken = await oneRound(Array.from({ length: REQUESTS_A_ROUND }, () => kinds[name]()));
      if (round < 0) continue;
      samples.get(name)?.push(...taken.samples);
      durations.set(name, (durations.get(name) ?? 0) + taken.milliseconds);
    }
  }
  return Object.fromEntries(
    names.map((name): [Kind, Load] => {
      const own = samples.get(name) ?? [];
      return [name, { samples: own, perSecond: (1000 * own.length) / (durations.get(name) ?? Number.NaN) }];
    }),
  ) as Record<Kind, Load>;
}

async function oneRound(asks: readonly Ask[]): Promise<{ readonly samples: Samples; readonly milliseconds: number }> {
  const samples: number[] = [];
  const waiting = asks.values();
  const begin = performance.now();
  const askOn = async () => {
    for (const { address, init } of waiting) {
      const start = performance.now();
      const response = await fetch(address, init);
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`${address}: ${response.status}`);
      samples.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, askOn));
  return { samples, milliseconds: performance.now() - begin };
}

/** Of a new account's signing certificate. */
async function certificateToAskFor(url: string): Promise<CertID> {
  const client = new ChannelClient({ url, fetch }, new MemoryStorage());
  const { identity, pins } = makeTestPerson();
  const { documentNumber } = await enrolAccount(client, identity, pins, () => undefined);
  const person = parse(Buffer.from(await fetchSigningCertificate(`${url}/v3`, documentNumber), "base64"));
  const issuer = parse(Buffer.from(await (await fetch(`${url}/pki/certificates/eid-q.cer`)).arrayBuffer()));
  const digest = async (bytes: ArrayBuffer) => new OctetString(await crypto.subtle.digest("SHA-1", bytes));
  return new CertID({
    hashAlgorithm: new AlgorithmIdentifier({ algorithm: SHA1, parameters: null }),
    issuerNameHash: await digest(AsnConvert.serialize(issuer.subject)),
    issuerKeyHash: await digest(issuer.subjectPublicKeyInfo.subjectPublicKey),
    serialNumber: person.serialNumber,
  });
}

const parse = (der: Buffer): Certificate["tbsCertificate"] => AsnConvert.parse(der, Certificate).tbsCertificate;

function encode(reqCert: CertID, nonce?: Uint8Array): Buffer<ArrayBuffer> {
  const tbsRequest = new TBSRequest({ requestList: [new Request({ reqCert })] });
  if (nonce !== undefined) {
    const extnValue = new OctetString(AsnConvert.serialize(new OctetString(nonce)));
    tbsRequest.requestExtensions = [new Extension({ extnID: NONCE, critical: false, extnValue })];
  }
  return Buffer.from(AsnConvert.serialize(new OCSPRequest({ tbsRequest })));
}

/** What is measured is worth nothing where it is a refusal. */
async function expectGood({ address, init }: Ask): Promise<void> {
  const answer = AsnConvert.parse(await (await fetch(address, init)).arrayBuffer(), OCSPResponse);
  const { responseStatus, responseBytes } = answer;
  if (responseBytes === undefined) throw new Error(`OCSP: ${OCSPResponseStatus[responseStatus]}`);
  const [single] = AsnConvert.parse(responseBytes.response.buffer, BasicOCSPResponse).tbsResponseData.responses;
  if (single?.certStatus.good === undefined) throw new Error("OCSP: the certificate is not good");
}
