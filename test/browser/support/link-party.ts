// A relying party with a page of its own: starts sessions by device link, as anybody would from the public documentation, and waits on
// another loopback port for whom it gets back. Nothing of this project makes or verifies what is its.
import { createHash, createHmac, randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Status } from "./relying-party.ts";

const PARTY = { relyingPartyUUID: "00000000-0000-4000-8000-000000000000", relyingPartyName: "DEMO" };
const ALGORITHM = { signatureAlgorithm: "rsassa-pss", signatureAlgorithmParameters: { hashAlgorithm: "SHA-512" } };

/** Who came back, and with what. */
export interface Return {
  readonly cookie: string;
  readonly values: URLSearchParams;
}

interface Answer {
  readonly sessionID: string;
  readonly sessionToken: string;
  readonly sessionSecret: string;
  readonly deviceLinkBase: string;
}

/** What the authCode covers besides the link. */
interface Terms {
  readonly type: "auth" | "cert";
  readonly fields: readonly string[];
  readonly callback: string;
}

export class LinkSession {
  readonly sessionID: string;
  readonly #answer: Answer;
  readonly #terms: Terms;
  readonly #started = performance.now();

  constructor(answer: Answer, terms: Terms) {
    this.sessionID = answer.sessionID;
    this.#answer = answer;
    this.#terms = terms;
  }

  get secretDigest(): string {
    return createHash("sha256").update(this.#answer.sessionSecret, "base64").digest("base64url");
  }

  /** Seconds since the session's answer: what a QR code that is drawn now says. */
  elapsed(): number {
    return Math.floor((performance.now() - this.#started) / 1000);
  }

  link(deviceLinkType: "QR" | "Web2App", elapsed?: number): string {
    const { deviceLinkBase, sessionToken, sessionSecret } = this.#answer;
    const { type, fields, callback } = this.#terms;
    const age = elapsed === undefined ? "" : `&elapsedSeconds=${elapsed}`;
    const link =
      `${deviceLinkBase}?deviceLinkType=${deviceLinkType}${age}&sessionToken=${sessionToken}` +
      `&sessionType=${type}&version=1.0&lang=eng`;
    const payload = ["smart-id", ...fields, deviceLinkType === "QR" ? "" : callback, link].join("|");
    const authCode = createHmac("sha256", Buffer.from(sessionSecret, "base64")).update(payload).digest("base64url");
    return `${link}&authCode=${authCode}`;
  }
}

export class LinkParty {
  readonly #api: string;
  readonly #server: Server;
  /** What its page leads to. */
  #link = "";
  #returned = Promise.withResolvers<Return>();

  /** `origin`: of the authenticator and its API. */
  private constructor(origin: string) {
    this.#api = `${origin}/v3`;
    this.#server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
      response.setHeader("content-type", "text/html");
      if (pathname === "/") {
        response.setHeader("set-cookie", "visit=7; HttpOnly; SameSite=Lax");
        response.end(
          `<!doctype html><title>Party</title><h1>Party</h1><a href="${this.#link.replaceAll("&", "&amp;")}">Continue with Tally</a>`,
        );
      } else if (pathname === "/back") {
        this.#returned.resolve({ cookie: request.headers.cookie ?? "", values: searchParams });
        response.end("<!doctype html><title>Party</title><h1>Welcome back</h1>");
      } else {
        response.writeHead(404).end();
      }
    });
  }

  static async open(origin: string): Promise<LinkParty> {
    const party = new LinkParty(origin);
    await new Promise<void>((resolve) => party.#server.listen(0, "127.0.0.1", resolve));
    return party;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get #callback(): string {
    return `http://${this.host}/back?state=5`;
  }

  /** Address of its page, which now leads to that link. */
  pageWith(link: string): string {
    this.#link = link;
    return `http://${this.host}/`;
  }

  /** The next one who comes to the callback. */
  async returned(): Promise<Return> {
    const returned = await this.#returned.promise;
    this.#returned = Promise.withResolvers();
    return returned;
  }

  /** `path`: behind `authentication/device-link/`. `payload`: the bytes that must have been signed, by what the session tells. */
  async login(path = "anonymous"): Promise<LinkSession & { payload(status: Status): Buffer }> {
    const rpChallenge = randomBytes(64).toString("base64");
    const interactions = encoded([{ type: "displayTextAndPIN", displayText60: "Log in to the self-service?" }]);
    const session = await this.#start(`authentication/device-link/${path}`, "auth", "ACSP_V2", rpChallenge, {
      signatureProtocolParameters: { rpChallenge, ...ALGORITHM },
      interactions,
    });
    const callback = this.#callback;
    return Object.assign(session, {
      payload: ({ signature, interactionTypeUsed }: Status) =>
        Buffer.from(
          [
            "smart-id",
            "ACSP_V2",
            signature.serverRandom,
            rpChallenge,
            signature.userChallenge,
            base64(PARTY.relyingPartyName),
            "",
            createHash("sha256").update(interactions).digest("base64"),
            interactionTypeUsed,
            signature.flowType === "QR" ? "" : callback,
            signature.flowType,
          ].join("|"),
        ),
    });
  }

  certificateChoice(): Promise<LinkSession> {
    return this.#start("signature/certificate-choice/device-link/anonymous", "cert", "", "", {});
  }

  /** Follows a certificate choice. */
  async linkedSignature(documentNumber: string, linkedSessionID: string, file: Buffer): Promise<string> {
    const digest = createHash("sha512").update(file).digest("base64");
    const { sessionID } = await this.#post<{ sessionID: string }>(`signature/notification/linked/${documentNumber}`, {
      signatureProtocol: "RAW_DIGEST_SIGNATURE",
      signatureProtocolParameters: { digest, ...ALGORITHM },
      interactions: encoded([{ type: "confirmationMessage", displayText200: "Sign the contract?" }]),
      linkedSessionID,
    });
    return sessionID;
  }

  async #start(
    path: string,
    type: "auth" | "cert",
    protocol: string,
    toSign: string,
    asked: { readonly interactions?: string; readonly signatureProtocolParameters?: object },
  ): Promise<LinkSession> {
    const { interactions = "" } = asked;
    const callback = this.#callback;
    const answer = await this.#post<Answer>(path, {
      ...(protocol !== "" && { signatureProtocol: protocol }),
      ...asked,
      initialCallbackUrl: callback,
    });
    const fields = [protocol, toSign, base64(PARTY.relyingPartyName), "", interactions];
    return new LinkSession(answer, { type, fields, callback });
  }

  async #post<Value>(path: string, body: object): Promise<Value> {
    const response = await fetch(`${this.#api}/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...PARTY, certificateLevel: "QUALIFIED", ...body }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Value;
  }
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const encoded = (interactions: readonly object[]): string => base64(JSON.stringify(interactions));
