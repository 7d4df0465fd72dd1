// Whoever may send nothing else may send bodies: too long ones that say so, deny it or say nothing, packed ones that unpack to more than
// there is memory for, and such as never end. The same on every kind of route, and nobody is looked up for them.
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { bytesToHex } from "@noble/hashes/utils.js";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { AccountObject } from "../../durable/account/account-object.ts";
import { PersonObject } from "../../durable/person/person-object.ts";
import { SessionObject } from "../../durable/session/session-object.ts";
import { MAXIMUM_MESSAGE_LENGTH } from "../../src/channel/message.ts";
import { BODY_LIMIT, BODY_TIME_LIMIT } from "../../src/http/body.ts";
import worker from "../../src/index.ts";
import { ORDERS_PATH } from "../../src/protocol/operator-orders.ts";
import { expectProblem } from "../support/problem.ts";
import { anAuthentication, seedDemoParty } from "../support/relying-party.ts";

const JSON_TYPE = "application/json";

interface Route {
  readonly path: string;
  readonly type: string;
  readonly limit: number;
  /** DER that is in the answer, in hexadecimal: these say with status 200 in their own words that it was no request. */
  readonly says?: string;
}

/** Of each kind of body at least one. */
const ROUTES: readonly Route[] = [
  { path: "/device/messages", type: "application/jose", limit: MAXIMUM_MESSAGE_LENGTH },
  { path: "/device/accounts", type: JSON_TYPE, limit: BODY_LIMIT },
  { path: "/registration/self-asserted", type: JSON_TYPE, limit: BODY_LIMIT },
  { path: "/v3/authentication/notification/etsi/PNOEE-40504040001", type: JSON_TYPE, limit: BODY_LIMIT },
  { path: "/smart-id-rp/v3/authentication/device-link/anonymous", type: JSON_TYPE, limit: BODY_LIMIT },
  { path: "/v3/signature/certificate/PNOEE-40504040001-K2GN-Q", type: JSON_TYPE, limit: BODY_LIMIT },
  { path: ORDERS_PATH, type: "application/jose", limit: 4096 },
  { path: "/mock/device-link", type: JSON_TYPE, limit: BODY_LIMIT },
  // malformedRequest; rejection for badDataFormat.
  { path: "/pki/ocsp", type: "application/ocsp-request", limit: 8192, says: "30030a0101" },
  { path: "/pki/tsa", type: "application/timestamp-query", limit: 4096, says: "0302" },
];

type Body = ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | string;

/** To the Worker itself: what stands before it in tests reads bodies to their end. */
async function post({ path, type }: Pick<Route, "path" | "type">, body: Body, headers: Record<string, string> = {}) {
  const all = { "content-type": type, "cf-connecting-ip": "127.0.0.1", ...headers };
  const request = new Request(`http://localhost:8787${path}`, { method: "POST", headers: all, body });
  return worker.fetch(request, { ...env, TEST_PEOPLE_SERVICE: "http://127.0.0.1:9" }, createExecutionContext());
}

async function expectRefused({ says }: Route, response: Response, status: number): Promise<void> {
  if (says === undefined) return expectProblem(response, status);
  expect(response.status).toBe(200);
  expect(bytesToHex(new Uint8Array(await response.arrayBuffer()))).toContain(says);
}

/** As many bytes, a thousand at a time; then the end, or nothing any more. */
function streamOf(length: number, ending: "ends" | "hangs" | "breaks off" = "ends") {
  const seen = { sent: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (seen.sent < length) {
        const piece = new Uint8Array(Math.min(1000, length - seen.sent)).fill(0x20);
        seen.sent += piece.length;
        controller.enqueue(piece);
      } else if (ending === "ends") controller.close();
      else if (ending === "breaks off") controller.error(new Error("reset"));
      else await new Promise(() => undefined);
    },
    cancel: () => void (seen.cancelled = true),
  });
  return { stream, seen };
}

