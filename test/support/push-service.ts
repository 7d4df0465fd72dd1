// A push service and a browser's end of it: catches what the server sends to allowed hosts, and decrypts it after RFC 8291 and
// RFC 8188 with WebCrypto alone, which shares nothing with the library that encrypts.
import { vi } from "vitest";
import type { PushSubscription } from "../../src/protocol/device-messages.ts";
import { concatBytes, fromBase64Url, fromUtf8, toBase64Url, utf8 } from "../../src/protocol/encoding.ts";

const CURVE = { name: "ECDH", namedCurve: "P-256" } as const;

export interface Browser {
  readonly subscription: PushSubscription;
  /** The plaintext. Throws for anything that was not encrypted to this subscription. */
  decrypt(body: Uint8Array): Promise<string>;
}

export async function newBrowser(
  endpoint = `https://fcm.googleapis.com/fcm/send/${toBase64Url(crypto.getRandomValues(new Uint8Array(33)))}`,
): Promise<Browser> {
  const keys = (await crypto.subtle.generateKey(CURVE, true, ["deriveBits"])) as CryptoKeyPair;
  const publicKey = new Uint8Array((await crypto.subtle.exportKey("raw", keys.publicKey)) as ArrayBuffer);
  const auth = crypto.getRandomValues(new Uint8Array(16));
  return {
    subscription: { endpoint, p256dh: toBase64Url(publicKey), auth: toBase64Url(auth) },
    decrypt: (body) => decryptPush({ privateKey: keys.privateKey, publicKey, auth }, body),
  };
}

interface BrowserKeys {
  readonly privateKey: CryptoKey;
  readonly publicKey: Uint8Array;
  readonly auth: Uint8Array;
}

/** One record of aes128gcm. */
export async function decryptPush({ privateKey, publicKey, auth }: BrowserKeys, body: Uint8Array): Promise<string> {
  const salt = body.slice(0, 16);
  const keyLength = body[20] ?? 0;
  const serverKey = body.slice(21, 21 + keyLength);
  const other = await crypto.subtle.importKey("raw", serverKey, CURVE, true, []);
  const shared = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: other }, privateKey, 256));
  const material = await expand(auth, shared, concatBytes(utf8("WebPush: info\0"), publicKey, serverKey), 32);
  const key = await expand(salt, material, utf8("Content-Encoding: aes128gcm\0"), 16);
  const iv = await expand(salt, material, utf8("Content-Encoding: nonce\0"), 12);
  const opened = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv },
    await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]),
    body.slice(21 + keyLength),
  );
  const padded = new Uint8Array(opened);
  const end = padded.lastIndexOf(2);
  if (end < 0 || padded.subarray(end + 1).some((byte) => byte !== 0)) throw new Error("no delimiter of a last record");
  return fromUtf8(padded.subarray(0, end));
}

async function expand(salt: Uint8Array, secret: Uint8Array, info: Uint8Array, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const material = await crypto.subtle.importKey("raw", new Uint8Array(secret), "HKDF", false, ["deriveBits"]);
  const parameters = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(salt), info: new Uint8Array(info) };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, material, length * 8));
}

export interface Delivery {
  readonly url: string;
  readonly init: RequestInit;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** Takes the place of the network until `vi.restoreAllMocks()`. Answers as told; every request is kept. */
export function pushService(answer: () => Response | Promise<Response> = () => new Response(null, { status: 201 })): Delivery[] {
  const deliveries: Delivery[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init = {}) => {
    const url = input instanceof Request ? input.url : String(input);
    deliveries.push({ url, init, headers: new Headers(init.headers as HeadersInit), body: init.body as Uint8Array });
    return answer();
  });
  return deliveries;
}

/** RFC 8291 appendix A: the receiver's keys, and the message "When I grow up, I want to be a watermelon". */
export const RFC_8291 = {
  privateKey: "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94",
  publicKey: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
  auth: "BTBZMqHH6r4Tts7J_aSIgg",
  body:
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6" +
    "cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
} as const;

export const importPrivateKey = async (d: string, publicKey: string): Promise<CryptoKey> => {
  const point = fromBase64Url(publicKey) ?? new Uint8Array(65);
  const [x, y] = [toBase64Url(point.slice(1, 33)), toBase64Url(point.slice(33))];
  return crypto.subtle.importKey("jwk", { kty: "EC", crv: "P-256", x, y, d }, CURVE, false, ["deriveBits"]);
};
