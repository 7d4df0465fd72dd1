// What every part of the bank works with. The bank is an outsider: it knows the relying-party API by its public documentation,
// has its own database, and imports nothing of this project's other folders.
import type { RelyingPartyApi } from "./relying-party-api/client.ts";
import type { TrustAnchors } from "./verification/certificate-chain.ts";

/** Given by the start script of a developer's machine alone; without them there is no bank. */
export interface BankBindings {
  readonly DEMO_BANK?: D1Database;
  /** PEM: the CA certificates that the bank was given, root and issuing. */
  readonly DEMO_BANK_TRUST_ANCHORS?: string;
  /** Base address of the API. Not from the request: its Host header is whatever the sender likes. */
  readonly DEMO_BANK_API?: string;
}

export interface Bank {
  readonly database: D1Database;
  readonly anchors: TrustAnchors;
  readonly api: RelyingPartyApi;
}

/** For Hono. */
export interface BankEnvironment {
  Bindings: BankBindings;
  Variables: { bank: Bank };
}

export const BANK_NAME = "Rowan Bank";
