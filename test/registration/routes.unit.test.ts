// The routes of registration on their own: what reaches an account object, and what its answers become. The objects here only
// remember what they were asked; the real ones answer in the tests of the whole API.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Identity } from "../../src/account/objects.ts";
import { failed, success } from "../../src/account/result.ts";
import type { Environment } from "../../src/environment.ts";
import { registrationRoutes } from "../../src/registration/routes.ts";

const HANDLE = "ab".repeat(32);
const FOREIGN = "cd".repeat(32);
const TRANSCRIPT_HASH = "A".repeat(43);

const BODY = {
  handle: HANDLE,
  transcriptHash: TRANSCRIPT_HASH,
  givenName: "OK",
  surname: "TESTNUMBER",
  country: "EE",
  personalCode: "40504040001",
  level: "ADVANCED",
};

function deployment(answer?: "no_such_account" | "wrong_state", LOCAL_MODE = "true") {
  const asked: { handle: string; transcriptHash: string; identity: Identity }[] = [];
  const ACCOUNTS = {
    idFromString(handle: string) {
      if (handle === FOREIGN) throw new TypeError("not an id of this namespace");
      return handle;
    },
    get: (handle: string) => ({
      acceptIdentity(transcriptHash: string, identity: Identity) {
        asked.push({ handle, transcriptHash, identity });
        return Promise.resolve(answer === undefined ? success(undefined) : failed(answer));
      },
    }),
  };
  const environment = { ACCOUNTS, LOCAL_MODE } as unknown as Environment;
  const send = async (body: unknown, path = "/self-asserted", type = "application/json") => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const response = await registrationRoutes.request(
      path,
      { method: "POST", body: text, headers: { "content-type": type } },
      environment,
    );
    return { response, json: await response.json<{ detail?: string; errors?: { pointer?: string }[] }>() };
  };
  return { environment, asked, send };
}

describe("POST /registration/self-asserted", () => {
  it("hands the identity to the account that the handle names, bound to the transcript, and answers with its level", async () => {
    const { asked, send } = deployment();
    const { response, json } = await send(BODY);
    expect(response.status).toBe(200);
    expect(json).toEqual({ level: "ADVANCED" });
    expect(asked).toEqual([
      {
        handle: HANDLE,
        transcriptHash: TRANSCRIPT_HASH,
        identity: {
          givenName: "OK",
          surname: "TESTNUMBER",
          country: "EE",
          semanticsIdentifier: "PNOEE-40504040001",
          dateOfBirth: "1905-04-04",
          level: "ADVANCED",
          method: "self-asserted",
        },
      },
    ]);
  });

  it("is 403 outside of local mode, and no account hears of it", async () => {
    const { asked, send } = deployment(undefined, "false");
    for (const body of [BODY, {}, { ...BODY, handle: FOREIGN }]) expect((await send(body)).response.status).toBe(403);
    expect(asked).toEqual([]);
  });

  it.each([
    ["no_such_account", 404],
    ["wrong_state", 409],
  ] as const)("is a problem document where the account answers %s", async (answer, status) => {
    const { response } = await deployment(answer).send(BODY);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
  });

  it("is 404 for a handle that another namespace gave out", async () => {
    const { asked, send } = deployment();
    expect((await send({ ...BODY, handle: FOREIGN })).response.status).toBe(404);
    expect(asked).toEqual([]);
  });

  it.each([
    ["handle", "AB".repeat(32)],
    ["handle", "ab".repeat(31)],
    ["handle", undefined],
    ["transcriptHash", "A".repeat(42)],
    ["transcriptHash", "A".repeat(44)],
    ["transcriptHash", `${"A".repeat(42)}=`],
    ["transcriptHash", `${"A".repeat(42)}B`],
    ["personalCode", "40504040002"],
  ])("is 400 with a pointer for a %s of %s, and no account hears of it", async (field, value) => {
    const { asked, send } = deployment();
    const { response, json } = await send({ ...BODY, [field]: value });
    expect(response.status).toBe(400);
    expect(json.errors?.map(({ pointer }) => pointer)).toEqual([`#/${field}`]);
    expect(asked).toEqual([]);
  });

  it("refuses a body over 64 kB, of another type, or that is no JSON", async () => {
    const { asked, send } = deployment();
    expect((await send({ ...BODY, filler: "x".repeat(65_536) })).response.status).toBe(413);
    expect((await send(BODY, "/self-asserted", "text/plain")).response.status).toBe(415);
    expect((await send("{")).response.status).toBe(400);
    expect((await send("[]")).response.status).toBe(400);
    expect(asked).toEqual([]);
  });

  it("never answers 5xx, whatever the JSON", async () => {
    const { asked, send } = deployment();
    const field = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(BODY)));
    const bodies = fc.oneof(fc.jsonValue(), fc.record(Object.fromEntries(Object.keys(BODY).map((key) => [key, field]))));
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const { response } = await send(body);
        expect([200, 400, 404]).toContain(response.status);
        expect(response.status === 200).toBe(asked.length > 0);
        asked.length = 0;
      }),
      { numRuns: 300 },
    );
  });
});

describe("identity methods", () => {
  it("that nobody wrote are 404", async () => {
    const { send } = deployment();
    for (const path of ["/video", "/constructor", "/self-asserted/", "/SELF-ASSERTED"]) {
      const response = await registrationRoutes.request(path, { method: "POST", body: "{}" }, deployment().environment);
      expect(response.status).toBe(404);
    }
    expect((await send(BODY, "/about")).response.status).toBe(404);
  });

  it("are listed where the deployment enables them", async () => {
    const list = async (mode: string) =>
      (await registrationRoutes.request("/about", {}, deployment(undefined, mode).environment)).json();
    expect(await list("true")).toEqual({
      methods: [{ name: "self-asserted", levels: ["ADVANCED", "QUALIFIED"] }],
      operator: {},
    });
    expect(await list("false")).toEqual({ methods: [], operator: {} });
  });

  it("stand beside who runs the service, in an answer that caches may keep for a while", async () => {
    const environment = { ...deployment().environment, OPERATOR_NAME: "Example", OPERATOR_TERMS: "https://example.ee/terms" };
    const response = await registrationRoutes.request("/about", {}, environment);
    expect(response.headers.get("cache-control")).toBe("public, max-age=300");
    expect(await response.json()).toMatchObject({ operator: { name: "Example", terms: "https://example.ee/terms" } });
  });
});
