// A relying party's side of the API for black-box tests: requests as a client library sends them, and people to ask.
import { exports } from "cloudflare:workers";
import { env } from "cloudflare:workers";
import type { AccountSummary } from "../../src/account/objects.ts";
import type { CertificateLevel } from "../../src/account/purpose.ts";
import { toBase64 } from "../../src/protocol/encoding.ts";
import { DEMO_PARTY_SQL, DEMO_PARTY_UUID } from "../../src/relying-party/demo-party.ts";
import { INTERACTIONS } from "./session-start.ts";

export const DEMO = { relyingPartyUUID: DEMO_PARTY_UUID, relyingPartyName: "DEMO" };
export const DIGEST = toBase64(new Uint8Array(32).fill(7));

export const anAuthentication = () => ({
  ...DEMO,
  signatureProtocol: "ACSP_V2",
  signatureProtocolParameters: {
    rpChallenge: toBase64(new Uint8Array(64).fill(9)),
    signatureAlgorithm: "rsassa-pss",
    signatureAlgorithmParameters: { hashAlgorithm: "SHA3-512" },
  },
  interactions: INTERACTIONS,
  vcType: "numeric4",
});

export const aSignature = () => ({
  ...DEMO,
  signatureProtocol: "RAW_DIGEST_SIGNATURE",
  signatureProtocolParameters: {
    digest: DIGEST,
    signatureAlgorithm: "rsassa-pss",
    signatureAlgorithmParameters: { hashAlgorithm: "SHA-256" },
  },
  interactions: INTERACTIONS,
});

const HEADERS = { "cf-connecting-ip": "127.0.0.1", "content-type": "application/json" };

/** `path` begins behind the base path. */
export const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  exports.default.fetch(`http://localhost/v3${path}`, {
    method: "POST",
    headers: { ...HEADERS, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

export const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  exports.default.fetch(`http://localhost/v3${path}`, { headers: { ...HEADERS, ...headers } });

export async function seedDemoParty(): Promise<void> {
  await env.DATABASE.prepare(DEMO_PARTY_SQL).run();
}

/** An account in the person's list; its Account object is as it was made, without keys. */
export async function listedAccount(semanticsIdentifier: string, level: CertificateLevel): Promise<AccountSummary> {
  const handle = env.ACCOUNTS.newUniqueId().toString();
  const person = env.PERSONS.get(env.PERSONS.idFromName(semanticsIdentifier));
  const documentNumber = await person.reserveDocumentNumber(semanticsIdentifier, handle, level);
  await person.activate(handle, []);
  return { handle, documentNumber, level };
}
