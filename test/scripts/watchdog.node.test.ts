// The watchdog of a local server: patient with single failures, not with a runtime that stays silent.
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { untilSilent } from "../../scripts/watchdog.ts";

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** How many requests it takes until the watchdog gives up on a server that answers the n-th so. */
async function requestsUntilSilent(answer: (response: ServerResponse, count: number) => void): Promise<number> {
  let count = 0;
  server = createServer((_, response) => answer(response, ++count)).listen(0, "localhost");
  await once(server, "listening");
  const url = `http://localhost:${(server.address() as AddressInfo).port}/health`;
  await untilSilent({ url, everyMilliseconds: 5, timeoutMilliseconds: 300, failures: 3 });
  return count;
}

describe("the watchdog", () => {
  it("gives up after three requests in a row that nobody answers", async () => {
    expect(await requestsUntilSilent(() => undefined)).toBe(3);
  });

  it("begins to count anew with each good answer", async () => {
    const broken = new Set([1, 2, 4, 5, 7, 8, 9]);
    expect(await requestsUntilSilent((response, count) => response.writeHead(broken.has(count) ? 500 : 200).end())).toBe(9);
  });
});
