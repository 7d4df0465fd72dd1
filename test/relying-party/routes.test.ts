import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AccountObject } from "../../durable/account/account-object.ts";
import { SessionObject } from "../../durable/session/session-object.ts";
import type { AccountSummary } from "../../src/account/objects.ts";
import type { OfferedTransaction } from "../../src/account/transaction.ts";
import { success } from "../../src/account/result.ts";
import { DEMO_PARTY_UUID } from "../../src/relying-party/demo-party.ts";
import { sessionName } from "../../src/relying-party/session-name.ts";
import { anAuthentication, aSignature, DEMO, get, listedAccount, post, seedDemoParty } from "../support/relying-party.ts";
import { signedBy } from "../support/session-start.ts";

let count = 0;
const newPerson = (): string => `PNOEE-${40504040001 + count++}`;

beforeEach(seedDemoParty);
afterEach(() => vi.restoreAllMocks());

/** Lets accounts without keys take offers: what they do with them is not asked here. */
function acceptOffers(): OfferedTransaction[] {
  const offered: OfferedTransaction[] = [];
  vi.spyOn(AccountObject.prototype, "offer").mockImplementation(async (transaction) => {
    offered.push(transaction);
    return success(undefined);
  });
  vi.spyOn(AccountObject.prototype, "withdraw").mockResolvedValue();
  return offered;
}

const jsonOf = async <Body>(response: Response | Promise<Response>, status = 200): Promise<Body> => {
  const answered = await response;
  expect(answered.status).toBe(status);
  expect(answered.headers.get("content-type")).toBe(status === 200 ? "application/json" : "application/problem+json");
  expect(answered.headers.get("cache-control")).toBe("no-store");
  return answered.json();
};
const sessionOf = async (sessionID: string) => env.SESSIONS.get(env.SESSIONS.idFromName(await sessionName(env, sessionID)));
const finish = async (sessionID: string, account: AccountSummary): Promise<void> =>
  (await sessionOf(sessionID)).finish(account.handle, signedBy(account));

describe("an authentication", () => {
  test("by personal code is offered to every suitable account and answered when one signs", async () => {
    const person = newPerson();
    const qualified = await listedAccount(person, "QUALIFIED");
    const other = await listedAccount(person, "QUALIFIED");
    await listedAccount(person, "ADVANCED");
    const offered = acceptOffers();
    const body = { ...anAuthentication(), relyingPartyName: "Demo", requestProperties: { shareMdClientIpAddress: true, x: 1 } };
    const started = await jsonOf<{ sessionID: string }>(post(`/authentication/notification/etsi/${person}`, body));
    expect(Object.keys(started)).toEqual(["sessionID"]);
    expect(started.sessionID).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(offered).toHaveLength(2);
    expect(offered[0]).toMatchObject({
      purpose: "auth",
      // The exact bytes that were sent, not those that are registered.
      relyingPartyName: "Demo",
      brokeredRpName: "",
      interactions: body.interactions,
      interactionTypeUsed: "confirmationMessage",
      flowType: "Notification",
      signatureAlgorithm: "rsassa-pss",
      hashAlgorithm: "SHA3-512",
      initialCallbackUrl: "",
      toSign: { protocol: "ACSP_V2", schemeName: "smart-id" },
    });
    const [first] = offered;
    const toSign = first?.toSign?.protocol === "ACSP_V2" ? first.toSign : undefined;
    expect(toSign?.rpChallenge).toBe(body.signatureProtocolParameters.rpChallenge);
    expect(toSign?.serverRandom).toMatch(/^[A-Za-z0-9+/]{32}$/);

    const poll = get(`/session/${started.sessionID}?timeoutMs=60000`);
    await (await sessionOf(started.sessionID)).claim(other.handle);
    await finish(started.sessionID, other);
    expect(await jsonOf(poll)).toMatchObject({
      state: "COMPLETE",
      result: { endResult: "OK", documentNumber: other.documentNumber },
      signature: { serverRandom: toSign?.serverRandom, flowType: "Notification" },
      deviceIpAddress: "192.0.2.7",
      ignoredProperties: ["x"],
    });
    expect(qualified.documentNumber).not.toBe(other.documentNumber);
  });

  test("by document number is offered to that account alone", async () => {
    const person = newPerson();
    await listedAccount(person, "QUALIFIED");
    const { documentNumber } = await listedAccount(person, "QUALIFIED");
    const offered = acceptOffers();
    await jsonOf(post(`/authentication/notification/document/${documentNumber}`, anAuthentication()));
    expect(offered).toHaveLength(1);
  });

  test("is served under the long base path too, and with a doubled slash", async () => {
    const person = newPerson();
    await listedAccount(person, "QUALIFIED");
    acceptOffers();
    const init = {
      method: "POST",
      headers: { "content-type": "application/json", "cf-connecting-ip": "::1" },
      body: JSON.stringify(anAuthentication()),
    };
    for (const base of ["/smart-id-rp/v3", "/smart-id-rp/v3/", "/v3/"]) {
      const url = `http://localhost${base}/authentication/notification/etsi/${person}`;
      await jsonOf(exports.default.fetch(url, init));
    }
  });

  test("of a person whose accounts cannot answer is DOCUMENT_UNUSABLE at once", async () => {
    const person = newPerson();
    await listedAccount(person, "QUALIFIED");
    const path = `/authentication/notification/etsi/${person}`;
    const { sessionID } = await jsonOf<{ sessionID: string }>(post(path, anAuthentication()));
    expect(await jsonOf(get(`/session/${sessionID}`))).toEqual({ state: "COMPLETE", result: { endResult: "DOCUMENT_UNUSABLE" } });
  });

  test("is two sessions where it is asked for twice", async () => {
    const person = newPerson();
    await listedAccount(person, "QUALIFIED");
    acceptOffers();
    const ask = () => jsonOf<{ sessionID: string }>(post(`/authentication/notification/etsi/${person}`, anAuthentication()));
    expect((await ask()).sessionID).not.toBe((await ask()).sessionID);
  });
});

