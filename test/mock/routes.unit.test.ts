// The route by which a test person opens a device link, on its own: where it exists, and what it lets through to the simulator.
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Environment } from "../../src/environment.ts";
import { mockRoutes } from "../../src/mock/routes.ts";

const SERVICE = "http://127.0.0.1:9/secret";
const BODY = { documentNumber: "PNOEE-40404040009-MOCK-Q", deviceLink: "https://tally.example/link?x", flowType: "QR" };

/** `service`: its answer; a string is a status without a body, undefined an end of its process. */
function deployment(service: Response | undefined, environment: Partial<Environment> = {}) {
  const asked: { url: string; body: unknown }[] = [];
  vi.stubGlobal("fetch", (url: string, init: { body: string }) => {
    asked.push({ url, body: JSON.parse(init.body) });
    return service === undefined ? Promise.reject(new TypeError("refused")) : Promise.resolve(service);
  });
  const send = async (body: unknown, type = "application/json") => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const request = { method: "POST", body: text, headers: { "content-type": type } };
    const bindings = { LOCAL_MODE: "true", TEST_PEOPLE_SERVICE: SERVICE, ...environment };
    return mockRoutes.request("/device-link", request, bindings);
  };
  return { asked, send };
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("POST /mock/device-link", () => {
  it("is nobody's path outside of local mode, and where there are no test people", async () => {
    for (const LOCAL_MODE of ["false", "", "TRUE", "1"]) {
      const { asked, send } = deployment(Response.json({ opened: true }), { LOCAL_MODE });
      expect((await send(BODY)).status).toBe(404);
      expect(asked).toEqual([]);
    }
    const { TEST_PEOPLE_SERVICE: _, ...without } = { LOCAL_MODE: "true", TEST_PEOPLE_SERVICE: "" };
    const request = { method: "POST", body: JSON.stringify(BODY), headers: { "content-type": "application/json" } };
    expect((await mockRoutes.request("/device-link", request, without)).status).toBe(404);
  });

  it("hands on what it knows, and nothing else, and answers as the service does", async () => {
    const { asked, send } = deployment(Response.json({ opened: false, reason: "stale_link" }));
    const response = await send({ ...BODY, browserCookie: null, other: "field" });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ opened: false, reason: "stale_link" });
    expect(asked).toEqual([{ url: `${SERVICE}/device-link`, body: BODY }]);
  });

  it("says with a problem document who is unknown or not there yet, and that the simulator is gone", async () => {
    const cases = [
      [new Response(null, { status: 404 }), 404, "No such account."],
      [new Response(null, { status: 409 }), 409, "still being enrolled"],
      [new Response(null, { status: 500 }), 409, "does not answer"],
      [undefined, 409, "does not answer"],
    ] as const;
    for (const [service, status, detail] of cases) {
      const response = await deployment(service).send(BODY);
      expect(response.status).toBe(status);
      expect(await response.json()).toMatchObject({ detail: expect.stringContaining(detail) as string });
    }
  });

  it("takes JSON only, which no foreign page sends unasked, and only in the form that it documents", async () => {
    const { asked, send } = deployment(Response.json({ opened: true }));
    expect((await send(BODY, "text/plain")).status).toBe(415);
    for (const body of [
      "{ half",
      "[]",
      "null",
      {},
      { ...BODY, flowType: "Notification" },
      { ...BODY, deviceLink: "x".repeat(2049) },
    ]) {
      expect((await send(body)).status).toBe(400);
    }
    expect((await send({ ...BODY, browserCookie: "a=b\r\nx: y" })).status).toBe(400);
    expect((await send({ ...BODY, initialCallbackUrl: "http://bank.example/" })).status).toBe(400);
    expect(asked).toEqual([]);
  });
});
