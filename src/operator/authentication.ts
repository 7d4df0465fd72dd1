// Whether an order comes from the operator: by a signature alone, so that the Worker holds nothing that could give orders. Size,
// signature and what the signature is for come first; what the order means is for orders.ts.
import { errors, importJWK, jwtVerify } from "jose";
import { publicKeyOf } from "../protocol/ec-public-key.ts";
import { ORDER_LIFETIME_SECONDS, ORDER_TYPE } from "../protocol/operator-orders.ts";

/** Characters of a compact JWS; the longest order, for the heads of 32 audit chains, takes some 3300. */
export const MAXIMUM_ORDER_LENGTH = 4096;
/** Seconds that the operator's clock may be wrong by. */
const CLOCK_TOLERANCE = 5;

export interface ExpectedOrder {
  /** Public JWK as JSON. Throws where it is none: a setting that cannot work is the server's own fault. */
  readonly publicKey: string;
  /** Origin of this server. */
  readonly audience: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The claims of an authentic order, of whatever shape; undefined for everything else. */
export async function authenticClaims(
  message: string,
  { publicKey, audience, now }: ExpectedOrder,
): Promise<Record<string, unknown> | undefined> {
  const key = await importJWK(publicKeyOf(JSON.parse(publicKey) as JsonWebKey), "ES256");
  try {
    const { payload } = await jwtVerify(message, key, {
      // Neither `none`, nor HMAC with a key that everybody may know (RFC 8725 §3.1).
      algorithms: ["ES256"],
      typ: ORDER_TYPE,
      audience,
      requiredClaims: ["exp"],
      // From `iat`, which may not lie ahead either: nobody has a supply of orders for later.
      maxTokenAge: ORDER_LIFETIME_SECONDS,
      clockTolerance: CLOCK_TOLERANCE,
      currentDate: new Date(now),
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