describe("whom nobody finds", () => {
  test.each([
    "/authentication/notification/etsi/PNOEE-00000000000",
    "/authentication/notification/document/PNOEE-00000000000-0000-Q",
    "/signature/notification/etsi/PNOEE-00000000000",
    "/signature/notification/document/PNOEE-00000000000-0000-Q",
    "/signature/certificate/PNOEE-00000000000-0000-Q",
  ])("%s is a 404 problem", async (path) => {
    const body = path.startsWith("/auth") ? anAuthentication() : aSignature();
    expect(await jsonOf(post(path, body), 404)).toMatchObject({ status: 404, detail: "No such account." });
  });

  test("an account that is not active yet, or closed, is one of them", async () => {
    const person = newPerson();
    const stub = env.PERSONS.get(env.PERSONS.idFromName(person));
    const documentNumber = await stub.reserveDocumentNumber(person, "a".repeat(64), "QUALIFIED");
    const path = `/authentication/notification/document/${documentNumber}`;
    expect((await post(path, anAuthentication())).status).toBe(404);
    await stub.activate("a".repeat(64), []);
    await stub.close("a".repeat(64));
    expect((await post(path, anAuthentication())).status).toBe(404);
  });

  test("a person without an account of the level is told apart, and still a 404", async () => {
    const person = newPerson();
    const { documentNumber } = await listedAccount(person, "ADVANCED");
    for (const path of [
      `/authentication/notification/etsi/${person}`,
      `/authentication/notification/document/${documentNumber}`,
    ]) {
      expect(await jsonOf(post(path, anAuthentication()), 404)).toMatchObject({
        detail: "The person has no account of the requested certificate level.",
      });
    }
    const certificate = `/signature/certificate/${documentNumber}`;
    expect((await post(certificate, { ...DEMO, certificateLevel: "QSCD" })).status).toBe(404);
    expect((await post(certificate, { ...DEMO, certificateLevel: "ADVANCED" })).status).toBe(200);
  });

  test("a qualified account serves a request for ADVANCED", async () => {
    const person = newPerson();
    await listedAccount(person, "QUALIFIED");
    acceptOffers();
    const body = { ...anAuthentication(), certificateLevel: "ADVANCED" };
    expect((await post(`/authentication/notification/etsi/${person}`, body)).status).toBe(200);
  });

  test("looking for them stores nothing", async () => {
    const person = newPerson();
    await post(`/signature/notification/etsi/${person}`, aSignature());
    await runInDurableObject(env.PERSONS.get(env.PERSONS.idFromName(person)), (_instance, state) => {
      expect(state.storage.sql.exec("SELECT 1 FROM sqlite_master").toArray()).toEqual([]);
    });
  });
});

