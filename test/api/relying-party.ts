// A relying party as anybody would write it from the public documentation: starts sessions, polls for their ends, makes device links.
// Strict where existing clients are: only 200 with JSON is success, only problem documents are failures.
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { expect } from "vitest";
import { deviceLink, type LinkTerms, type LinkType, type SessionType } from "./exact-bytes.ts";

export const UUID = "00000000-0000-4000-8000-000000000000";
const POLL_MILLISECONDS = 20_000;
const POLLS = 3;

export type Json = Readonly<Record<string, unknown>>;

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Json;
}

/** By the names that the API has for them; `node` is the name of the digest in node:crypto and openssl. */
export const HASHES = {
  "SHA-256": { node: "sha256", length: 32 },
  "SHA-384": { node: "sha384", length: 48 },
  "SHA-512": { node: "sha512", length: 64 },
  "SHA3-256": { node: "sha3-256", length: 32 },
  "SHA3-384": { node: "sha3-384", length: 48 },
  "SHA3-512": { node: "sha3-512", length: 64 },
} as const;
export type HashName = keyof typeof HASHES;

export interface Algorithm {
  readonly signatureAlgorithm: string;
  readonly hash: HashName;
}
export const PSS_SHA512: Algorithm = { signatureAlgorithm: "rsassa-pss", hash: "SHA-512" };

export interface Interaction {
  readonly type: string;
  readonly displayText60?: string;
  readonly displayText200?: string;
}
export const LOG_IN: Interaction = { type: "displayTextAndPIN", displayText60: "Log in to the self-service? Õ€" };
export const CONFIRM: Interaction = { type: "confirmationMessage", displayText200: "Pay 24.90 EUR to Tom & Jerry?" };
export const CHOOSE: Interaction = {
  type: "confirmationMessageAndVerificationCodeChoice",
  displayText200: "Which code do you see?",
};

export const encoded = (...interactions: readonly Interaction[]): string =>
  Buffer.from(JSON.stringify(interactions)).toString("base64");

/** What the tests set apart of a request; everything else is as a relying party has it every day. */
export type Wishes = Json & {
  readonly algorithm?: Algorithm;
  readonly ask?: readonly Interaction[];
};

/** A session that was started, with everything that its result is judged by. */
export interface Started {
  readonly sessionType: SessionType;
  readonly sessionID: string;
  readonly request: Json;
  readonly algorithm: Algorithm;
  /** The document whose digest is signed. */
  readonly document: Buffer;
  readonly answer: Json;
  /** Milliseconds since the epoch: when the answer came, which links count from. */
  readonly at: number;
}

export class RelyingParty {
  readonly #base: string;

  /** `base`: ends in `/v3`, with or without a slash. */
  constructor(base: string) {
    this.#base = base;
  }

  async post(path: string, body: Json): Promise<HttpAnswer> {
    const headers = { "content-type": "application/json" };
    return read(await fetch(`${this.#base}/${path}`, { method: "POST", headers, body: JSON.stringify(body) }));
  }

  async get(path: string, signal?: AbortSignal): Promise<HttpAnswer> {
    return read(await fetch(`${this.#base}/${path}`, signal === undefined ? {} : { signal }));
  }

