// The whole conversation between a device and the server as somebody on the wire records it: behind TLS, envelopes closed.
import type { ServerConnection } from "../../src/authenticator/server-connection.ts";
import { fromUtf8 } from "../../src/protocol/encoding.ts";

export interface RecordedConnection extends ServerConnection {
  /** Bodies of all requests and answers, oldest first. What got lost on its way to the device is here too. */
  readonly traffic: string[];
  /** How many of the next answers the device never sees. */
  answersToLose: number;
}

export function recordedConnection(server: ServerConnection): RecordedConnection {
  const connection: RecordedConnection = {
    url: server.url,
    traffic: [],
    answersToLose: 0,
    fetch: async (input, init) => {
      if (typeof init?.body === "string") connection.traffic.push(init.body);
      const response = await server.fetch(input, init);
      connection.traffic.push(fromUtf8(new Uint8Array(await response.clone().arrayBuffer())));
      if (connection.answersToLose === 0) return response;
      connection.answersToLose--;
      throw new TypeError("the network is down");
    },
  };
  return connection;
}
