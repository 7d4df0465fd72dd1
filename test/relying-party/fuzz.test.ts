// Every route of the relying-party API, asked with what its schema does not allow: always a problem document of the 4xx kind, and
// nothing stored.
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { AccountSummary } from "../../src/account/objects.ts";
import * as requests from "../../src/protocol/relying-party-requests.ts";
import { signedBy } from "../support/session-start.ts";
import { interactionsOf } from "../support/demo-party.ts";
import { CALLBACK, linkOf, startCertificateChoiceLink } from "../support/device-links.ts";
import { asJson, changed, fieldsOf, HOSTILE } from "../support/hostile-values.ts";
import { expectProblem } from "../support/problem.ts";
import { anAuthentication, aSignature, DEMO, get, listedAccount, post, seedDemoParty } from "../support/relying-party.ts";
import { type Dump, dumpDeployment, dumpObject } from "../support/storage-dump.ts";

const RUNS = 60;
const PERSON = "PNOEE-40504040001";
let account: AccountSummary;
/** Of a certificate choice that a signature may follow. */
let choice = { sessionID: "", sessionToken: "" };
let untouched: Dump = {};

beforeAll(async () => {
  await seedDemoParty();
  account = await listedAccount(PERSON, "QUALIFIED");
  const started = await startCertificateChoiceLink();
  const session = env.SESSIONS.get(env.SESSIONS.idFromName(started.sessionToken));
  await session.openLink(account, linkOf(started));
  await session.finish(account.handle, signedBy(account));
  choice = started;
  untouched = await dumpDeployment();
});

interface Route {
  /** Begins behind the base path. `:person`, `:document`: what is hostile in turn; without it, anything more in the path. */
  readonly template: string;
  readonly body: () => object;
  readonly schema: { safeParse(body: unknown): { readonly success: boolean } };
}

const returning = (body: object) => ({ ...body, initialCallbackUrl: CALLBACK });
const linked = () => ({ ...aSignature(), linkedSessionID: choice.sessionID });

const ROUTES: readonly Route[] = [
  ...[":person", ":document"].flatMap((whom) => {
    const kind = whom === ":person" ? "etsi" : "document";
    return [
      {
        template: `/authentication/notification/${kind}/${whom}`,
        body: anAuthentication,
        schema: requests.authenticationRequest,
      },
      { template: `/signature/notification/${kind}/${whom}`, body: aSignature, schema: requests.signatureRequest },
      {
        template: `/authentication/device-link/${kind}/${whom}`,
        body: () => returning(anAuthentication()),
        schema: requests.authenticationLinkRequest,
      },
      {
        template: `/signature/device-link/${kind}/${whom}`,
        body: () => returning(aSignature()),
        schema: requests.signatureLinkRequest,
      },
    ];
  }),
  {
    template: "/authentication/device-link/anonymous",
    body: () => returning(anAuthentication()),
    schema: requests.authenticationLinkRequest,
  },
  {
    template: "/signature/certificate-choice/notification/etsi/:person",
    body: () => ({ ...DEMO, certificateLevel: "QSCD" }),
    schema: requests.certificateChoiceRequest,
  },
  {
    template: "/signature/certificate-choice/device-link/anonymous",
    body: () => returning(DEMO),
    schema: requests.certificateChoiceLinkRequest,
  },
  { template: "/signature/notification/linked/:document", body: linked, schema: requests.linkedSignatureRequest },
  { template: "/signature/certificate/:document", body: () => ({ ...DEMO }), schema: requests.certificateRequest },
];

const NAMED = /:(person|document)$/;

/** `given`: in place of the identifier, or behind the path of a route that has none. */
function pathOf({ template }: Route, given?: string): string {
  if (!NAMED.test(template)) return given === undefined ? template : `${template}/${given}`;
  return template.replace(NAMED, (_, whom) => given ?? (whom === "person" ? PERSON : account.documentNumber));
}

/** What a request that is let in would change, save objects that nothing else names: those are looked at in the end. */
async function storage(): Promise<Dump> {
  return {
    person: await dumpObject(env.PERSONS.get(env.PERSONS.idFromName(PERSON))),
    choice: await dumpObject(env.SESSIONS.get(env.SESSIONS.idFromName(choice.sessionToken))),
    parties: (await env.DATABASE.prepare("SELECT * FROM relying_parties").all()).results,
  };
}

/** `value`: what each run gets. */
async function refusesAll<Value>(values: fc.Arbitrary<Value>, ask: (value: Value) => Promise<Response>, runs = RUNS) {
  const before = await storage();
  await fc.assert(
    fc.asyncProperty(values, async (value) => expectProblem(await ask(value))),
    { numRuns: runs },
  );
  expect(await storage()).toEqual(before);
}

const OPTIONAL = ["nonce", "capabilities", "certificateLevel", "requestProperties", "initialCallbackUrl"].map((name) => [name]);
const SEGMENT = fc
  .string({ unit: "binary", minLength: 1, maxLength: 100 })
  .map((text) => encodeURIComponent(text.toWellFormed()));