  /** `path`: what stands behind `authentication/`. */
  authenticate(path: string, wishes: Wishes = {}): Promise<Started> {
    return this.#start("auth", `authentication/${path}`, wishes, (algorithm, interactions) => ({
      signatureProtocol: "ACSP_V2",
      signatureProtocolParameters: { rpChallenge: randomBytes(64).toString("base64"), ...named(algorithm) },
      interactions,
      ...(path.startsWith("notification") && { vcType: "numeric4" }),
    }));
  }

  /** `path`: what stands behind `signature/`. */
  sign(path: string, wishes: Wishes = {}): Promise<Started> {
    return this.#start("sign", `signature/${path}`, wishes, (algorithm, interactions, document) => ({
      signatureProtocol: "RAW_DIGEST_SIGNATURE",
      signatureProtocolParameters: {
        digest: createHash(HASHES[algorithm.hash].node).update(document).digest("base64"),
        ...named(algorithm),
      },
      interactions,
    }));
  }

  /** `path`: what stands behind `signature/certificate-choice/`. */
  chooseCertificate(path: string, wishes: Wishes = {}): Promise<Started> {
    return this.#start("cert", `signature/certificate-choice/${path}`, wishes, () => ({}));
  }

  async #start(
    sessionType: SessionType,
    path: string,
    { algorithm = PSS_SHA512, ask = [LOG_IN], ...fields }: Wishes,
    rest: (algorithm: Algorithm, interactions: string, document: Buffer) => Json,
  ): Promise<Started> {
    const document = randomBytes(1000);
    const party = { relyingPartyUUID: UUID, relyingPartyName: "DEMO" };
    const request = { ...party, ...rest(algorithm, encoded(...ask), document), ...fields };
    const { body: answer } = succeeded(await this.post(path, request));
    const sessionID = sessionOf(path, answer);
    return { sessionType, sessionID, request, algorithm, document, answer, at: Date.now() };
  }

  /** One poll. */
  async look({ sessionID }: Pick<Started, "sessionID">, timeoutMs = 1000): Promise<Json> {
    return succeeded(await this.get(`session/${sessionID}?timeoutMs=${timeoutMs}`)).body;
  }

  /** The end of a session that somebody answers at once. */
  async result(started: Pick<Started, "sessionID">): Promise<Json> {
    for (let poll = 0; poll < POLLS; poll++) {
      const status = await this.look(started, POLL_MILLISECONDS);
      if (!isRunning(status)) return status;
    }
    throw new Error("nobody answered the session");
  }
}

/** `secondsOff`: by how much the clock of the page is wrong. */
export function linkOf(started: Started, deviceLinkType: LinkType, secondsOff = 0): string {
  const { sessionType, request, answer, at } = started;
  const elapsedSeconds = Math.floor((Date.now() - at) / 1000) + secondsOff;
  const { deviceLinkBase, sessionToken, sessionSecret } = answer as Readonly<Record<string, string>>;
  const parts = { deviceLinkBase: deviceLinkBase!, deviceLinkType, elapsedSeconds, sessionToken: sessionToken!, sessionType };
  return deviceLink(parts, { ...(request as unknown as LinkTerms), ...signedOf(request) }, sessionSecret!);
}

export function signedOf(request: Json): { readonly signed?: string } {
  const parameters = request["signatureProtocolParameters"] as { rpChallenge?: string; digest?: string } | undefined;
  const signed = parameters?.rpChallenge ?? parameters?.digest;
  return signed === undefined ? {} : { signed };
}

export function succeeded(answer: HttpAnswer): HttpAnswer {
  expect(answer).toMatchObject({ status: 200, contentType: expect.stringMatching(/^application\/json(;|$)/) });
  return answer;
}

/** The status, where the answer is a problem document and no more than that. */
export function refused({ status, contentType, body }: HttpAnswer): number {
  expect(contentType).toBe("application/problem+json");
  expect(body).toMatchObject({ type: "about:blank", status, title: expect.any(String) });
  return status;
}

export const anySessionID = (): string => randomUUID();

const named = ({ signatureAlgorithm, hash }: Algorithm): Json => ({
  signatureAlgorithm,
  signatureAlgorithmParameters: { hashAlgorithm: hash },
});

/** Throws where a field is missing, too much or malformed. */
function sessionOf(path: string, answer: Json): string {
  const sessionID = String(answer["sessionID"]);
  expect(sessionID).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const linked = {
    sessionToken: expect.stringMatching(/^[a-zA-Z0-9]{24,}$/) as unknown,
    sessionSecret: expect.stringMatching(/^(?=.{24,})[A-Za-z0-9+/]+={0,2}$/) as unknown,
    deviceLinkBase: expect.stringMatching(/^https?:\/\/[^?#]+[^?#/]$/) as unknown,
  };
  const compared = { vc: { type: "numeric4", value: expect.stringMatching(/^\d{4}$/) as unknown } };
  const byLink = path.includes("/device-link/");
  const byCode = /^signature\/notification\/(etsi|document)\//.test(path);
  expect(answer).toEqual({ sessionID, ...(byLink && linked), ...(byCode && compared) });
  return sessionID;
}

function isRunning(status: Json): boolean {
  if (status["state"] !== "COMPLETE") expect(status).toEqual({ state: "RUNNING" });
  return status["state"] === "RUNNING";
}

async function read(response: Response): Promise<HttpAnswer> {
  const { status, headers } = response;
  return { status, contentType: headers.get("content-type") ?? "", body: (await response.json()) as Json };
}
