// The demo bank by itself, with a service behind it that says whatever a test wants: no answer of an API is too strange to come.
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { vi } from "vitest";
import { toBase64, utf8 } from "../../src/protocol/encoding.ts";
import { demoBank } from "../../src/demo-bank/routes.ts";
import { FormBrowser } from "../support/form-browser.ts";
import type { SpoiltAnswer } from "../client/forged-responder.ts";
import { RESPONDER, type Signer } from "../client/signer.ts";

export const ORIGIN = "http://localhost:8787";

export interface Asked {
  readonly path: string;
  readonly body: {
    readonly interactions: string;
    readonly signatureProtocolParameters: { readonly rpChallenge: string; readonly digest: string };
    readonly nonce?: string;
    readonly initialCallbackUrl?: string;
  };
}

/** What every session by device link is started with. */
export const LINK = {
  sessionToken: "token".repeat(8),
  sessionSecret: toBase64(utf8("a secret of the bank, 32 bytes ++")),
  deviceLinkBase: "https://authenticator.example/device-link",
};

type Answer = Response | (() => Promise<Response>);

export class ForgedService {
  readonly asked: Asked[] = [];
  /** Addresses of the status requests. */
  readonly polled: string[] = [];
  /** Answers to POSTs, first come first served; after them every POST starts a session. */
  readonly refusals: Answer[] = [];
  status: () => Promise<object | Response> = async () => ({ state: "RUNNING" });
  sessionID = (): string => crypto.randomUUID();
  /** How the next answers about certificates are spoilt; a function: what comes in place of one. */
  certificateStatus: SpoiltAnswer | (() => Promise<Response>) = {};
  readonly #signer: Signer;

  constructor(signer: Signer) {
    this.#signer = signer;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => this.#answer(input as string, init));
  }

  async #answer(address: string, init: RequestInit | undefined): Promise<Response> {
    if (address === RESPONDER) return this.#tellStatus(init?.body as ArrayBuffer);
    if (!address.startsWith(`${ORIGIN}/v3/`)) throw new Error(`the bank asked ${address}`);
    const path = address.slice(`${ORIGIN}/v3/`.length);
    if (init?.method !== "POST") {
      this.polled.push(path);
      const status = await this.status();
      return status instanceof Response ? status : Response.json(status);
    }
    this.asked.push({ path, body: JSON.parse(init.body as string) as Asked["body"] });
    const refusal = this.refusals.shift();
    if (refusal !== undefined) return typeof refusal === "function" ? refusal() : refusal;
    const sessionID = this.sessionID();
    if (path.includes("/device-link/")) return Response.json({ sessionID, ...LINK });
    const vc = path.startsWith("signature/") ? { vc: { type: "numeric4", value: "0417" } } : {};
    return Response.json({ sessionID, ...vc });
  }

  async #tellStatus(request: ArrayBuffer): Promise<Response> {
    const spoilt = this.certificateStatus;
    return typeof spoilt === "function" ? spoilt() : new Response(await this.#signer.responder(request, spoilt));
  }
}

/** A browser at a bank that trusts these certificates (PEM). */
export function browserAt(anchors: string, origin = ORIGIN): FormBrowser {
  const worker = new Hono().route("/demo", demoBank);
  return new FormBrowser(origin, async (request) =>
    worker.fetch(request, {
      DEMO_BANK: env.DATABASE,
      DEMO_BANK_TRUST_ANCHORS: anchors,
      DEMO_BANK_API: `${ORIGIN}/v3`,
      DEMO_BANK_URL: `${ORIGIN}/demo`,
    }),
  );
}
