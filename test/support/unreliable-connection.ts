// A network that loses what it is told to lose: requests before they arrive, or answers on their way back.
import type { ServerConnection } from "../../src/authenticator/server-connection.ts";
import { server } from "./headless-device.ts";

export type Fate = "arrives" | "request lost" | "answer lost";

export interface UnreliableConnection extends ServerConnection {
  /** Taken from the front, one for each message of the channel; `arrives` when it is empty. */
  readonly fates: Fate[];
}

export function unreliableConnection(): UnreliableConnection {
  const fates: Fate[] = [];
  return {
    url: server.url,
    fates,
    fetch: async (input, init) => {
      const isMessage = typeof input === "string" && input.endsWith("/device/messages");
      const fate = isMessage ? (fates.shift() ?? "arrives") : "arrives";
      if (fate === "request lost") throw new TypeError("the network is down");
      const response = await server.fetch(input, init);
      if (fate === "answer lost") throw new TypeError("the network is down");
      return response;
    },
  };
}
