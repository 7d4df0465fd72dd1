// Answers of the API, from JSON of unknown shape to fields of known types. Unknown fields are ignored, as the documentation asks; a
// field of another type than it has makes the whole answer unreadable. What a field must be worth is for verification/ to say.
import { fromBase64 } from "../encoding.ts";
import { type CertificateAnswer, END_RESULTS, type SessionAnswer, type SignatureAnswer } from "./answer.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

class Unreadable extends Error {}

/** A reader that gives undefined for what cannot be read. */
const reader =
  <Value>(read: (record: Fields) => Value) =>
  (answer: unknown): Value | undefined => {
    try {
      return read(new Fields(answer));
    } catch (error) {
      if (error instanceof Unreadable) return undefined;
      throw error;
    }
  };

export const readSessionID = reader((answer) => ({ sessionID: sessionID(answer) }));

/** With the code that the server drew. */
export const readVerificationCode = reader((answer) => {
  const vc = answer.record("vc");
  if (vc.required("type") !== "numeric4") throw new Unreadable();
  return { sessionID: sessionID(answer), verificationCode: matching(vc.required("value"), /^\d{4}$/) };
});

export const readDeviceLink = reader((answer) => {
  const sessionSecret = answer.required("sessionSecret");
  if (sessionSecret.length < 24 || fromBase64(sessionSecret) === undefined) throw new Unreadable();
  const deviceLinkBase = matching(answer.required("deviceLinkBase"), /^https?:\/\/[^\s?#|]{1,512}$/);
  if (!URL.canParse(deviceLinkBase)) throw new Unreadable();
  const sessionToken = matching(answer.required("sessionToken"), /^[A-Za-z0-9]{24,256}$/);
  return { sessionID: sessionID(answer), sessionToken, sessionSecret, deviceLinkBase };
});

export const readCertificate = reader((answer): CertificateAnswer => {
  const state = answer.required("state");
  if (state === "DOCUMENT_UNUSABLE") return { state };
  if (state !== "OK") throw new Unreadable();
  const certificate = answer.record("cert");
  return { state, certificate: { value: certificate.required("value"), level: certificate.required("certificateLevel") } };
});

export const readSession = reader((session): SessionAnswer => {
  const state = session.required("state");
  if (state === "RUNNING") return { state };
  if (state !== "COMPLETE") throw new Unreadable();
  const result = session.record("result");
  const endResult = result.required("endResult");
  const certificate = session.optionalRecord("cert");
  const signature = session.optionalRecord("signature");
  return {
    state,
    endResult: END_RESULTS.find((known) => known === endResult) ?? "UNKNOWN",
    ...present({
      documentNumber: result.text("documentNumber"),
      refusedInteraction: result.optionalRecord("details")?.text("interaction"),
      signatureProtocol: session.text("signatureProtocol"),
      interactionTypeUsed: session.text("interactionTypeUsed"),
      deviceIpAddress: session.text("deviceIpAddress"),
      ignoredProperties: session.texts("ignoredProperties"),
      certificate: certificate && { value: certificate.required("value"), level: certificate.required("certificateLevel") },
      signature: signature && readSignature(signature),
    }),
  };
});

function readSignature(signature: Fields): SignatureAnswer {
  const parameters = signature.optionalRecord("signatureAlgorithmParameters");
  const maskGen = parameters?.optionalRecord("maskGenAlgorithm");
  return present({
    flowType: signature.text("flowType"),
    value: signature.text("value"),
    serverRandom: signature.text("serverRandom"),
    userChallenge: signature.text("userChallenge"),
    signatureAlgorithm: signature.text("signatureAlgorithm"),
    hashAlgorithm: parameters?.text("hashAlgorithm"),
    maskGenAlgorithm: maskGen?.text("algorithm"),
    maskGenHashAlgorithm: maskGen?.optionalRecord("parameters")?.text("hashAlgorithm"),
    saltLength: parameters?.number("saltLength"),
    trailerField: parameters?.text("trailerField"),
  });
}

function sessionID(answer: Fields): string {
  return matching(answer.required("sessionID"), UUID);
}

function matching(text: string, pattern: RegExp): string {
  if (!pattern.test(text)) throw new Unreadable();
  return text;
}

/** Own fields of a JSON object; null counts as absent. */
class Fields {
  readonly #fields: ReadonlyMap<string, unknown>;

  constructor(value: unknown) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Unreadable();
    this.#fields = new Map<string, unknown>(Object.entries(value));
  }

  text(name: string): string | undefined {
    const value = this.#fields.get(name) ?? undefined;
    if (value === undefined || typeof value === "string") return value;
    throw new Unreadable();
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw new Unreadable();
    return value;
  }

  number(name: string): number | undefined {
    const value = this.#fields.get(name) ?? undefined;
    if (value === undefined || typeof value === "number") return value;
    throw new Unreadable();
  }

  texts(name: string): readonly string[] | undefined {
    const value = this.#fields.get(name) ?? undefined;
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((text): text is string => typeof text === "string")) return value;
    throw new Unreadable();
  }

  optionalRecord(name: string): Fields | undefined {
    const value = this.#fields.get(name) ?? undefined;
    return value === undefined ? undefined : new Fields(value);
  }

  record(name: string): Fields {
    return new Fields(this.#fields.get(name));
  }
}

type Present<Values> = { readonly [Name in keyof Values]?: Exclude<Values[Name], undefined> };

/** Without the fields that are not there, so that JSON and back is the same. */
const present = <Values extends object>(values: Values): Present<Values> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<Values>;
