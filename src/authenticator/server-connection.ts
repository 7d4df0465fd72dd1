// The device's HTTP calls. Nothing here is secret: what must not be read lies in the envelopes.
import { z } from "zod/mini";
import { type EcPublicKey, ecPublicKeySchema } from "../protocol/ec-public-key.ts";
import { fromUtf8 } from "../protocol/encoding.ts";
import { type RegistrationAbout, registrationAboutSchema } from "../protocol/registration-about.ts";

export interface ServerConnection {
  /** Origin, without a trailing slash. */
  readonly url: string;
  readonly fetch: typeof fetch;
}

/** Thrown where no whole answer came, or one that is not from a Tally server. What was asked for may have been done all the same. */
export class ServerUnreachable extends Error {
  override name = "ServerUnreachable";
}

/** The server said no, with a problem document (RFC 9457). */
export interface Refusal {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** The first thing that is wrong: where in the request, as a JSON Pointer in a URI fragment, and its stable code. */
  readonly error?: { readonly pointer: string; readonly code: string };
}

const keySetSchema = z.object({
  keys: z.array(z.object({ use: z.enum(["sig", "enc"]), x: z.string(), y: z.string() })).check(z.maxLength(8)),
});
const handshakeAnswerSchema = z.object({ handle: z.string(), signedTranscript: z.string().check(z.maxLength(8192)) });
const identityAnswerSchema = z.object({ level: z.string() });
const problemSchema = z.object({
  title: z.string(),
  detail: z.optional(z.string()),
  errors: z.optional(z.array(z.object({ code: z.string(), pointer: z.optional(z.string()) })).check(z.maxLength(20))),
});

/** `www-authenticate` of the server's plain 401. Gateways and proxies have a 401 of their own, which must end no account. */
const CHANNEL_CHALLENGE = "Channel";

/** No request of a device waits for a person: an answer that takes longer does not come, and is resumed. */
const TIME_LIMIT_MS = 30_000;
const TRANSIENT = new Set([429, 502, 503, 504]);

/** The key that signs transcripts. */
export async function fetchSigningKey(server: ServerConnection): Promise<EcPublicKey> {
  const { keys } = await read(await send(server, "/device/keys"), keySetSchema);
  const signing = keys.find((key) => key.use === "sig");
  const key = ecPublicKeySchema.safeParse({ kty: "EC", crv: "P-256", x: signing?.x, y: signing?.y });
  if (!key.success) throw notTally();
  return key.data;
}

export async function postHandshake(server: ServerConnection, deviceKey: EcPublicKey): Promise<string> {
  const response = await send(server, "/device/accounts", { deviceKey });
  return (await read(response, handshakeAnswerSchema)).signedTranscript;
}

/** How people can prove who they are there, and who runs it. */
export const fetchRegistrationAbout = async (server: ServerConnection): Promise<RegistrationAbout> =>
  read(await send(server, "/registration/about"), registrationAboutSchema);

/** Undefined for success. */
export async function postIdentityProof(server: ServerConnection, method: string, proof: object): Promise<Refusal | undefined> {
  const response = await send(server, `/registration/${method}`, proof);
  if (!response.ok) {
    const { title, detail = "", errors: [first] = [] } = await readJson(response, problemSchema);
    const error = first && { pointer: first.pointer ?? "", code: first.code };
    return { status: response.status, title, detail, ...(error && { error }) };
  }
  await readJson(response, identityAnswerSchema);
  return undefined;
}

/** The sealed answer, or undefined where the server does not know this channel (401). */
export async function postMessage(server: ServerConnection, message: string): Promise<string | undefined> {
  const response = await send(server, "/device/messages", message);
  const { status, ok, headers } = response;
  if (status === 401 && headers.get("www-authenticate") === CHANNEL_CHALLENGE) return undefined;
  if (!ok) throw new ServerUnreachable(`the server answered ${status}`);
  return readText(response);
}

async function read<Answer>(response: Response, schema: z.ZodMiniType<Answer>): Promise<Answer> {
  if (!response.ok) throw notTally();
  return readJson(response, schema);
}

async function readJson<Answer>(response: Response, schema: z.ZodMiniType<Answer>): Promise<Answer> {
  const answer = schema.safeParse(parseJson(await readText(response)));
  if (!answer.success) throw notTally();
  return answer.data;
}

/** The body may still be cut off, or take too long, when the headers are here. */
async function readText(response: Response): Promise<string> {
  try {
    return fromUtf8(new Uint8Array(await response.arrayBuffer()));
  } catch (error) {
    throw new ServerUnreachable("the answer could not be read", { cause: error });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const notTally = (): ServerUnreachable => new ServerUnreachable("what answers is not a Tally server");

async function send(server: ServerConnection, path: string, body?: object | string): Promise<Response> {
  const isText = typeof body === "string";
  const init: RequestInit =
    body === undefined
      ? {}
      : {
          method: "POST",
          headers: { "content-type": isText ? "application/jose" : "application/json" },
          body: isText ? body : JSON.stringify(body),
        };
  const { fetch } = server;
  const signal = AbortSignal.timeout(TIME_LIMIT_MS);
  const response = await fetch(`${server.url}${path}`, { ...init, signal }).catch((error: unknown) => {
    throw new ServerUnreachable("the server could not be reached", { cause: error });
  });
  if (TRANSIENT.has(response.status)) throw new ServerUnreachable(`the server answered ${response.status}`);
  return response;
}
