// The relying party's side, as anybody would write it from the public documentation of the Smart-ID RP API v3: fetch and
// node:crypto, nothing of this project. What the signatures are worth is for openssl to say (openssl.ts).
import { createHash, randomBytes } from "node:crypto";

const RELYING_PARTY = { relyingPartyUUID: "00000000-0000-4000-8000-000000000000", relyingPartyName: "DEMO" };
const HASH = { signatureAlgorithmParameters: { hashAlgorithm: "SHA-512" } };

/** `ed25519`: an extension of this server, over the SHA-512 of what is signed. */
export type Algorithm = "rsassa-pss" | "ed25519";

/** A session that ended with OK, as far as the demo reads it. */
export interface SessionResult {
  readonly result: { readonly endResult: string; readonly documentNumber: string };
  readonly cert: { readonly value: string; readonly certificateLevel: string };
  readonly interactionTypeUsed: string;
  readonly signature: {
    readonly value: string;
    readonly serverRandom: string;
    readonly userChallenge: string;
    readonly flowType: string;
  };
}

export interface StartedAuthentication {
  readonly sessionID: string;
  /** What the relying party's page shows, and the person compares. */
  readonly verificationCode: string;
  /** The bytes that must have been signed, once the session tells its part of them. */
  payload(session: SessionResult): Buffer;
}

/** `api`: base address of the API, up to and with `/v3`. Throws an Error with the server's own words where it says no. */
export async function startAuthentication(
  api: string,
  semanticsIdentifier: string,
  text: string,
  signatureAlgorithm: Algorithm = "rsassa-pss",
): Promise<StartedAuthentication> {
  const challenge = randomBytes(64);
  const rpChallenge = challenge.toString("base64");
  const interactions = encodeInteractions([{ type: "displayTextAndPIN", displayText60: text }]);
  const { sessionID } = await post<{ sessionID: string }>(`${api}/authentication/notification/etsi/${semanticsIdentifier}`, {
    ...RELYING_PARTY,
    certificateLevel: "QUALIFIED",
    signatureProtocol: "ACSP_V2",
    signatureProtocolParameters: { rpChallenge, signatureAlgorithm, ...HASH },
    interactions,
    vcType: "numeric4",
  });
  return {
    sessionID,
    verificationCode: verificationCode(challenge),
    payload: ({ signature, interactionTypeUsed }) =>
      Buffer.from(
        [
          "smart-id",
          "ACSP_V2",
          signature.serverRandom,
          rpChallenge,
          signature.userChallenge,
          Buffer.from(RELYING_PARTY.relyingPartyName).toString("base64"),
          "", // no brokered relying party
          createHash("sha256").update(interactions).digest("base64"),
          interactionTypeUsed,
          "", // no callback address
          signature.flowType,
        ].join("|"),
      ),
  };
}

/** Last two bytes of the challenge's SHA-256 as a number, its last four digits. */
function verificationCode(challenge: Buffer): string {
  const digest = createHash("sha256").update(challenge).digest();
  return String(digest.readUInt16BE(digest.length - 2) % 10_000).padStart(4, "0");
}

/** The certificate that a signature of this account will be made with. Base64 of the DER form. */
export async function fetchSigningCertificate(api: string, documentNumber: string): Promise<string> {
  const { state, cert } = await post<{ state: string; cert?: { value: string } }>(
    `${api}/signature/certificate/${documentNumber}`,
    {
      ...RELYING_PARTY,
      certificateLevel: "QUALIFIED",
    },
  );
  if (cert === undefined) throw new Error(`the account has no signing certificate: ${state}`);
  return cert.value;
}

/** `digest`: SHA-512 of what is to be signed. The server draws the verification code. */
export async function startSignature(
  api: string,
  documentNumber: string,
  digest: Buffer,
  text: string,
): Promise<{ sessionID: string; verificationCode: string }> {
  const path = `${api}/signature/notification/document/${documentNumber}`;
  const { sessionID, vc } = await post<{ sessionID: string; vc: { value: string } }>(path, {
    ...RELYING_PARTY,
    certificateLevel: "QUALIFIED",
    signatureProtocol: "RAW_DIGEST_SIGNATURE",
    signatureProtocolParameters: { digest: digest.toString("base64"), signatureAlgorithm: "rsassa-pss", ...HASH },
    interactions: encodeInteractions([{ type: "confirmationMessage", displayText200: text }]),
  });
  return { sessionID, verificationCode: vc.value };
}

/** Waits for the person by long polling: the server answers in the moment the session ends. Throws for any end but OK. */
export async function awaitResult(api: string, sessionID: string): Promise<SessionResult> {
  for (;;) {
    const session = await read<{ state: string } & SessionResult>(await request(`${api}/session/${sessionID}?timeoutMs=30000`));
    if (session.state !== "COMPLETE") continue;
    if (session.result.endResult !== "OK") throw new Error(`the session ended with ${session.result.endResult}`);
    return session;
  }
}

const encodeInteractions = (interactions: readonly object[]): string =>
  Buffer.from(JSON.stringify(interactions)).toString("base64");

const post = async <Answer>(url: string, body: object): Promise<Answer> =>
  read<Answer>(
    await request(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  );

async function request(url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, init).catch(() => {
    throw new Error(`no answer from ${url}`);
  });
}

async function read<Answer>(response: Response): Promise<Answer> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}
