// The one route that monitoring asks.
import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import project from "../../package.json" with { type: "json" };

describe("GET /health", () => {
  it("answers 200 with the status and the version of package.json", async () => {
    const response = await exports.default.fetch(new Request("http://localhost/health"));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: "ok", version: project.version });
  });
});
