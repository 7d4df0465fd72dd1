// The document and its page as the Worker serves them, and the examples in it as requests that work.
import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { AccountObject } from "../../durable/account/account-object.ts";
import type { AccountSummary } from "../../src/account/objects.ts";
import { success } from "../../src/account/result.ts";
import { makeDocument } from "../../src/openapi/document.ts";
import { OPERATIONS } from "../../src/openapi/operations.ts";
import { linkOf, startCertificateChoiceLink } from "../support/device-links.ts";
import { listedAccount, post, seedDemoParty } from "../support/relying-party.ts";
import { signedBy } from "../support/session-start.ts";

const ask = (path: string, init?: RequestInit): Promise<Response> => exports.default.fetch(`http://localhost:8787${path}`, init);

describe("/openapi.json", () => {
  it("is the document, for programs of every origin, and may be kept for minutes", async () => {
    const response = await ask("/openapi.json");
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "application/json",
      "access-control-allow-origin": "*",
      "cross-origin-resource-policy": "cross-origin",
      "cache-control": "public, max-age=300",
    });
    expect(await response.json()).toEqual(makeDocument());
  });
});

describe("/docs", () => {
  it("is a page that may run nothing and load nothing from elsewhere", async () => {
    const response = await ask("/docs");
    expect(response.headers.get("content-type")).toBe("text/html; charset=UTF-8");
    const policy = response.headers.get("content-security-policy")?.split("; ");
    expect(policy).toEqual(expect.arrayContaining(["default-src 'none'", "style-src 'self'", "frame-ancestors 'none'"]));
    expect(policy?.join()).not.toMatch(/script-src|unsafe|https?:|\*/);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect((await ask("/docs/style.css")).headers.get("content-type")).toBe("text/css; charset=utf-8");
    expect((await ask("/docs/", { redirect: "manual" })).headers.get("location")).toBe("/docs");
  });
});

describe("the example of", () => {
  let account: AccountSummary;
  let linkedSessionID: string;

  beforeEach(async () => {
    await seedDemoParty();
    vi.spyOn(AccountObject.prototype, "offer").mockResolvedValue(success(undefined));
    account = await listedAccount("PNOEE-40504040001", "QUALIFIED");
    await listedAccount("PNOEE-40404040009", "QUALIFIED");
    const choice = await startCertificateChoiceLink();
    const session = env.SESSIONS.get(env.SESSIONS.idFromName(choice.sessionToken));
    await session.openLink(account, linkOf(choice));
    await session.finish(account.handle, signedBy(account));
    linkedSessionID = choice.sessionID;
  });

  it("every request is accepted, for people who are there", async () => {
    for (const { path, method, addressee = "", body } of OPERATIONS) {
      if (method !== "post" || body === undefined || path === "/device-link") continue;
      // The test people's document numbers are theirs alone.
      const whom = path.includes("{documentNumber}") ? account.documentNumber : addressee;
      const example = "linkedSessionID" in body.example ? { ...body.example, linkedSessionID } : body.example;
      const response = await post(path.replace(/\{\w+\}/, whom), example);
      expect(response.status, `${path}: ${await response.text()}`).toBe(200);
    }
  });
});
