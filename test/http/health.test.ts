// The one route that monitoring asks.
import { createExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import worker from "../../src/index.ts";
import project from "../../package.json" with { type: "json" };

describe("GET /health", () => {
  it("answers 200 with the status and the version of package.json", async () => {
    const response = await exports.default.fetch(new Request("http://localhost/health"));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: "ok", version: project.version });
  });

  it.each([
    ["accounts could be given no end", { ACCOUNT_LIFETIME_MONTHS: "forever" }, 'not "forever"'],
    ["practice logins were worth something", { SCHEME_NAME: "tally-practice" }, 'SCHEME_NAME may not be "tally-practice"'],
    [
      "people would be led to terms that are no page",
      { OPERATOR_TERMS: "terms.html" },
      "OPERATOR_TERMS must be an https: address",
    ],
  ])("answers 503 with what is wrong where %s", async (_, wrong, problem) => {
    const environment = { ...env, ...wrong };
    const response = await worker.fetch(new Request("http://localhost/health"), environment, createExecutionContext());
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ status: "unusable", problem: expect.stringContaining(problem) });
  });
});