describe("a signature", () => {
  test("answers with a verification code, which is the one that the account was offered", async () => {
    const person = newPerson();
    const account = await listedAccount(person, "QUALIFIED");
    const offered = acceptOffers();
    const path = `/signature/notification/document/${account.documentNumber}`;
    const started = await jsonOf<{ sessionID: string; vc: { type: string; value: string } }>(post(path, aSignature()));
    expect(started).toEqual({ sessionID: expect.any(String), vc: { type: "numeric4", value: expect.stringMatching(/^\d{4}$/) } });
    expect(offered[0]).toMatchObject({
      purpose: "sign",
      toSign: { protocol: "RAW_DIGEST_SIGNATURE", verificationCode: started.vc.value },
    });
    await finish(started.sessionID, account);
    const status = await jsonOf<{ signature: object }>(get(`/session/${started.sessionID}`));
    expect(status).toMatchObject({ signatureProtocol: "RAW_DIGEST_SIGNATURE", result: { endResult: "OK" } });
    expect(Object.keys(status.signature).toSorted()).toEqual([
      "flowType",
      "signatureAlgorithm",
      "signatureAlgorithmParameters",
      "value",
    ]);
  });

  test("asked for again within 15 s is the same session with the same code, and nobody is asked twice", async () => {
    const person = newPerson();
    const account = await listedAccount(person, "QUALIFIED");
    const offered = acceptOffers();
    const path = `/signature/notification/etsi/${person}`;
    const [first, second] = await Promise.all([jsonOf(post(path, aSignature())), jsonOf(post(path, aSignature()))]);
    expect(second).toEqual(first);
    expect(await jsonOf(post(path, { ...aSignature(), nonce: null, unheardOf: 1 }))).toEqual(first);
    expect(new Set(offered.map(({ transactionId }) => transactionId)).size).toBe(1);
    // Another endpoint, other content or a nonce make it another request.
    const others = [
      await jsonOf(post(`/signature/notification/document/${account.documentNumber}`, aSignature())),
      await jsonOf(post(path, { ...aSignature(), certificateLevel: "ADVANCED" })),
      await jsonOf(post(path, { ...aSignature(), nonce: "1" })),
      await jsonOf(post(path, { ...aSignature(), nonce: "1" })),
    ];
    expect(new Set([first, ...others].map((answer) => JSON.stringify(answer))).size).toBe(5);
  });

  test("of an account that has too much waiting is a 429 that says when to come back", async () => {
    const person = newPerson();
    await listedAccount(person, "QUALIFIED");
    vi.spyOn(AccountObject.prototype, "offer").mockResolvedValue({ ok: false, failure: "too_many_pending" });
    const response = await post(`/signature/notification/etsi/${person}`, aSignature());
    expect(response.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
    await jsonOf(response, 429);
  });
});

describe("a certificate", () => {
  test("is answered at once", async () => {
    const { documentNumber } = await listedAccount(newPerson(), "QUALIFIED");
    const certificate = { value: "Y2VydGlmaWNhdGU=", certificateLevel: "QUALIFIED" } as const;
    const asked = vi.spyOn(AccountObject.prototype, "certificate").mockResolvedValue(success(certificate));
    const path = `/signature/certificate/${documentNumber}`;
    expect(await jsonOf(post(path, DEMO))).toEqual({ state: "OK", cert: certificate });
    expect(asked).toHaveBeenCalledWith("sign");
  });

  test("of an account that cannot sign is DOCUMENT_UNUSABLE", async () => {
    const { documentNumber } = await listedAccount(newPerson(), "QUALIFIED");
    expect(await jsonOf(post(`/signature/certificate/${documentNumber}`, DEMO))).toEqual({ state: "DOCUMENT_UNUSABLE" });
  });
});

describe("a session", () => {
  const startedSession = async (): Promise<{ sessionID: string; account: AccountSummary }> => {
    const person = newPerson();
    const account = await listedAccount(person, "QUALIFIED");
    acceptOffers();
    const started = await jsonOf<{ sessionID: string }>(post(`/authentication/notification/etsi/${person}`, anAuthentication()));
    return { ...started, account };
  };

  test("that runs is RUNNING when the caller's time is up", async () => {
    const { sessionID } = await startedSession();
    expect(await jsonOf(get(`/session/${sessionID}?timeoutMs=1000`))).toEqual({ state: "RUNNING" });
  });

  test("whose object breaks off while somebody waits still answers that one", async () => {
    const { sessionID, account } = await startedSession();
    const session = await sessionOf(sessionID);
    const view = vi.spyOn(SessionObject.prototype, "view");
    const poll = get(`/session/${sessionID}?timeoutMs=20000`);
    await vi.waitFor(() => expect(view.mock.calls.some(([timeout]) => timeout > 0)).toBe(true));
    await runInDurableObject(session, (_instance, state) => state.abort("moved")).catch(() => undefined);
    await finish(sessionID, account);
    expect(await jsonOf(poll)).toMatchObject({ state: "COMPLETE", result: { endResult: "OK" } });
  });

  test("of a party that is disabled while it waits is not there a minute later, whoever answers meanwhile", async () => {
    const { sessionID, account } = await startedSession();
    const view = vi.spyOn(SessionObject.prototype, "view");
    const poll = get(`/session/${sessionID}?timeoutMs=120000`);
    await vi.waitFor(() => expect(view.mock.calls.some(([timeout]) => timeout > 0)).toBe(true));
    await env.DATABASE.prepare("UPDATE relying_parties SET enabled = 0 WHERE uuid = ?").bind(DEMO_PARTY_UUID).run();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
    try {
      await finish(sessionID, account);
      expect((await poll).status).toBe(404);
    } finally {
      vi.useRealTimers();
      await env.DATABASE.prepare("UPDATE relying_parties SET enabled = 1 WHERE uuid = ?").bind(DEMO_PARTY_UUID).run();
    }
  });

  test("can be fetched again, in the same bytes", async () => {
    const { sessionID, account } = await startedSession();
    await finish(sessionID, account);
    const read = async () => (await get(`/session/${sessionID}`)).text();
    expect(await read()).toBe(await read());
  });

  test("does not exist for whoever is not the party that started it", async () => {
    const { sessionID } = await startedSession();
    for (const address of ["192.0.2.1", "2a06:98c0:3600::103"]) {
      const response = await get(`/session/${sessionID}?timeoutMs=120000`, { "cf-connecting-ip": address });
      expect(await jsonOf(response, 404)).toEqual({
        type: "about:blank",
        status: 404,
        title: "Not Found",
        detail: "No such session.",
      });
    }
  });

  test("that nobody started answers 404 at once and stores nothing", async () => {
    const before = (await listDurableObjectIds(env.SESSIONS)).length;
    for (const id of [crypto.randomUUID(), "x", "%E0%A4%A", "..%2f..", "a".repeat(2000)]) {
      await jsonOf(get(`/session/${id}?timeoutMs=120000`), 404);
    }
    expect((await listDurableObjectIds(env.SESSIONS)).length).toBeLessThanOrEqual(before + 1);
  });

  test.each(["0", "999", "120001", "-1", "1e4", "1000.5", "", "abc", "5000&timeoutMs=6000"])(
    "may not be waited for with timeoutMs=%s",
    async (timeout) => {
      const problem = await jsonOf<{ errors: unknown[] }>(get(`/session/${crypto.randomUUID()}?timeoutMs=${timeout}`), 400);
      expect(problem.errors).toEqual([{ code: "invalid", detail: expect.any(String), paramName: "timeoutMs" }]);
    },
  );
});

describe("who asks", () => {
  const path = "/authentication/notification/etsi/PNOEE-00000000000";
  const change = (changes: object) => ({ ...anAuthentication(), ...changes });

  test("with a UUID that nobody registered gets 403", async () => {
    await jsonOf(post(path, change({ relyingPartyUUID: crypto.randomUUID() })), 403);
  });

  test("under another name or from elsewhere gets the same 401", async () => {
    const name = await jsonOf(post(path, change({ relyingPartyName: "Other" })), 401);
    const address = await jsonOf(post(path, anAuthentication(), { "cf-connecting-ip": "192.0.2.1" }), 401);
    expect(name).toEqual(address);
  });

  test("may write its UUID in upper case", async () => {
    expect(DEMO_PARTY_UUID).toBe(DEMO_PARTY_UUID.toLowerCase());
    expect((await post(path, change({ relyingPartyUUID: DEMO_PARTY_UUID.toUpperCase() }))).status).toBe(404);
  });

  test("for what the party may not do gets 403", async () => {
    const uuid = crypto.randomUUID();
    const insert = `INSERT INTO relying_parties (uuid, names, networks, endpoints, levels) VALUES (?, '["Shop"]', '["127.0.0.0/8"]', ?, ?)`;
    await env.DATABASE.prepare(insert).bind(uuid, '["authentication"]', '["ADVANCED"]').run();
    const shop = { relyingPartyUUID: uuid, relyingPartyName: "Shop", certificateLevel: "ADVANCED" };
    expect((await post(path, change(shop))).status).toBe(404);
    expect((await post(path, change({ ...shop, requestProperties: { shareMdClientIpAddress: false } }))).status).toBe(404);
    await jsonOf(post(path, change({ ...shop, certificateLevel: "QUALIFIED" })), 403);
    await jsonOf(post(path, change({ ...shop, requestProperties: { shareMdClientIpAddress: true } })), 403);
    await jsonOf(post("/signature/notification/etsi/PNOEE-1", { ...aSignature(), ...shop }), 403);
    await jsonOf(post("/signature/certificate/PNOEE-1-0000-Q", shop), 403);
  });
});

test("in local mode a request by a name that only leads to this machine gets 421, whatever it asks", async () => {
  const headers = { "cf-connecting-ip": "127.0.0.1", "content-type": "application/json" };
  const path = "/v3/authentication/device-link/anonymous";
  const body = JSON.stringify({ ...anAuthentication(), vcType: undefined });
  const ask = (host: string) => exports.default.fetch(`http://${host}${path}`, { method: "POST", headers, body });
  for (const host of ["rebound.example:8787", "127.0.0.1.example", "192.0.2.1"]) await jsonOf(ask(host), 421);
  for (const host of ["localhost:8787", "127.0.0.1:8787", "[::1]:8787"]) await jsonOf(ask(host), 200);
});

describe("a request that is not well-formed", () => {
  const path = "/authentication/notification/etsi/PNOEE-00000000000";

  test("gets 400 with a pointer to what is wrong", async () => {
    const problem = await jsonOf<{ errors: { pointer: string; code: string }[] }>(
      post(path, { ...DEMO, interactions: "W10=" }),
      400,
    );
    expect(problem.errors.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual(
      expect.arrayContaining(["#/signatureProtocol required", "#/interactions empty", "#/vcType required"]),
    );
  });

  test("gets 400 for a linked signature with ed25519, whose certificate is never the chosen one", async () => {
    const { signatureProtocolParameters, ...asked } = aSignature();
    const problem = await jsonOf<{ errors: object[] }>(
      post("/signature/notification/linked/PNOEE-00000000000-DEM0-Q", {
        ...asked,
        signatureProtocolParameters: { ...signatureProtocolParameters, signatureAlgorithm: "ed25519" },
        linkedSessionID: crypto.randomUUID(),
      }),
      400,
    );
    expect(problem.errors).toEqual([
      {
        code: "invalid",
        detail: expect.stringContaining("RSA key"),
        pointer: "#/signatureProtocolParameters/signatureAlgorithm",
      },
    ]);
  });

  test.each(["foo", "pnoee-1", "PNOEE-", "PNOEE-40504040001%0A", "%F0%9F"])(
    "gets 400 for the identifier %s",
    async (identifier) => {
      for (const kind of ["etsi", "document"]) {
        await jsonOf(post(`/authentication/notification/${kind}/${identifier}`, anAuthentication()), 400);
      }
    },
  );

  test("gets 413 for a body over 64 kB, 415 for one that is not JSON", async () => {
    await jsonOf(post(path, JSON.stringify({ ...anAuthentication(), filler: "x".repeat(65_536) })), 413);
    await jsonOf(post(path, anAuthentication(), { "content-type": "text/plain" }), 415);
  });
});

test.each([
  ["GET", "/v3/authentication/notification/etsi/PNOEE-1"],
  ["PUT", "/v3/authentication/notification/etsi/PNOEE-1"],
  ["POST", "/v3/session/00000000-0000-4000-8000-000000000000"],
  ["POST", "/v3/signature/device-link/anonymous"],
  ["POST", "/v3/signature/notification/linked/etsi/PNOEE-1"],
  ["POST", "/v3/signature/certificate-choice/notification/document/PNOEE-1-0000-Q"],
  ["GET", "/v3"],
  ["GET", "/v2/session/x"],
])("%s %s does not exist: a 404 problem", async (method, path) => {
  await jsonOf(exports.default.fetch(`http://localhost${path}`, { method, headers: { "cf-connecting-ip": "::1" } }), 404);
});
