// Whose orders are carried out: the operator's, for this server, of just now. Everything else is one 401 that tells nothing.
import { exportJWK, generateKeyPair, UnsecuredJWT } from "jose";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { authenticClaims } from "../../src/operator/authentication.ts";
import { operatorRoutes } from "../../src/operator/routes.ts";
import { toBase64Url, utf8 } from "../../src/protocol/encoding.ts";
import { expectProblem } from "../support/problem.ts";
import { type Forgery, ORIGIN, operatorKey, seconds, send, sign } from "./orders.ts";

const SHOW = { kind: "show", account: "PNOEE-40504040001" };

const logged = vi.spyOn(console, "info");
beforeEach(() => void logged.mockReset().mockReturnValue());

const otherKey = async (): Promise<JsonWebKey> =>
  exportJWK((await generateKeyPair("ES256", { extractable: true })).privateKey) as Promise<JsonWebKey>;

const forgeries: Readonly<Record<string, () => Promise<Forgery> | Forgery>> = {
  "with another key": async () => ({ key: await otherKey() }),
  "with HMAC, keyed with the public key that everybody may read": () => ({
    header: { alg: "HS256" },
    key: utf8(env.OPERATOR_PUBLIC_KEY),
  }),
  "as something else than an order": () => ({ header: { typ: "JWT" } }),
  "for another server": () => ({ claims: { aud: "https://other.example" } }),
  "for the same host by another scheme": () => ({ claims: { aud: ORIGIN.replace("http:", "https:") } }),
  "for nobody": () => ({ claims: { aud: undefined } }),
  "an hour ago": () => ({ claims: { iat: seconds() - 3600, exp: seconds() - 3540 } }),
  "two minutes ago, to live an hour": () => ({ claims: { iat: seconds() - 120, exp: seconds() + 3600 } }),
  "to live no longer": () => ({ claims: { exp: seconds() - 6 } }),
  "for later": () => ({ claims: { iat: seconds() + 3600, exp: seconds() + 3660 } }),
  "without saying when": () => ({ claims: { iat: undefined } }),
  "without saying until when": () => ({ claims: { exp: undefined } }),
};

describe("an order that was signed", () => {
  it.each(Object.entries(forgeries))("%s is refused, and nothing is done", async (_, forgery) => {
    await isRefused(await sign(SHOW, await forgery()));
  });

  it("by the operator is looked at", async () => {
    await expectProblem(await send(await sign(SHOW)), 404);
    expect(logged).toHaveBeenCalledTimes(2);
  });

  it("is good from 5 seconds before to 5 seconds after its minute, for clocks that are a little wrong", async () => {
    const iat = 1_800_000_000;
    const isGood = async (after: number, exp: number): Promise<boolean> => {
      const expected = { publicKey: env.OPERATOR_PUBLIC_KEY, audience: ORIGIN, now: (iat + after) * 1000 };
      return (await authenticClaims(await sign(SHOW, { claims: { iat, exp } }), expected)) !== undefined;
    };
    for (const after of [-5, 0, 60, 64]) expect([after, await isGood(after, iat + 60)]).toEqual([after, true]);
    for (const after of [-6, 65]) expect([after, await isGood(after, iat + 60)]).toEqual([after, false]);
    expect([await isGood(65, iat + 3600), await isGood(66, iat + 3600)]).toEqual([true, false]);
  });
});

describe("an order that was not signed", () => {
  it("is refused, whatever it says of its algorithm", async () => {
    const claims = { aud: ORIGIN, iat: seconds(), exp: seconds() + 60, jti: crypto.randomUUID(), order: SHOW };
    await isRefused(new UnsecuredJWT(claims).encode());
    const header = toBase64Url(utf8(JSON.stringify({ alg: "none", typ: "tally-order+jwt" })));
    await isRefused(`${header}.${toBase64Url(utf8(JSON.stringify(claims)))}.`);
  });

  it("or was changed after it was signed is refused", async () => {
    const [header, claims = "", signature] = (await sign(SHOW)).split(".");
    const changed = { ...(JSON.parse(atob(claims)) as object), order: { kind: "show", account: "PNOEE-40504040002" } };
    await isRefused([header, toBase64Url(utf8(JSON.stringify(changed))), signature].join("."));
  });

  it.each(["", "a", "..", "{}", "\u0000", "a.b.c", `${toBase64Url(utf8("[]"))}.e30.AA`])("like %j is refused", isRefused);
});

it("an order that is too long is not even read", async () => {
  await expectProblem(await send(await sign({ ...SHOW, padding: "x".repeat(4096) })), 413);
});

const MALFORMED: readonly unknown[] = [
  undefined,
  "show",
  {},
  { kind: "open", account: SHOW.account },
  { kind: "show" },
  { kind: "show", account: "PNOEE-40504040001", more: true },
  { kind: "show", account: "pnoee-40504040001" },
  { kind: "close", documentNumber: "PNOEE-40504040001" },
  { kind: "revoke", documentNumber: "PNOEE-40504040001-K2GN-Q" },
  { kind: "revoke", documentNumber: "PNOEE-40504040001-K2GN-Q", reason: "certificateHold" },
  { kind: "revokeCertificate", serialNumber: "4F".repeat(16), reason: "keyCompromise" },
  { kind: "revokeCertificate", serialNumber: "4f", reason: "keyCompromise" },
];

it.each(MALFORMED)("an authentic order of an unknown form is refused: %j", async (order) => {
  await expectProblem(await send(await sign(order)), 400);
});

it.each([{ jti: "1" }, { jti: undefined }, { sub: "me" }])("so is one with unexpected claims: %j", async (claims) => {
  await expectProblem(await send(await sign(SHOW, { claims })), 400);
});

it("an order is for the server that OPERATOR_AUDIENCE names, whatever Host the request says; npm run account signs for its --url", async () => {
  const audience = "https://id.example.ee";
  const isAnswered = async (aud: string, OPERATOR_AUDIENCE: string): Promise<number> => {
    const body = await sign(SHOW, { claims: { aud } });
    const request = new Request(`${ORIGIN}/orders`, { method: "POST", body });
    return (await operatorRoutes.fetch(request, { ...env, OPERATOR_AUDIENCE })).status;
  };
  expect([await isAnswered(ORIGIN, audience), await isAnswered(audience, audience)]).toEqual([401, 404]);
  expect([await isAnswered(audience, `${audience}/`), await isAnswered(audience, "")]).toEqual([404, 401]);
});

describe("the operator's key", () => {
  const request = async () => new Request(`${ORIGIN}/orders`, { method: "POST", body: await sign(SHOW) });

  it("may be missing: then there is nowhere to send orders", async () => {
    await expectProblem(await operatorRoutes.fetch(await request(), { ...env, OPERATOR_PUBLIC_KEY: "" }), 404);
    expect(logged).not.toHaveBeenCalled();
  });

  it("may have more members than it needs, but never counts as private", async () => {
    const OPERATOR_PUBLIC_KEY = JSON.stringify({ ...operatorKey, kid: "1" });
    await expectProblem(await operatorRoutes.fetch(await request(), { ...env, OPERATOR_PUBLIC_KEY }), 404);
    expect(logged).toHaveBeenCalledTimes(2);
  });
});

async function isRefused(message: string): Promise<void> {
  const response = await send(message);
  expect(response.status).toBe(401);
  expect(await response.json()).toEqual({ type: "about:blank", status: 401, title: "Unauthorized" });
  expect(logged).not.toHaveBeenCalled();
}
