// The page of a relying party that people return to after a same-device flow: remembers who came, and with which cookie.
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Visit {
  /** Without the query. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly cookie: string | undefined;
}

export interface CallbackListener {
  /** A callback of its own, unpredictable, with a parameter in it. */
  readonly newAddress: () => string;
  /** The visit to this address, now or when it comes. */
  readonly visitTo: (address: string) => Promise<Visit>;
  /** Every visit so far. */
  readonly visits: readonly Visit[];
  readonly stop: () => void;
}

export async function listenForCallbacks(): Promise<CallbackListener> {
  const visits: Visit[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://localhost");
    visits.push({ path: url.pathname, parameters: Object.fromEntries(url.searchParams), cookie: request.headers.cookie });
    response.end();
    for (const look of waiting) look();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    visits,
    newAddress: () => `http://127.0.0.1:${port}/callback?value=${randomBytes(16).toString("base64url")}`,
    visitTo: (address) => {
      const value = new URL(address).searchParams.get("value");
      return new Promise((resolve) => {
        const look = () => {
          const visit = visits.find(({ parameters }) => parameters["value"] === value);
          if (visit === undefined) return;
          waiting.delete(look);
          resolve(visit);
        };
        waiting.add(look);
        look();
      });
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
