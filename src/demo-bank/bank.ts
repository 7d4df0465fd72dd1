// What every part of the bank works with. The bank is an outsider: it knows the relying-party API by its public documentation and
// its published client, has its own database, and imports nothing of this project's other folders.
import { RelyingPartyClient, trustAnchors, type TrustAnchors } from "../client/index.ts";

/** Given by the start script of a developer's machine alone; without them there is no bank. */
export interface BankBindings {
  readonly DEMO_BANK?: D1Database;
  /** PEM: the CA certificates that the bank was given, the root first; of the issuers those of the level that it asks for. */
  readonly DEMO_BANK_TRUST_ANCHORS?: string;
  /** Base address of the API. Not from the request: its Host header is whatever the sender likes. */
  readonly DEMO_BANK_API?: string;
  /**
   * Address of the bank itself, up to and with `/demo`: authenticators return to it. Not from the request either: who starts a login
   * with a Host header of their own would be sent whatever proves that somebody else has confirmed it.
   */
  readonly DEMO_BANK_URL?: string;
}

export interface Bank {
  readonly database: D1Database;
  readonly anchors: TrustAnchors;
  readonly api: RelyingPartyClient;
  readonly url: string;
}

/** For Hono. */
export interface BankEnvironment {
  Bindings: BankBindings;
  Variables: { bank: Bank };
}

export const BANK_NAME = "Rowan Bank";

/** The party that every client library's examples use; registered for one's own machine. */
export const RELYING_PARTY_NAME = "DEMO";
const RELYING_PARTY_UUID = "00000000-0000-4000-8000-000000000000";

/** Throws where a binding is missing or wrong: it is the operator's. */
export async function openBank(database: D1Database, bindings: BankBindings): Promise<Bank> {
  const { DEMO_BANK_TRUST_ANCHORS: pem, DEMO_BANK_API: baseUrl, DEMO_BANK_URL: url } = bindings;
  if (pem === undefined || baseUrl === undefined || url === undefined) throw new Error("the bank lacks a binding");
  const relyingParty = { relyingPartyUUID: RELYING_PARTY_UUID, relyingPartyName: RELYING_PARTY_NAME };
  const api = new RelyingPartyClient({ baseUrl, ...relyingParty });
  return { database, anchors: await anchorsOf(pem), api, url };
}

/** In the life of this process there is one text, whose signatures need not be verified for every request. */
let known: { readonly pem: string; readonly anchors: TrustAnchors } | undefined;

async function anchorsOf(pem: string): Promise<TrustAnchors> {
  if (known?.pem === pem) return known.anchors;
  const [root = "", ...intermediates] = pem.split(/(?=-----BEGIN CERTIFICATE-----)/);
  const anchors = await trustAnchors({ roots: root, intermediates });
  known = { pem, anchors };
  return anchors;
}
