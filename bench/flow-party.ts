// The relying party's part of every flow over HTTP: requests, device links, and the question how a session ended.
import { authCodeOf, deviceLinkText, type LinkTerms, type SessionType } from "../src/protocol/device-link.ts";
import { fromBase64, toBase64, utf8 } from "../src/protocol/encoding.ts";
import { DEMO_PARTY_UUID } from "../src/relying-party/demo-party.ts";

const DEMO = { relyingPartyUUID: DEMO_PARTY_UUID, relyingPartyName: "DEMO" };
const INTERACTIONS = toBase64(utf8(JSON.stringify([{ type: "displayTextAndPIN", displayText60: "Go on?" }])));
const SCHEME_NAME = "smart-id";
const ALGORITHM = { signatureAlgorithm: "rsassa-pss", signatureAlgorithmParameters: { hashAlgorithm: "SHA-512" } };

const random = (length: number): string => toBase64(crypto.getRandomValues(new Uint8Array(length)));

/** Another one each time: nothing here is a repeated request. */
const BODIES: Readonly<Record<SessionType, () => object>> = {
  auth: () => ({
    ...DEMO,
    signatureProtocol: "ACSP_V2",
    signatureProtocolParameters: { rpChallenge: random(64), ...ALGORITHM },
    interactions: INTERACTIONS,
    vcType: "numeric4",
  }),
  sign: () => ({
    ...DEMO,
    signatureProtocol: "RAW_DIGEST_SIGNATURE",
    signatureProtocolParameters: { digest: random(64), ...ALGORITHM },
    interactions: INTERACTIONS,
  }),
  // Where it is about somebody, it would else be the session of fifteen seconds ago.
  cert: () => ({ ...DEMO, capabilities: [], requestProperties: { [crypto.randomUUID()]: true } }),
};

export interface Started {
  readonly sessionID: string;
  /** Of the first QR code, which is good for some seconds; undefined where the device was told. */
  readonly link: string | undefined;
}

/** A body of that kind, ready to be sent. `linkedSessionID`: of the certificate choice that a signature follows. */
export const bodyOf = (type: SessionType, linkedSessionID?: string): object => ({
  ...BODIES[type](),
  ...(linkedSessionID !== undefined && { linkedSessionID }),
});

/** `path` begins behind the base path. */
export async function start(url: string, path: string, type: SessionType, body: object): Promise<Started> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/v3/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  const answer = (await response.json()) as Answer;
  return { sessionID: answer.sessionID, link: answer.sessionToken === undefined ? undefined : linkOf(answer, type, body) };
}

interface Answer {
  readonly sessionID: string;
  readonly sessionToken?: string;
  readonly sessionSecret?: string;
  readonly deviceLinkBase?: string;
}

function linkOf(
  { sessionToken = "", sessionSecret = "", deviceLinkBase = "" }: Answer,
  sessionType: SessionType,
  body: object,
): string {
  const unprotected = {
    deviceLinkBase,
    deviceLinkType: "QR",
    elapsedSeconds: 0,
    sessionToken,
    sessionType,
    language: "eng",
  } as const;
  const { signatureProtocol = "", signatureProtocolParameters: signed = {}, interactions = "" } = body as SignedBody;
  const terms: LinkTerms = {
    schemeName: SCHEME_NAME,
    signatureProtocol,
    toSign: signed.rpChallenge ?? signed.digest ?? "",
    relyingPartyName: DEMO.relyingPartyName,
    brokeredRpName: "",
    interactions,
    initialCallbackUrl: "",
  };
  const authCode = authCodeOf(fromBase64(sessionSecret) ?? new Uint8Array(0), terms, unprotected);
  return deviceLinkText({ ...unprotected, authCode });
}

interface SignedBody {
  readonly signatureProtocol?: "ACSP_V2" | "RAW_DIGEST_SIGNATURE";
  readonly signatureProtocolParameters?: { readonly rpChallenge?: string; readonly digest?: string };
  readonly interactions?: string;
}

/** Waits for it. */
export async function endResult(url: string, sessionID: string): Promise<string> {
  const response = await fetch(`${url}/v3/session/${sessionID}?timeoutMs=60000`);
  const status = (await response.json()) as { result?: { endResult: string } };
  return status.result?.endResult ?? `${response.status}`;
}
