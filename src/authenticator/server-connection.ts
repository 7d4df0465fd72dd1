// The device's HTTP calls. Nothing here is secret: what must not be read lies in the envelopes.
import { z } from "zod";
import { type EcPublicKey, ecPublicKeySchema } from "../protocol/ec-public-key.ts";
import { fromUtf8 } from "../protocol/encoding.ts";

export interface ServerConnection {
  /** Origin, without a trailing slash. */
  readonly url: string;
  readonly fetch: typeof fetch;
}

/** Thrown where no answer came, or one that is not from a Tally server. */
export class ServerUnreachable extends Error {
  override name = "ServerUnreachable";
}

/** The server said no, with a problem document (RFC 9457). */
export interface Refusal {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

const keySetSchema = z.object({
  keys: z.array(z.object({ use: z.enum(["sig", "enc"]), x: z.string(), y: z.string() })).max(8),
});
const handshakeAnswerSchema = z.object({ handle: z.string(), signedTranscript: z.string().max(8192) });
const problemSchema = z.object({ title: z.string().default(""), detail: z.string().default("") });

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

/** Undefined for success. */
export async function postIdentityProof(server: ServerConnection, method: string, proof: object): Promise<Refusal | undefined> {
  const response = await send(server, `/registration/${method}`, proof);
  return response.ok ? undefined : refusalOf(response);
}

/** The sealed answer, or undefined where the server does not know this channel (401). */
export async function postMessage(server: ServerConnection, message: string): Promise<string | undefined> {
  const response = await send(server, "/device/messages", message);
  if (response.status === 401) return undefined;
  if (!response.ok) throw new ServerUnreachable(`the server answered ${response.status}`);
  return fromUtf8(new Uint8Array(await response.arrayBuffer()));
}

async function read<Answer>(response: Response, schema: z.ZodType<Answer>): Promise<Answer> {
  const answer = schema.safeParse(await response.json().catch(() => undefined));
  if (!response.ok || !answer.success) throw notTally();
  return answer.data;
}

const notTally = (): ServerUnreachable => new ServerUnreachable("what answers is not a Tally server");

async function refusalOf(response: Response): Promise<Refusal> {
  const problem = problemSchema.safeParse(await response.json().catch(() => ({})));
  return { status: response.status, title: problem.data?.title ?? "", detail: problem.data?.detail ?? "" };
}

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
