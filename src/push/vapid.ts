// Who this server is to push services (VAPID, RFC 8292): its key and whom they may write to.
import type { Environment } from "../environment.ts";
import { concatBytes, fromBase64Url, toBase64Url } from "../protocol/encoding.ts";
import { publicKeyOf } from "../protocol/ec-public-key.ts";

export interface VapidDetails {
  /** A `mailto:` or `https:` address. */
  readonly subject: string;
  /** Uncompressed point, 65 bytes, base64url: what devices subscribe with as `applicationServerKey`. */
  readonly publicKey: string;
  /** 32 bytes, base64url. */
  readonly privateKey: string;
}

/** Throws where the deployment's secret or variable is not what wrangler.toml asks for. */
export async function vapidDetails(environment: Pick<Environment, "VAPID_PRIVATE_KEY" | "VAPID_SUBJECT">): Promise<VapidDetails> {
  const subject = environment.VAPID_SUBJECT;
  if (!/^(mailto:[^\s@]+@[^\s@]+|https:\/\/[^\s/]+\S*)$/.test(subject)) {
    throw new Error("VAPID_SUBJECT must be a mailto: or https: address");
  }
  const key = JSON.parse(await environment.VAPID_PRIVATE_KEY.get()) as JsonWebKey;
  const { x, y } = publicKeyOf(key);
  const point = [x, y].map((coordinate) => fromBase64Url(coordinate) ?? new Uint8Array(0));
  const privateKey = key.d ?? "";
  if (fromBase64Url(privateKey)?.length !== 32) throw new Error("VAPID_PRIVATE_KEY must be a private JWK on P-256");
  return { subject, publicKey: toBase64Url(concatBytes(Uint8Array.of(4), ...point)), privateKey };
}
