// Answers of the relying-party API, from JSON of unknown shape to fields of known types. Unknown fields are ignored, as the
// documentation asks; what a field must be worth is for verification/ to say.

/** `GET session/{sessionID}`. Fields of a signature are there or not, as the server sent them. */
export type SessionAnswer =
  | { readonly state: "RUNNING" }
  | {
      readonly state: "COMPLETE";
      readonly endResult: string;
      readonly documentNumber: string | undefined;
      readonly signatureProtocol: string | undefined;
      readonly interactionTypeUsed: string | undefined;
      /** Base64 of DER, and the level that the server says it has. */
      readonly certificate: string | undefined;
      readonly certificateLevel: string | undefined;
      readonly signature: SignatureAnswer;
    };

export type CompleteSession = Extract<SessionAnswer, { readonly state: "COMPLETE" }>;

export interface SignatureAnswer {
  /** Base64. */
  readonly value: string | undefined;
  readonly serverRandom: string | undefined;
  readonly userChallenge: string | undefined;
  readonly flowType: string | undefined;
  readonly signatureAlgorithm: string | undefined;
  readonly hashAlgorithm: string | undefined;
  readonly maskGenAlgorithm: string | undefined;
  readonly maskGenHashAlgorithm: string | undefined;
  readonly saltLength: number | undefined;
  readonly trailerField: string | undefined;
}

type Fields = ReadonlyMap<string, unknown>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The sessionID. */
export function readStarted(answer: unknown): string | undefined {
  const sessionID = text(fields(answer), "sessionID");
  return sessionID !== undefined && UUID.test(sessionID) ? sessionID : undefined;
}

export function readSignatureStarted(
  answer: unknown,
): { readonly sessionID: string; readonly verificationCode: string } | undefined {
  const sessionID = readStarted(answer);
  const vc = fields(fields(answer).get("vc"));
  const verificationCode = text(vc, "value");
  if (sessionID === undefined || text(vc, "type") !== "numeric4") return undefined;
  return verificationCode !== undefined && /^\d{4}$/.test(verificationCode) ? { sessionID, verificationCode } : undefined;
}

export function readSession(answer: unknown): SessionAnswer | undefined {
  const session = fields(answer);
  const state = text(session, "state");
  if (state === "RUNNING") return { state };
  const result = fields(session.get("result"));
  const endResult = text(result, "endResult");
  if (state !== "COMPLETE" || endResult === undefined) return undefined;
  const certificate = fields(session.get("cert"));
  return {
    state,
    endResult,
    documentNumber: text(result, "documentNumber"),
    signatureProtocol: text(session, "signatureProtocol"),
    interactionTypeUsed: text(session, "interactionTypeUsed"),
    certificate: text(certificate, "value"),
    certificateLevel: text(certificate, "certificateLevel"),
    signature: readSignature(fields(session.get("signature"))),
  };
}

function readSignature(signature: Fields): SignatureAnswer {
  const parameters = fields(signature.get("signatureAlgorithmParameters"));
  const maskGen = fields(parameters.get("maskGenAlgorithm"));
  const saltLength = parameters.get("saltLength");
  return {
    value: text(signature, "value"),
    serverRandom: text(signature, "serverRandom"),
    userChallenge: text(signature, "userChallenge"),
    flowType: text(signature, "flowType"),
    signatureAlgorithm: text(signature, "signatureAlgorithm"),
    hashAlgorithm: text(parameters, "hashAlgorithm"),
    maskGenAlgorithm: text(maskGen, "algorithm"),
    maskGenHashAlgorithm: text(fields(maskGen.get("parameters")), "hashAlgorithm"),
    saltLength: typeof saltLength === "number" ? saltLength : undefined,
    trailerField: text(parameters, "trailerField"),
  };
}

const fields = (value: unknown): Fields =>
  new Map<string, unknown>(typeof value === "object" && value !== null ? Object.entries(value) : []);

function text(record: Fields, name: string): string | undefined {
  const value = record.get(name);
  return typeof value === "string" ? value : undefined;
}
