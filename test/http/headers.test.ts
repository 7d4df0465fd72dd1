// Whatever the Worker answers tells browsers that it is no page.
import { exports } from "cloudflare:workers";
import { Hono } from "hono";
import { afterEach, expect, it, vi } from "vitest";
import { answerError } from "../../src/http/errors.ts";
import { failureResponse } from "../../src/http/failures.ts";
import { answerHeaders } from "../../src/http/headers.ts";

const EXPECTED = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
};

const headersOf = (response: Response): object =>
  Object.fromEntries(Object.keys(EXPECTED).map((name) => [name, response.headers.get(name)]));

const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  exports.default.fetch(new Request(`http://localhost:8787${path}`, init));

afterEach(() => void vi.restoreAllMocks());

it.each([
  ["/health", "GET", 200],
  ["/nowhere", "GET", 404],
  ["/demo", "GET", 404],
  ["/device/keys", "GET", 200],
  ["/device/live", "GET", 426],
  ["/device/messages", "POST", 401],
  ["/registration/about", "GET", 200],
  ["/registration/self-asserted", "POST", 415],
  ["/v3/session/x", "GET", 404],
  ["/smart-id-rp/v3/authentication/notification/etsi/x", "POST", 400],
])("%s (%s)", async (path, method, status) => {
  const response = await ask(path, { method });
  expect(response.status).toBe(status);
  expect(headersOf(response)).toEqual(EXPECTED);
});

it("an unexpected error", async () => {
  vi.spyOn(console, "error").mockReturnValue();
  const application = new Hono().onError(answerError).use(answerHeaders);
  application.get("/", () => {
    throw new Error("broken");
  });
  const response = await application.request("/");
  expect(response.status).toBe(500);
  expect(headersOf(response)).toEqual(EXPECTED);
});

it("the refusal that ends an account on its device keeps its challenge", async () => {
  const response = await ask("/device/messages", { method: "POST", body: "x" });
  expect(response.headers.get("www-authenticate")).toBe("Channel");
  expect(failureResponse({ kind: "unauthorized" }).headers.get("www-authenticate")).toBe("Channel");
});

it("what an answer says by itself stays", async () => {
  const application = new Hono().use(answerHeaders);
  application.get("/", (context) => context.body("", 200, { "referrer-policy": "same-origin" }));
  expect(headersOf(await application.request("/"))).toEqual({ ...EXPECTED, "referrer-policy": "same-origin" });
});
