// The relying party DEMO, from outside and over HTTP, as the README describes it. Signatures are verified by node:crypto, which
// knows nothing of this project.
import { constants, createHash, randomBytes, verify, X509Certificate } from "node:crypto";
import {
  type Algorithm,
  type SessionResult,
  startAuthentication,
  startSignature as startSignatureOf,
} from "../../../scripts/demo/relying-party.ts";

const PARTY = { relyingPartyUUID: "00000000-0000-4000-8000-000000000000", relyingPartyName: "DEMO" };

/** Of a session; the fields of a result are there only after OK. */
export type Status = SessionResult & { readonly state: "RUNNING" | "COMPLETE" };

export class RelyingParty {
  readonly #api: string;

  /** `server`: its origin. */
  constructor(server: string) {
    this.#api = `${server}/v3`;
  }

  login(
    semanticsIdentifier: string,
    text = "Log in to the self-service?",
    algorithm: Algorithm = "rsassa-pss",
  ): ReturnType<typeof startAuthentication> {
    return startAuthentication(this.#api, semanticsIdentifier, text, algorithm);
  }

  sign(documentNumber: string, file: Buffer, text = "Pay 5 euros to OTT?"): ReturnType<typeof startSignatureOf> {
    return startSignatureOf(this.#api, documentNumber, sha512(file), text);
  }

  /** A login for which the person picks the right one of three codes. */
  async loginWithThreeCodes(semanticsIdentifier: string): Promise<{ readonly sessionID: string; readonly code: string }> {
    const challenge = randomBytes(64);
    const interactions = [
      { type: "confirmationMessageAndVerificationCodeChoice", displayText200: "Log in to the self-service?" },
    ];
    const response = await fetch(`${this.#api}/authentication/notification/etsi/${semanticsIdentifier}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        ...PARTY,
        signatureProtocol: "ACSP_V2",
        signatureProtocolParameters: {
          rpChallenge: challenge.toString("base64"),
          signatureAlgorithm: "rsassa-pss",
          signatureAlgorithmParameters: { hashAlgorithm: "SHA-512" },
        },
        interactions: Buffer.from(JSON.stringify(interactions)).toString("base64"),
        vcType: "numeric4",
      }),
    });
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    const digest = createHash("sha256").update(challenge).digest();
    const code = String(digest.readUInt16BE(digest.length - 2) % 10_000).padStart(4, "0");
    return { sessionID: ((await response.json()) as { sessionID: string }).sessionID, code };
  }

  /** One long poll: answers in the moment the session ends, or RUNNING at the end of the wait. */
  async poll(sessionID: string, timeoutMs: number): Promise<Status> {
    const response = await fetch(`${this.#api}/session/${sessionID}?timeoutMs=${timeoutMs}`);
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    return (await response.json()) as Status;
  }

  /** The session's end, by long poll. */
  async end(sessionID: string): Promise<Status> {
    for (;;) {
      const status = await this.poll(sessionID, 30_000);
      if (status.state === "COMPLETE") return status;
    }
  }

  async endResult(sessionID: string): Promise<string> {
    return (await this.end(sessionID)).result.endResult;
  }
}

/** By the certificate in the status, over exactly these bytes: RSASSA-PSS with SHA-512, or Ed25519 over their SHA-512. */
export function isSignedBy(status: Status, signed: Buffer, algorithm: Algorithm = "rsassa-pss"): boolean {
  const key = new X509Certificate(Buffer.from(status.cert.value, "base64")).publicKey;
  const signature = Buffer.from(status.signature.value, "base64");
  if (algorithm === "ed25519") return key.asymmetricKeyType === "ed25519" && verify(null, sha512(signed), key, signature);
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 };
  return verify("sha512", signed, { key, ...padding }, signature);
}

const sha512 = (file: Buffer): Buffer => createHash("sha512").update(file).digest();