async function packed(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Of the clock on the wall, when the other one stands still. */
const realTimeout = globalThis.setTimeout;

/** Four megabytes in four kilobytes. */
let bomb: Uint8Array<ArrayBuffer>;
let lookups: readonly { readonly mock: { readonly calls: readonly unknown[] } }[];

beforeAll(async () => {
  await seedDemoParty();
  bomb = await packed(new Uint8Array(4_000_000).fill(0x20));
  if (bomb.length >= 4096) throw new Error("not small enough for every route");
});
beforeEach(() => {
  lookups = [
    vi.spyOn(AccountObject.prototype, "receive"),
    vi.spyOn(AccountObject.prototype, "handshake"),
    vi.spyOn(AccountObject.prototype, "acceptIdentity"),
    vi.spyOn(PersonObject.prototype, "accounts"),
    vi.spyOn(PersonObject.prototype, "accountsFor"),
    vi.spyOn(SessionObject.prototype, "start"),
    vi.spyOn(globalThis, "fetch"),
    vi.spyOn(globalThis, "DecompressionStream"),
  ];
});
afterEach(() => {
  const asked = lookups.flatMap(({ mock }) => mock.calls);
  vi.useRealTimers();
  vi.restoreAllMocks();
  if (asked.length > 0) throw new Error("somebody was looked up, or something unpacked");
});

describe.each(ROUTES)("a body for $path", (route) => {
  it("that is too long is refused, whatever it says of its length", async () => {
    const { limit } = route;
    for (const said of [undefined, "10", "0", "-1", "many", String(limit)]) {
      const { stream, seen } = streamOf(limit + 1);
      await expectRefused(route, await post(route, stream, said === undefined ? {} : { "content-length": said }), 413);
      // Else whoever sends it would see a broken connection, and no answer.
      expect(seen).toEqual({ sent: limit + 1, cancelled: false });
    }
    for (const said of [String(limit + 1), "1e9", "99999999999999999999"]) {
      const { stream, seen } = streamOf(10, "hangs");
      await expectRefused(route, await post(route, stream, { "content-length": said }), 413);
      expect(seen.sent).toBeLessThanOrEqual(10);
    }
  });

  it("that is packed is not unpacked, whether it says so or not", async () => {
    for (const encoding of ["gzip", "GZIP", "x-gzip", "deflate", "br", "zstd", "identity, gzip", "gzip, gzip", "?"]) {
      await expectRefused(route, await post(route, bomb, { "content-encoding": encoding }), 415);
      await expectRefused(route, await post(route, "{}", { "content-encoding": encoding }), 415);
    }
    await expectRefused(route, await post(route, bomb), 400);
  });

  it("that stands still is given up after half a minute, whatever came of it", async () => {
    for (const length of [0, 1, 1000, route.limit, route.limit + 1]) {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const { stream, seen } = streamOf(length, "hangs");
      const answer = post(route, stream);
      let answered = false;
      void answer.then(() => (answered = true));
      while (vi.getTimerCount() === 0) await new Promise((resolve) => realTimeout(resolve, 0));
      await vi.advanceTimersByTimeAsync(BODY_TIME_LIMIT - 1);
      expect(answered).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      await expectRefused(route, await answer, 408);
      expect(seen).toEqual({ sent: length, cancelled: true });
      expect(vi.getTimerCount()).toBe(0);
      vi.useRealTimers();
    }
  });

  it("that breaks off is refused", async () => {
    await expectRefused(route, await post(route, streamOf(1000, "breaks off").stream), 400);
  });
});

it("a body in its own form is looked at: what is refused above is refused for its wrapping", async () => {
  // Nobody of any other file: those of before may still be telling their person something.
  const route = { path: "/v3/authentication/notification/etsi/PNOLT-40504040009", type: JSON_TYPE };
  const request = JSON.stringify(anAuthentication());
  await expectProblem(await post(route, request), 404);
  for (const encoding of ["identity", "Identity"]) {
    await expectProblem(await post(route, request, { "content-encoding": encoding }), 404);
  }
  expect(lookups.flatMap(({ mock }) => mock.calls)).toHaveLength(3);
  vi.clearAllMocks();
});

it("no route reads a body by other means than these", () => {
  const sources = import.meta.glob<string>(
    ["../../src/{device,metering,mock,openapi,operator,pki,registration,relying-party}/**/*.ts", "../../src/index.ts"],
    { query: "?raw", import: "default", eager: true },
  );
  expect(Object.keys(sources).length).toBeGreaterThan(40);
  const bypasses = Object.entries(sources).filter(([, text]) =>
    /\b(req|request|raw)\.(arrayBuffer|blob|body|bytes|formData|json|parseBody|text)\b(?!\?)/.test(text),
  );
  expect(bypasses.map(([name]) => name)).toEqual([]);
});
