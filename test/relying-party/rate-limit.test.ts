// A relying party's own limit: whose POSTs count, against which class, and what the party is told. The first test asks the limiter of the
// runtime; the others one that writes down whom it was asked about.
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { Environment } from "../../src/environment.ts";
import type { RelyingParty } from "../../src/relying-party/registration.ts";
import { relyingPartyRoutes } from "../../src/relying-party/routes.ts";
import { observe } from "../openapi/observed.ts";
import { anAuthentication, aSignature, DEMO, get, post, seedDemoParty } from "../support/relying-party.ts";

const NOBODY = "PNOEE-60001019906";
const NO_DOCUMENT = `${NOBODY}-MOCK-Q`;
const CERTIFICATE = `/signature/certificate/${NO_DOCUMENT}`;
/** Of wrangler.toml, for the class `small`. */
const SMALL = 60;

async function registered(rateLimit: RelyingParty["rate_limit"], endpoints?: string): Promise<typeof DEMO> {
  const relyingPartyUUID = crypto.randomUUID();
  const insert = `INSERT INTO relying_parties (uuid, names, networks, rate_limit, endpoints) VALUES (?, '["Shop"]', '["127.0.0.0/8"]', ?, ?)`;
  const all = '["authentication","signature","certificate"]';
  await env.DATABASE.prepare(insert)
    .bind(relyingPartyUUID, rateLimit, endpoints ?? all)
    .run();
  return { relyingPartyUUID, relyingPartyName: "Shop" };
}

/** Posts that one party sent in each class; `within`: whether there is room for another. */
class Limiters {
  readonly asked: string[] = [];
  within = true;
  readonly environment: Environment = {
    ...env,
    RATE_LIMIT_SMALL: this.#limiter("small"),
    RATE_LIMIT_STANDARD: this.#limiter("standard"),
    RATE_LIMIT_LARGE: this.#limiter("large"),
  };

  #limiter(name: string): RateLimit {
    return {
      limit: ({ key }) => {
        this.asked.push(`${name} ${key}`);
        return Promise.resolve({ success: this.within });
      },
    };
  }

  async post(path: string, body: object, from = "127.0.0.1"): Promise<number> {
    const headers = { "content-type": "application/json", "cf-connecting-ip": from };
    const request = new Request(`http://localhost${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    const answer = await relyingPartyRoutes.fetch(request, this.environment);
    const { status, headers: answered } = answer;
    const url = `http://localhost/v3${path}`;
    observe({ method: "POST", url, requestBody: JSON.stringify(body), status, headers: answered, body: await answer.text() });
    return status;
  }
}

describe("a relying party that asks too often", () => {
  test("is refused until the minute is over, and is told that the limit is its own; others go on, and so do its polls", async () => {
    await seedDemoParty();
    const [busy, quiet] = [await registered("small"), await registered("small")];
    let [admitted, refusal]: [number, Response | undefined] = [0, undefined];
    // A new minute may begin in between.
    while (refusal === undefined && admitted <= 2 * SMALL) {
      const response = await post(CERTIFICATE, busy);
      if (response.status === 429) refusal = response;
      else expect(response.status).toBe(404);
      admitted++;
    }
    expect(admitted).toBeGreaterThan(SMALL);
    expect(refusal?.headers.get("retry-after")).toBe("60");
    expect(refusal?.headers.get("content-type")).toBe("application/problem+json");
    expect(await refusal?.json()).toMatchObject({ status: 429, detail: expect.stringContaining("own limit") });
    expect((await post(CERTIFICATE, quiet)).status).toBe(404);
    expect((await get(`/session/${crypto.randomUUID()}?timeoutMs=1000`)).status).toBe(404);
    for (let count = 0; count <= 2 * SMALL; count++) expect((await post(CERTIFICATE, DEMO)).status).toBe(404);
  });
});

describe("the limit", () => {
  let limiters: Limiters;
  beforeEach(() => {
    limiters = new Limiters();
  });

  test.each(["small", "standard", "large"] as const)("is that of the party's class: %s", async (rateLimit) => {
    const party = await registered(rateLimit);
    expect(await limiters.post(CERTIFICATE, party)).toBe(404);
    expect(limiters.asked).toEqual([`${rateLimit} ${party.relyingPartyUUID}`]);
    limiters.within = false;
    expect(await limiters.post(CERTIFICATE, party)).toBe(429);
  });

  test("is nobody's for a party that has none", async () => {
    limiters.within = false;
    expect(await limiters.post(CERTIFICATE, await registered("unlimited"))).toBe(404);
    expect(limiters.asked).toEqual([]);
  });

  test("is not used up by somebody else who names the party", async () => {
    const party = await registered("small");
    expect(await limiters.post(CERTIFICATE, party, "192.0.2.1")).toBe(401);
    expect(await limiters.post(CERTIFICATE, { ...party, relyingPartyName: "Bank" })).toBe(401);
    expect(await limiters.post(CERTIFICATE, { ...party, relyingPartyUUID: crypto.randomUUID() })).toBe(403);
    expect(await limiters.post(CERTIFICATE, { ...party, certificateLevel: "none" })).toBe(400);
    expect(limiters.asked).toEqual([]);
  });

  test("counts whatever the party asks, about people who do not exist and without permission too", async () => {
    const party = await registered("small", '["signature"]');
    const asked = { ...aSignature(), ...party };
    expect(await limiters.post(`/signature/notification/etsi/${NOBODY}`, asked)).toBe(404);
    expect(await limiters.post(`/signature/device-link/document/${NO_DOCUMENT}`, asked)).toBe(404);
    const linked = { ...asked, linkedSessionID: crypto.randomUUID() };
    expect(await limiters.post(`/signature/notification/linked/${NO_DOCUMENT}`, linked)).toBe(404);
    expect(await limiters.post(CERTIFICATE, party)).toBe(403);
    expect(await limiters.post("/signature/certificate-choice/device-link/anonymous", party)).toBe(403);
    expect(await limiters.post("/authentication/device-link/anonymous", { ...anAuthentication(), ...party })).toBe(403);
    expect(limiters.asked).toEqual(Array<string>(6).fill(`small ${party.relyingPartyUUID}`));
  });
});
