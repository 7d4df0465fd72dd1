// Every route of the relying-party API, asked with what its schema does not allow: always a problem document of the 4xx kind, and
// nothing stored.
import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { authenticationRequest, certificateRequest, signatureRequest } from "../../src/protocol/relying-party-requests.ts";
import { anAuthentication, aSignature, DEMO, get, listedAccount, post, seedDemoParty } from "../support/relying-party.ts";

const RUNS = 150;
const PERSON = "PNOEE-40504040001";
let documentNumber = "";

beforeAll(async () => {
  await seedDemoParty();
  ({ documentNumber } = await listedAccount(PERSON, "QUALIFIED"));
});

type Body = Record<string, unknown>;
interface Route {
  readonly name: string;
  readonly path: (identifier?: string) => string;
  readonly body: () => Body;
  readonly accepts: (body: unknown) => boolean;
}

const ROUTES: readonly Route[] = [
  ...(["etsi", "document"] as const).flatMap((kind) => {
    const identifier = () => (kind === "etsi" ? PERSON : documentNumber);
    const authentication: Route = {
      name: `authentication/notification/${kind}`,
      path: (given = identifier()) => `/authentication/notification/${kind}/${given}`,
      body: anAuthentication,
      accepts: (body) => authenticationRequest.safeParse(body).success,
    };
    const signature: Route = {
      name: `signature/notification/${kind}`,
      path: (given = identifier()) => `/signature/notification/${kind}/${given}`,
      body: aSignature,
      accepts: (body) => signatureRequest.safeParse(body).success,
    };
    return [authentication, signature];
  }),
  {
    name: "signature/certificate",
    path: (given = documentNumber) => `/signature/certificate/${given}`,
    body: () => ({ ...DEMO }),
    accepts: (body) => certificateRequest.safeParse(body).success,
  },
];

/** Everything that the objects and the table hold, as one text. */
async function storage(): Promise<string> {
  const person = env.PERSONS.get(env.PERSONS.idFromName(PERSON));
  const stored = await runInDurableObject(person, (_instance, state) =>
    ["account", "account_epoch", "recent_request"].map((table) => state.storage.sql.exec(`SELECT * FROM ${table}`).toArray()),
  );
  const parties = await env.DATABASE.prepare("SELECT * FROM relying_parties").all();
  const sessions = await listDurableObjectIds(env.SESSIONS);
  return JSON.stringify([stored, parties.results, sessions.map(String).toSorted()]);
}

async function expectRefusal(response: Response): Promise<void> {
  const text = await response.text();
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(response.status).toBeLessThan(500);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(JSON.parse(text)).toMatchObject({ type: "about:blank", status: response.status, title: expect.any(String) });
}

const HOSTILE = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom<unknown>(null, "", 0, -1, 1e308, true, [], {}, [[]], "\u0000", "\ud800", "__proto__", "x".repeat(5000), {
    __proto__: 1,
  }),
  fc.string({ unit: "binary", maxLength: 100 }),
  fc.base64String({ maxLength: 200 }),
);

/** Paths to every field of a value, nested ones included. */
const fieldsOf = (value: unknown, path: readonly string[] = []): readonly (readonly string[])[] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => [[...path, key], ...fieldsOf(inner, [...path, key])])
    : [];

function changed(body: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  return { ...(body as Body), [key]: changed((body as Body)[key], rest, value) };
}

for (const route of ROUTES) {
  test(`${route.name}: one wrong field is refused and changes nothing`, async () => {
    const before = await storage();
    const mutation = fc.tuple(fc.constantFrom(...fieldsOf(route.body())), fc.oneof(HOSTILE, fc.constant(undefined)));
    await fc.assert(
      fc.asyncProperty(mutation, async ([path, value]) => {
        const body = changed(route.body(), path, value);
        fc.pre(!route.accepts(JSON.parse(JSON.stringify(body))));
        await expectRefusal(await post(route.path(), body));
      }),
      { numRuns: RUNS },
    );
    expect(await storage()).toBe(before);
  });

  test(`${route.name}: a body of any other shape is refused and changes nothing`, async () => {
    const before = await storage();
    const text = fc.oneof(
      fc.json({ maxDepth: 5 }),
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.constantFrom("", "[".repeat(60_000), '{"a":'.repeat(10_000), "x".repeat(70_000), '{"__proto__":{}}', "\u0000"),
    );
    await fc.assert(
      fc.asyncProperty(text, async (body) => expectRefusal(await post(route.path(), body))),
      { numRuns: RUNS },
    );
    expect(await storage()).toBe(before);
  });

  test(`${route.name}: any other identifier is refused and changes nothing`, async () => {
    const before = await storage();
    const identifier = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 100 }).map((text) => encodeURIComponent(text.toWellFormed())),
      fc.stringMatching(/^[A-Za-z0-9%_.-]{1,100}$/),
      fc.stringMatching(/^(PNO|PAS|IDC)[A-Z]{2}-[0-9]{1,20}(-[0-9A-Z]{4}-N?Q)?$/),
    );
    await fc.assert(
      fc.asyncProperty(identifier, async (given) => {
        fc.pre(given !== PERSON && given !== documentNumber);
        await expectRefusal(await post(route.path(given), route.body()));
      }),
      { numRuns: RUNS },
    );
    expect(await storage()).toBe(before);
  });

  test(`${route.name}: nobody but the party is let in, whatever the headers say`, async () => {
    const before = await storage();
    const headers = fc.record({
      "cf-connecting-ip": fc.oneof(
        fc.ipV4().filter((address) => !address.startsWith("127.")),
        fc.stringMatching(/^[ -~]{0,60}$/),
      ),
      authorization: fc.stringMatching(/^[ -~]{0,100}$/),
    });
    await fc.assert(
      fc.asyncProperty(headers, async (given) => expectRefusal(await post(route.path(), route.body(), given))),
      { numRuns: RUNS },
    );
    expect(await storage()).toBe(before);
  });
}

test("session: any sessionID and any time-out is refused, and changes nothing", async () => {
  const before = await storage();
  const segment = fc
    .string({ unit: "binary", minLength: 1, maxLength: 100 })
    .map((text) => encodeURIComponent(text.toWellFormed()));
  await fc.assert(
    fc.asyncProperty(segment, segment, async (sessionID, timeout) => {
      await expectRefusal(await get(`/session/${sessionID}?timeoutMs=${timeout}`));
      await expectRefusal(await get(`/session/${sessionID}`));
    }),
    { numRuns: RUNS },
  );
  expect(await storage()).toBe(before);
});

test("the untouched requests of this file are accepted: what is refused above is refused for its change", async () => {
  for (const route of ROUTES) expect((await post(route.path(), route.body())).status).toBe(200);
});
