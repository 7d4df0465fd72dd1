// One order to the server and its answer back. Nothing is tried twice by itself: an operator decides that, and may, for orders that
// were carried out change nothing when they come again.
import { SignJWT } from "jose";
import { randomUUID } from "node:crypto";
import {
  type Answer,
  ANSWERS,
  type Order,
  ORDER_LIFETIME_SECONDS,
  ORDER_TYPE,
  type OrderClaims,
  ORDERS_PATH,
} from "../../src/protocol/operator-orders.ts";
import { CommandFailure } from "../authenticator/command-failure.ts";
import { printable } from "../authenticator/printable.ts";
import type { Access } from "./operator-key.ts";

const PATIENCE_MILLISECONDS = 30_000;

/** Throws a CommandFailure where the order was not carried out, or nobody knows whether it was. */
export async function giveOrder<Kind extends Order["kind"]>(
  { url, key }: Access,
  order: Extract<Order, { kind: Kind }>,
): Promise<Answer<Kind>> {
  const response = await post(url, await signOrder({ url, key }, order));
  const body = await response.json().catch(() => undefined);
  if (response.status !== 200) throw refusal(url, response.status, detailOf(body));
  const answer = ANSWERS[order.kind].safeParse(body);
  if (!answer.success) throw badAnswer(url, "it is of another version");
  return answer.data as Answer<Kind>;
}

function signOrder({ url, key }: Access, order: Order): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const claims: OrderClaims = { aud: url, iat: now, exp: now + ORDER_LIFETIME_SECONDS, jti: randomUUID(), order };
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: "ES256", typ: ORDER_TYPE }).sign(key);
}

async function post(url: string, body: string): Promise<Response> {
  const signal = AbortSignal.timeout(PATIENCE_MILLISECONDS);
  const headers = { "content-type": "application/jose" };
  try {
    return await fetch(`${url}${ORDERS_PATH}`, { method: "POST", headers, body, signal, redirect: "manual" });
  } catch (error) {
    const late = error instanceof Error && error.name === "TimeoutError";
    const reason = late ? "it took too long; whether the order was carried out, show tells" : "is it running?";
    throw new CommandFailure("server_unreachable", `No answer from ${url}: ${reason}`, 3);
  }
}

function refusal(url: string, status: number, detail: string | undefined): CommandFailure {
  switch (status) {
    case 401:
      return new CommandFailure(
        "not_the_operator",
        `${url} refuses the order: its OPERATOR_PUBLIC_KEY is of another key, its OPERATOR_AUDIENCE another address, or a clock is wrong`,
      );
    case 404:
      if (detail !== undefined) return new CommandFailure("not_found", detail);
      return new CommandFailure("no_orders", `${url} takes no orders: its OPERATOR_PUBLIC_KEY is not set (new-key makes one)`);
    case 409:
      return new CommandFailure("conflict", detail ?? "The order does not go with the account's state.");
    default:
      return badAnswer(url, `the server answered ${status}`);
  }
}

const badAnswer = (url: string, what: string): CommandFailure =>
  new CommandFailure("bad_answer", `${url} answers, but not as it should: ${what}`, 3);

/** Of a problem document (RFC 9457). */
function detailOf(body: unknown): string | undefined {
  const detail = typeof body === "object" && body !== null && "detail" in body ? body.detail : undefined;
  return typeof detail === "string" ? printable(detail) : undefined;
}
