// Who runs the service: gives orders, signed with the operator's key.
import { createPrivateKey, type JsonWebKey, randomUUID } from "node:crypto";
import { SignJWT } from "jose";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import {
  type Answer,
  ANSWERS,
  type Order,
  ORDER_LIFETIME_SECONDS,
  ORDER_TYPE,
  ORDERS_PATH,
} from "../../src/protocol/operator-orders.ts";
import type { Send } from "./phone.ts";
import { hold } from "./violation.ts";

export class Operator {
  readonly #url: string;
  readonly #key: string;
  readonly #send: Send;

  /** `key`: private JWK, as JSON. */
  constructor(url: string, key: string, send: Send) {
    this.#url = url;
    this.#key = key;
    this.#send = send;
  }

  /** Throws `ServerUnreachable` where no answer came. */
  async give<Kind extends Order["kind"]>(order: Extract<Order, { kind: Kind }>): Promise<Answer<Kind>> {
    const body = await this.#sign(order);
    const init = { method: "POST", headers: { "content-type": "application/jose" }, body };
    const response = await this.#send(order.kind, `${this.#url}${ORDERS_PATH}`, init).catch(() => {
      throw new ServerUnreachable("no answer to an order");
    });
    const answer = ANSWERS[order.kind].safeParse(await response.json());
    hold("an order is carried out", answer.success, () => [order, response.status]);
    return answer.data as Answer<Kind>;
  }

  #sign(order: Order): Promise<string> {
    const key = createPrivateKey({ key: JSON.parse(this.#key) as JsonWebKey, format: "jwk" });
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ aud: this.#url, iat: now, exp: now + ORDER_LIFETIME_SECONDS, jti: randomUUID(), order })
      .setProtectedHeader({ alg: "ES256", typ: ORDER_TYPE })
      .sign(key);
  }
}