for (const route of ROUTES) {
  test(`${route.template}: one wrong field is refused and changes nothing`, async () => {
    const paths = fc.constantFrom(...fieldsOf(route.body()), ...OPTIONAL);
    const bodies = fc
      .tuple(paths, fc.oneof(HOSTILE, fc.constant(undefined)))
      .map(([path, value]) => asJson(changed(route.body(), path, value)))
      .filter((body) => !route.schema.safeParse(body).success);
    await refusesAll(bodies, (body) => post(pathOf(route), body));
  });

  test(`${route.template}: any other path is refused and changes nothing`, async () => {
    const segments = fc
      .oneof(
        SEGMENT,
        fc.stringMatching(/^[A-Za-z0-9%_.-]{1,100}$/),
        fc.stringMatching(/^(PNO|PAS|IDC)[A-Z]{2}-[0-9]{1,20}(-[0-9A-Z]{4}-N?Q)?$/),
      )
      .filter((given) => given !== PERSON && given !== account.documentNumber);
    await refusesAll(segments, (given) => post(pathOf(route, given), route.body()));
  });
}

test("every route: a body of any other shape is refused and changes nothing", async () => {
  const texts = fc.oneof(
    fc.json({ maxDepth: 5 }),
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.constantFrom("", "[".repeat(60_000), '{"a":'.repeat(10_000), "x".repeat(70_000), '{"__proto__":{}}', "\u0000"),
  );
  await refusesAll(fc.tuple(fc.constantFrom(...ROUTES), texts), ([route, text]) => post(pathOf(route), text), 6 * RUNS);
});

test("every route: nobody but the party is let in, whatever the headers say", async () => {
  const headers = fc.record({
    "cf-connecting-ip": fc.oneof(
      fc.ipV4().filter((address) => !address.startsWith("127.")),
      fc.stringMatching(/^[ -~]{0,60}$/),
    ),
    authorization: fc.stringMatching(/^[ -~]{0,100}$/),
  });
  for (const route of ROUTES) await expectProblem(await post(pathOf(route), route.body(), { "cf-connecting-ip": "" }));
  const asked = fc.tuple(fc.constantFrom(...ROUTES), headers);
  await refusesAll(asked, ([route, given]) => post(pathOf(route), route.body(), given), 6 * RUNS);
});

test("who comes by a device link has no codes to choose among, and is asked for none", async () => {
  const choosing = interactionsOf({ type: "confirmationMessageAndVerificationCodeChoice", displayText200: "Which?" });
  const routes = ROUTES.filter(({ template, body }) => /device-link|linked/.test(template) && "interactions" in body());
  expect(routes).toHaveLength(6);
  for (const route of routes) await expectProblem(await post(pathOf(route), { ...route.body(), interactions: choosing }), 400);
});

test("callback addresses that are none of the web's, or not the same to everybody who reads them, are refused", async () => {
  const urls = fc.oneof(
    fc.webUrl({ withFragments: true, validSchemes: ["http", "ftp", "javascript", "data", "ws"] }),
    fc.webUrl().map((url) => `${url}#`),
    fc
      .tuple(fc.webUrl(), fc.constantFrom("|", "\\", " ", "\n", "\t", "\u202e", "é", "＠", "\u0000"))
      .map(([url, text]) => url + text),
    fc.webAuthority({ withUserInfo: true }).map((authority) => `https://x@${authority}/`),
    fc.constantFrom("https:rp.example.com", "//rp.example.com", " https://rp.example.com", "HTTPS://rp.example.com", "https://"),
    fc.constantFrom(
      `https://rp.example.com/${"x".repeat(1800)}`,
      "http://127.0.0.1.example.com/",
      "http://localhost@rp.example.com/",
    ),
  );
  const routes = fc.constantFrom(...ROUTES.filter(({ body }) => "initialCallbackUrl" in body()));
  await refusesAll(fc.tuple(routes, urls), ([route, initialCallbackUrl]) =>
    post(pathOf(route), { ...route.body(), initialCallbackUrl }),
  );
});

test("a signature follows no session but a certificate choice of the same document, whatever its name", async () => {
  const sessionIDs = fc
    .oneof(
      fc.uuid(),
      fc.uuid().map((id) => id.toUpperCase()),
      HOSTILE,
    )
    .filter((id) => id !== choice.sessionID);
  await refusesAll(sessionIDs, (linkedSessionID) =>
    post(`/signature/notification/linked/${account.documentNumber}`, { ...linked(), linkedSessionID }),
  );
});

test("session: any sessionID and any time-out is refused, and changes nothing", async () => {
  await refusesAll(
    fc.tuple(SEGMENT, SEGMENT),
    async ([sessionID, timeout]) => {
      await expectProblem(await get(`/session/${sessionID}?timeoutMs=${timeout}`));
      return get(`/session/${sessionID}`);
    },
    2 * RUNS,
  );
});

test("of all that was refused above no object and no table holds anything", async () => {
  expect(await dumpDeployment()).toEqual(untouched);
});

test("the untouched requests of this file are accepted: what is refused above is refused for its change", async () => {
  for (const route of ROUTES) expect((await post(pathOf(route), route.body())).status, route.template).toBe(200);
});
