// POST /operator/orders: what an operator orders about accounts (protocol/operator-orders.ts). Not there at all where no operator's
// key is set.
import { Hono } from "hono";
import type { Environment } from "../environment.ts";
import { readText } from "../http/body.ts";
import { failureResponse } from "../http/failures.ts";
import { validate } from "../http/validation.ts";
import { orderClaimsSchema } from "../protocol/operator-orders.ts";
import { authenticClaims, MAXIMUM_ORDER_LENGTH } from "./authentication.ts";
import { logAccount, logOrder, logOutcome } from "./order-log.ts";
import { carryOut } from "./orders.ts";

export const operatorRoutes = new Hono<{ Bindings: Environment }>()

  /** A compact JWS in (`application/jose`), JSON out. */
  .post("/orders", async (context) => {
    const publicKey = context.env.OPERATOR_PUBLIC_KEY;
    if (publicKey === "") return failureResponse({ kind: "not_found" });
    const message = await readText(context.req.raw, MAXIMUM_ORDER_LENGTH);
    if (!message.ok) return failureResponse(message.failure);
    const now = Date.now();
    const claims = await authenticClaims(message.value, { publicKey, audience: audienceOf(context.env, context.req.url), now });
    if (claims === undefined) return failureResponse({ kind: "not_the_operator" });
    const valid = validate(orderClaimsSchema, claims);
    if (!valid.ok) return failureResponse(valid.failure);
    const { jti, order } = valid.value;
    logOrder(jti, order);
    const outcome = await carryOut(context.env, order, { now, order: jti, found: (handle) => logAccount(jti, handle) });
    logOutcome(jti, outcome);
    if (!outcome.ok) return failureResponse(outcome.failure);
    return context.json(outcome.value, 200, { "cache-control": "no-store" });
  });

/** What a request calls this server's origin is its `Host`: whoever has an order for another server can write that there too. */
function audienceOf({ OPERATOR_AUDIENCE }: Environment, url: string): string {
  return new URL(OPERATOR_AUDIENCE === "" ? url : OPERATOR_AUDIENCE).origin;
}
