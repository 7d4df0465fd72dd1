// A push subscription (Push API) as a device hands it over. Its keys are what the payload is encrypted to (RFC 8291).
import type { PushSubscription } from "../protocol/device-messages.ts";
import { fromBase64Url } from "../protocol/encoding.ts";

const PUBLIC_KEY_LENGTH = 65;
const SECRET_LENGTH = 16;

/** Whether a payload can be encrypted to it: the key is a point on P-256, the secret has its length, both are spelled strictly. */
export async function canBeEncryptedTo({ p256dh, auth }: PushSubscription): Promise<boolean> {
  const publicKey = fromBase64Url(p256dh);
  if (publicKey?.length !== PUBLIC_KEY_LENGTH || fromBase64Url(auth)?.length !== SECRET_LENGTH) return false;
  return crypto.subtle.importKey("raw", publicKey, { name: "ECDH", namedCurve: "P-256" }, true, []).then(
    () => true,
    () => false,
  );
}
