// The contract test itself: an answer that is not as documented is found, wherever a test gets it from.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ANSWERS, REQUESTS, SESSION } from "../../src/openapi/examples.ts";
import { contractFaults, type Exchange, isOfContract } from "./contract.ts";
import { takeFaults } from "./observed.ts";

const ORIGIN = "http://localhost:8787";
const problem = (status: number) => ({ type: "about:blank", status, title: "Whatever" });

function exchange(
  changes: Partial<Omit<Exchange, "body" | "headers">> & { body?: unknown; headers?: Record<string, string> },
): Exchange {
  const { status = 200, body = ANSWERS.started, headers = {}, ...rest } = changes;
  const type = status === 200 ? "application/json" : "application/problem+json";
  return {
    method: "POST",
    url: `${ORIGIN}/v3/authentication/notification/etsi/PNOEE-40504040001`,
    requestBody: JSON.stringify(REQUESTS.authentication),
    ...rest,
    status,
    headers: new Headers({ "content-type": type, ...headers }),
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

const session = (body: unknown, query = "") =>
  exchange({ method: "GET", url: `${ORIGIN}/smart-id-rp/v3/session/${SESSION}${query}`, requestBody: "", body });
const { signature, cert, result } = ANSWERS.authenticated;

describe("an answer as documented", () => {
  it.each([
    exchange({}),
    exchange({ url: `${ORIGIN}/v3//authentication/notification/etsi/PNOEE-40504040001` }),
    exchange({ status: 404, body: problem(404) }),
    exchange({ status: 429, body: problem(429), headers: { "retry-after": "30" } }),
    exchange({ status: 401, body: problem(401), headers: { "www-authenticate": "Bearer" } }),
    session(ANSWERS.running, "?timeoutMs=1000"),
    session(ANSWERS.authenticated),
    session(ANSWERS.signed),
    session(ANSWERS.signedWithEd25519),
    session(ANSWERS.chosen),
    session(ANSWERS.refused),
    exchange({ method: "PUT", status: 404, body: problem(404) }),
    exchange({ url: `${ORIGIN}/v3/nothing`, status: 404, body: problem(404) }),
  ])("has no fault: $method $url $status", (fine) => {
    expect(contractFaults(fine)).toEqual([]);
  });
});

describe("a fault is found", () => {
  it.each([
    ["a field too much", exchange({ body: { ...ANSWERS.started, more: 1 } }), /more/],
    ["a field too few", exchange({ body: {} }), /sessionID/],
    ["another type", exchange({ body: { sessionID: 7 } }), /sessionID/],
    ["no JSON", exchange({ body: "{" }), /not JSON/],
    ["another content type", exchange({ headers: { "content-type": "text/plain" } }), /content type is text\/plain/],
    ["another success", exchange({ status: 201, headers: { "content-type": "application/json" } }), /not documented/],
    ["a status that the route has not", session(problem(403)), /body/],
    ["an undocumented refusal", exchange({ status: 409, body: problem(409) }), /startAuthenticationOfPerson/],
    ["a problem of another status", exchange({ status: 404, body: problem(403) }), /status/],
    ["429 without Retry-After", exchange({ status: 429, body: problem(429) }), /Retry-After/],
    ["401 without a challenge", exchange({ status: 401, body: problem(401) }), /WWW-Authenticate/],
    ["a path that nothing is documented at", exchange({ url: `${ORIGIN}/v3/nothing` }), /404/],
    ["a method that nothing is documented for", exchange({ method: "DELETE" }), /404/],
    ["a request that the document forbids", exchange({ requestBody: "{}" }), /accepted against the document/],
    ["a time-out that the document forbids", session(ANSWERS.running, "?timeoutMs=5"), /timeoutMs/],
    ["a person that the document forbids", exchange({ url: `${ORIGIN}/v3/authentication/notification/etsi/x` }), /semanticsId/],
    ["an unknown end", session({ state: "COMPLETE", result: { endResult: "MAYBE" } }), /endResult/],
    ["OK without an account", session({ ...ANSWERS.authenticated, result: { endResult: "OK" } }), /documentNumber/],
    ["OK without a certificate", session({ ...ANSWERS.authenticated, cert: undefined }), /cert/],
    [
      "a login without a challenge",
      session({ ...ANSWERS.authenticated, signature: ANSWERS.signed.signature }),
      /serverRandom|signatureProtocol/,
    ],
    ["a signature with a challenge", session({ ...ANSWERS.signed, signature }), /serverRandom|signatureProtocol/],
    [
      "upper case where clients insist on lower",
      session({ ...ANSWERS.authenticated, signature: { ...signature, signatureAlgorithm: "RSASSA-PSS" } }),
      /rsassa-pss|signatureAlgorithm/,
    ],
    [
      "parameters of PSS with ed25519",
      session({ ...ANSWERS.signedWithEd25519, signature: { ...ANSWERS.signed.signature, signatureAlgorithm: "ed25519" } }),
      /signatureAlgorithm/,
    ],
    ["QSCD as a level", session({ ...ANSWERS.authenticated, cert: { ...cert, certificateLevel: "QSCD" } }), /certificateLevel/],
    [
      "a refusal with a signature",
      session({ ...ANSWERS.authenticated, result: { ...result, endResult: "USER_REFUSED" } }),
      /endResult/,
    ],
    [
      "a refused screen that is not named",
      session({ state: "COMPLETE", result: { endResult: "USER_REFUSED_INTERACTION" } }),
      /details|endResult/,
    ],
  ])("%s", (_name, wrong, said) => {
    const faults = contractFaults(wrong);
    expect(faults.join("\n")).toMatch(said);
    expect(faults[0]).toContain(`${wrong.method} ${new URL(wrong.url).pathname} was answered ${wrong.status}: `);
  });
});

it("other addresses are none of its business", () => {
  for (const path of ["/health", "/device/keys", "/v3", "/v33/x", "/demo/v3/x"])
    expect(isOfContract(`${ORIGIN}${path}`)).toBe(false);
  for (const path of ["/v3/x", "/smart-id-rp/v3/x", "//v3/x", "/mock/device-link"])
    expect(isOfContract(`${ORIGIN}${path}`)).toBe(true);
});

describe("whoever asks a server in Node", () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end('{"state":"RUNNING","more":1}');
  });
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it("gets the answer, and the test fails after it", async () => {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/v3/session/${SESSION}`);
    expect(await response.json()).toEqual({ state: "RUNNING", more: 1 });
    // The set-up of all tests in Node would find it after this test.
    await expect.poll(takeFaults).toEqual([expect.stringContaining(`GET /v3/session/${SESSION} was answered 200: body`)]);
  });
});
