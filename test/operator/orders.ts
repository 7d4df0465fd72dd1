// An operator's side of orders, and of every forgery of one.
import { importJWK, type JWTHeaderParameters, SignJWT } from "jose";
import { env, exports } from "cloudflare:workers";
import { type LocalSecrets } from "../../scripts/local-secrets.ts";
import { type Answer, ORDER_TYPE, type Order } from "../../src/protocol/operator-orders.ts";

export const ORIGIN = "http://localhost:8787";
export const operatorKey = JSON.parse((JSON.parse(env.TEST_SEED) as LocalSecrets).operatorKey) as JsonWebKey;

export const seconds = (): number => Math.floor(Date.now() / 1000);

export interface Forgery {
  readonly header?: Partial<JWTHeaderParameters>;
  readonly claims?: object;
  readonly key?: JsonWebKey | Uint8Array;
}

/** A signed order as `npm run account` makes it, save for what is changed. An undefined claim is left out. */
export async function sign(order: unknown, { header = {}, claims = {}, key = operatorKey }: Forgery = {}): Promise<string> {
  const now = seconds();
  const alg = header.alg ?? "ES256";
  return new SignJWT({ aud: ORIGIN, iat: now, exp: now + 60, jti: crypto.randomUUID(), order, ...claims })
    .setProtectedHeader({ alg, typ: ORDER_TYPE, ...header })
    .sign(key instanceof Uint8Array ? key : await importJWK(key, alg));
}

export const send = (message: string, origin = ORIGIN): Promise<Response> =>
  exports.default.fetch(`${origin}/operator/orders`, {
    method: "POST",
    headers: { "content-type": "application/jose" },
    body: message,
  });

/** The answer to an order that is carried out. */
export async function give<Kind extends Order["kind"]>(order: Extract<Order, { kind: Kind }>): Promise<Answer<Kind>> {
  const response = await send(await sign(order));
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  return await response.json();
}
