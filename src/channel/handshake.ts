// Opens a device channel: ephemeral ECDH on P-256, the server's signature over the whole transcript (JWS, ES256), one key
// for each direction by HKDF-SHA-256 (RFC 5869). It protects against logging where TLS ends and against passive
// intermediaries. It cannot protect against an origin that serves a malicious app.
import { CompactSign, compactVerify, importJWK } from "jose";
import { z } from "zod/mini";
import { fromUtf8, toBase64Url, utf8 } from "../protocol/encoding.ts";
import { ecPublicKeySchema, type EcPublicKey, publicKeyOf } from "../protocol/ec-public-key.ts";

const CURVE = { name: "ECDH", namedCurve: "P-256" } as const;

/** What both sides derive. Each key has 32 bytes; the first one-time password is 43 characters of base64url. */
export interface ChannelKeys {
  readonly deviceToServer: Uint8Array<ArrayBuffer>;
  readonly serverToDevice: Uint8Array<ArrayBuffer>;
  readonly firstOneTimePassword: string;
}

/** The signed payload. Its SHA-256 is the transcript hash that an identity proof names. */
const transcriptSchema = z.strictObject({
  context: z.literal("tally-channel-1"),
  handle: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  deviceKey: ecPublicKeySchema,
  serverKey: ecPublicKeySchema,
  /** Opens second envelopes; see second-envelope.ts. */
  encryptionKey: ecPublicKeySchema,
});
type Transcript = z.infer<typeof transcriptSchema>;

export interface OpenedChannel {
  readonly handle: string;
  readonly keys: ChannelKeys;
  /** Base64url of 32 bytes. */
  readonly transcriptHash: string;
  readonly encryptionKey: EcPublicKey;
}

export const generateHandshakeKey = async (): Promise<CryptoKeyPair> =>
  (await crypto.subtle.generateKey(CURVE, false, ["deriveBits"])) as CryptoKeyPair;

/** The server's side: answers a device's key. Undefined for a key that is not a point on the curve. */
export async function answerHandshake(input: {
  readonly handle: string;
  readonly deviceKey: EcPublicKey;
  readonly signingKey: JsonWebKey;
  readonly encryptionKey: EcPublicKey;
}): Promise<(OpenedChannel & { readonly signedTranscript: string }) | undefined> {
  const deviceKey = await importPoint(input.deviceKey);
  if (deviceKey === undefined) return undefined;
  const own = await generateHandshakeKey();
  const transcript: Transcript = {
    context: "tally-channel-1",
    handle: input.handle,
    deviceKey: input.deviceKey,
    serverKey: publicKeyOf((await crypto.subtle.exportKey("jwk", own.publicKey)) as JsonWebKey),
    encryptionKey: input.encryptionKey,
  };
  const payload = utf8(JSON.stringify(transcript));
  const signedTranscript = await new CompactSign(payload)
    .setProtectedHeader({ alg: "ES256" })
    .sign(await importJWK(input.signingKey as Parameters<typeof importJWK>[0], "ES256"));
  return { ...(await open(own.privateKey, deviceKey, payload, transcript)), signedTranscript };
}

/** The device's side. Undefined where the signature, the transcript's shape or the device's own key in it is not right. */
export async function completeHandshake(input: {
  readonly own: CryptoKeyPair;
  readonly signedTranscript: string;
  /** From the server's published key set. */
  readonly signingKey: EcPublicKey;
}): Promise<OpenedChannel | undefined> {
  const key = await importJWK(input.signingKey, "ES256");
  const verified = await compactVerify(input.signedTranscript, key, { algorithms: ["ES256"] }).catch(() => undefined);
  if (verified === undefined) return undefined;
  const transcript = parseTranscript(verified.payload);
  const ownKey = publicKeyOf((await crypto.subtle.exportKey("jwk", input.own.publicKey)) as JsonWebKey);
  if (transcript?.deviceKey.x !== ownKey.x || transcript.deviceKey.y !== ownKey.y) return undefined;
  const serverKey = await importPoint(transcript.serverKey);
  if (serverKey === undefined) return undefined;
  return open(input.own.privateKey, serverKey, verified.payload, transcript);
}

function parseTranscript(payload: Uint8Array): Transcript | undefined {
  try {
    return transcriptSchema.safeParse(JSON.parse(fromUtf8(payload))).data;
  } catch {
    return undefined;
  }
}

async function importPoint(key: EcPublicKey): Promise<CryptoKey | undefined> {
  return crypto.subtle.importKey("jwk", { ...key, ext: true }, CURVE, true, []).catch(() => undefined);
}

async function open(own: CryptoKey, other: CryptoKey, payload: Uint8Array, transcript: Transcript): Promise<OpenedChannel> {
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: other }, own, 256);
  const material = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveBits"]);
  const transcriptHash = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(payload)));
  const derive = async (label: string): Promise<Uint8Array<ArrayBuffer>> => {
    const info = utf8(`tally-channel-1 ${label}`);
    return new Uint8Array(
      await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: transcriptHash, info }, material, 256),
    );
  };
  return {
    handle: transcript.handle,
    keys: {
      deviceToServer: await derive("device to server"),
      serverToDevice: await derive("server to device"),
      firstOneTimePassword: toBase64Url(await derive("first one-time password")),
    },
    transcriptHash: toBase64Url(transcriptHash),
    encryptionKey: transcript.encryptionKey,
  };
}

/** Both keys as the 64 bytes that are stored, wrapped. */
export const packChannelKeys = (keys: Pick<ChannelKeys, "deviceToServer" | "serverToDevice">): Uint8Array<ArrayBuffer> => {
  const packed = new Uint8Array(64);
  packed.set(keys.deviceToServer);
  packed.set(keys.serverToDevice, 32);
  return packed;
};

export const unpackChannelKeys = (packed: Uint8Array): Pick<ChannelKeys, "deviceToServer" | "serverToDevice"> => ({
  deviceToServer: packed.slice(0, 32),
  serverToDevice: packed.slice(32, 64),
});
