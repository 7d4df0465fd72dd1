// Every operation of the device channel, sealed with the real keys and in step, with something wrong inside: always a sealed
// failure, and nothing changes but what every answered request leaves behind (its id, its answer, the next one-time password).
import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { CompactEncrypt, importJWK } from "jose";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sealSecondEnvelope } from "../../src/channel/second-envelope.ts";
import { confirmCertificateChoice, openDeviceLink } from "../../src/authenticator/transactions.ts";
import { type Operation, REQUEST_BODIES } from "../../src/protocol/device-messages.ts";
import { toBase64Url, utf8 } from "../../src/protocol/encoding.ts";
import { claimOnly, enrol, identifiedDevice, openedDevice } from "../support/headless-device.ts";
import { endResult, startLogin, startSignature } from "../support/demo-party.ts";
import {
  CALLBACK,
  linkOf,
  startAuthenticationLink,
  startCertificateChoiceLink,
  type StartedLink,
  startSignatureLink,
} from "../support/device-links.ts";
import { brokenLinks, edited, forgedLinks, LINK_EDITS, signedByParty } from "../support/hostile-links.ts";
import { asJson, changed, fieldsOf, HOSTILE, HOSTILE_TEXT } from "../support/hostile-values.ts";
import { expectProblem } from "../support/problem.ts";
import { codeOf, postMessage, randomBytes, randomIdentifier, RawDevice } from "../support/raw-device.ts";
import { listedAccount, seedDemoParty } from "../support/relying-party.ts";
import { type Dump, dumpDeployment, dumpObject, withoutBookkeeping } from "../support/storage-dump.ts";
import { pairAt } from "../split-key/rsa/fixtures.ts";

const RUNS = 30;

/** One account in each state that operations ask for. */
let opened: RawDevice;
let identified: RawDevice;
let active: RawDevice;
/** On the active account, all claimed. It also awaits the signature after another certificate choice. */
let login = "";
let signature = "";
let choice = "";
let documentNumber = "";

beforeAll(makeAccounts);

async function makeAccounts(): Promise<void> {
  await seedDemoParty();
  opened = new RawDevice((await openedDevice()).storage.record);
  identified = new RawDevice((await identifiedDevice()).storage.record);
  const device = await enrol();
  await startLogin(device.documentNumber);
  login = (await claimOnly(device)).transactionId;
  await startSignature(device.documentNumber, utf8("file"));
  const waiting = await device.client.call("listTransactions", () => ({}));
  signature = (waiting.ok ? waiting.value.transactions : []).find(({ purpose }) => purpose === "sign")?.transactionId ?? "";
  const claimed = await device.client.call("claimTransaction", () => ({ transactionId: signature }));
  expect(claimed.ok).toBe(true);
  const choices = [await openedChoice(device), await openedChoice(device)] as const;
  expect((await confirmCertificateChoice(device.client, choices[0])).ok).toBe(true);
  choice = choices[1];
  documentNumber = device.documentNumber;
  active = new RawDevice(device.storage.record);
  // Fuzzing on a slow machine takes longer than a person has.
  await runInDurableObject(active.stub(), (_instance, { storage }) => {
    storage.sql.exec("UPDATE pending_transaction SET expires_at = expires_at + 3600000");
    storage.sql.exec("UPDATE awaited SET until = until + 3600000");
  });
  await keepAsItIs();
  // Half a key waits for its device's half, the other one for its proof.
  expect(await identified.code("initiateKey", { purpose: "auth", suite: "rsa" })).toBe("ok");
  expect(await identified.code("initiateKey", { purpose: "auth", suite: "ed25519" })).toBe("ok");
  expect(await identified.code("initiateKey", { purpose: "sign", suite: "rsa" })).toBe("ok");
  const requestId = randomIdentifier();
  const { n1, secret } = pairAt(0).device;
  const joining = await envelopeFor(identified, requestId, "submitClient2ndPart", "sign:1", { secret });
  const body = { purpose: "sign", keyVersion: 1, device: toBase64Url(n1), envelope: joining };
  expect(await identified.code("submitClient2ndPart", body, requestId)).toBe("ok");
}

async function openedChoice({ client }: Awaited<ReturnType<typeof enrol>>): Promise<string> {
  const answer = await openDeviceLink(client, linkOf(await startCertificateChoiceLink()));
  if (!answer.ok) throw new Error(answer.failure.code);
  return answer.value.transactionId;
}

/** Nothing that was started so far ends or is forgotten by itself: it would look like a change. */
async function keepAsItIs(): Promise<void> {
  for (const namespace of ["SESSIONS", "PERSONS"] as const) {
    const objects = env[namespace] as unknown as DurableObjectNamespace;
    for (const id of await listDurableObjectIds(objects)) {
      await runInDurableObject(objects.get(id), (_instance, { storage }) => storage.deleteAlarm());
    }
  }
}

type Contents = Readonly<Record<string, Uint8Array>>;

const envelopeFor = (
  device: RawDevice,
  requestId: string,
  operation: string,
  subject: string,
  contents: Contents,
): Promise<string> =>
  sealSecondEnvelope(device.encryptionKey, { handle: device.handle, requestId, operation, subject }, contents);

/** 32 bytes and 384: of the right form, and wrong. */
const guess = (): Contents => ({ transcript: randomBytes(32), contribution: randomBytes(384).fill(1, 0, 1) });

interface Case {
  readonly operation: Operation;
  readonly device: () => RawDevice;
  /** What its second envelope is for; undefined for operations without one. */
  readonly subject?: () => string;
  readonly contents?: () => Contents;
  readonly body: (envelope: string) => Record<string, unknown>;
}

const CASES: readonly Case[] = [
  { operation: "initiateKey", device: () => identified, body: () => ({ purpose: "auth", suite: "rsa" }) },
  {
    operation: "submitClient2ndPart",
    device: () => identified,
    subject: () => "auth:1",
    contents: () => ({ secret: randomBytes(384) }),
    body: (envelope) => ({ purpose: "auth", keyVersion: 1, device: toBase64Url(randomBytes(384)), envelope }),
  },
  {
    operation: "dkgRound",
    device: () => identified,
    subject: () => "auth:2",
    contents: () => ({ secret: randomBytes(160) }),
    body: (envelope) => ({ purpose: "auth", keyVersion: 2, envelope }),
  },
  {
    operation: "provePossession",
    device: () => identified,
    subject: () => "sign:1",
    contents: () => ({ ...guess(), grant: randomBytes(32) }),
    body: (envelope) => ({ purpose: "sign", keyVersion: 1, envelope }),
  },
  { operation: "beginReKey", device: () => active, body: () => ({ purpose: "auth", change: "replace" }) },
  {
    operation: "reKey",
    device: () => active,
    subject: () => `auth:${PROOF}`,
    contents: () => ({ ...guess(), grant: randomBytes(32) }),
    body: (envelope) => ({ purpose: "auth", envelope }),
  },
  {
    operation: "performSignature",
    device: () => active,
    subject: () => login,
    contents: guess,
    body: (envelope) => ({ transactionId: login, userChallenge: toBase64Url(randomBytes(32)), envelope }),
  },
  {
    operation: "answerChallenge",
    device: () => active,
    subject: () => CHALLENGE,
    contents: guess,
    body: (envelope) => ({ challenge: CHALLENGE, envelope }),
  },
  { operation: "getKeyState", device: () => active, body: () => ({}) },
  { operation: "revokeKey", device: () => active, body: () => ({}) },
  { operation: "openLiveChannel", device: () => active, body: () => ({}) },
  { operation: "subscribePush", device: () => active, body: () => ({ subscription: SUBSCRIPTION, notice: WORDS }) },
  { operation: "testPush", device: () => active, body: () => ({}) },
  { operation: "getCertificates", device: () => active, body: () => ({}) },
  { operation: "dismissNotices", device: () => active, body: () => ({ ids: [NOTICE] }) },
  {
    operation: "practise",
    device: () => active,
    body: () => ({ rpChallenge: `${"A".repeat(43)}=`, displayText: "This is practice." }),
  },
  { operation: "listTransactions", device: () => active, body: () => ({}) },
  { operation: "claimTransaction", device: () => active, body: () => ({ transactionId: login }) },
  { operation: "refuseTransaction", device: () => active, body: () => ({ transactionId: login, refusal: "USER_REFUSED" }) },
  {
    operation: "openDeviceLink",
    device: () => active,
    body: () => ({ link: LINK_OF_NOBODY, supportedInteractions: ["displayTextAndPIN"] }),
  },
  { operation: "confirmCertificateChoice", device: () => active, body: () => ({ transactionId: choice }) },
  { operation: "stopWaiting", device: () => active, body: () => ({}) },
  { operation: "getHistory", device: () => active, body: () => ({ limit: 5, before: { at: 1, id: PAST } }) },
  { operation: "disown", device: () => active, body: () => ({ id: PAST, refuseParty: true }) },
  { operation: "listRefusedParties", device: () => active, body: () => ({}) },
  { operation: "allowParty", device: () => active, body: () => ({ party: PAST }) },
];
/** Of the right form; its key is no point on the curve. */
const SUBSCRIPTION = { endpoint: "https://fcm.googleapis.com/fcm/send/x", p256dh: `B${"A".repeat(86)}`, auth: "A".repeat(22) };
const WORDS = { lang: "en" };
/** Of the right form; nobody was ever given them. */
const PROOF = "AAAAAAAAAAAAAAAAAAAAAA";
const CHALLENGE = "AAAAAAAAAAAAAAAAAAAAAA";
const NOTICE = "AAAAAAAAAAAAAAAAAAAAAA";
const PAST = "00000000-0000-4000-8000-00000000000f";
const LINK_OF_NOBODY =
  `http://localhost/device-link?deviceLinkType=Web2App&sessionToken=${"A".repeat(43)}&sessionType=auth&version=1.0&lang=eng` +
  `&authCode=${"A".repeat(43)}`;

async function validBody({ operation, device, subject, contents, body }: Case, requestId: string) {
  if (subject === undefined) return body("");
  return body(await envelopeFor(device(), requestId, operation, subject(), contents?.() ?? {}));
}

/** Sends it and expects one of these failures, sealed. */
async function expectRefused(
  device: RawDevice,
  operation: string,
  body: unknown,
  codes: readonly string[],
  requestId = randomIdentifier(),
) {
  const answer = await device.send(device.request(operation, body, requestId));
  expect(answer.requestId).toBe(requestId);
  expect(codes).toContain(codeOf(answer));
}

/** Runs it; the account is then as it was, but for the bookkeeping of requests. */
async function changesNothing(device: RawDevice, work: () => Promise<void>): Promise<void> {
  const before = withoutBookkeeping(await dumpObject(device.stub()));
  await work();
  expect(withoutBookkeeping(await dumpObject(device.stub()))).toEqual(before);
}

it("every operation is lied about below; of `resume` no body is looked at", () => {
  const operations = Object.keys(REQUEST_BODIES).filter((name) => name !== "resume");
  expect(CASES.map(({ operation }) => operation as string).toSorted()).toEqual(operations.toSorted());
});

describe.each(CASES)("$operation", (each) => {
  const { operation, device } = each;

  it("with one wrong field is malformed", async () => {
    const names = [...fieldsOf(each.body("")), ["extra"], ["__proto__"], []];
    const runs = () =>
      fc.assert(
        fc.asyncProperty(fc.constantFrom(...names), fc.oneof(HOSTILE, fc.constant(undefined)), async (path, value) => {
          const requestId = randomIdentifier();
          const body = asJson(changed(await validBody(each, requestId), path, value));
          fc.pre((path[0] === "extra" && value !== undefined) || !REQUEST_BODIES[operation].safeParse(body).success);
          await expectRefused(device(), operation, body, ["malformed"], requestId);
        }),
        { numRuns: RUNS },
      );
    await changesNothing(device(), runs);
  });

  it("makes no sense on an account that is only opened, or closed", async () => {
    if (operation === "getKeyState" || operation === "revokeKey") return;
    const body = await validBody(each, randomIdentifier());
    await changesNothing(opened, () => expectRefused(opened, operation, body, ["wrong_state"]));
  });
});

const SEALED = CASES.filter(({ subject }) => subject !== undefined);

describe.each(SEALED)("the second envelope of $operation", (each) => {
  const { operation, device, subject = () => "" } = each;
  // Without a challenge there is nothing to try; everything else would be told apart by its contents only.
  const refused = operation === "answerChallenge" ? ["malformed", "challenge_over"] : ["malformed"];

  const refuse = (envelope: string, requestId: string) =>
    expectRefused(device(), operation, each.body(envelope), refused, requestId);

  let before: Dump = {};
  const dump = async () => withoutBookkeeping(await dumpObject(device().stub()));
  const expectUnchanged = async () => expect(await dump()).toEqual(before);
  beforeEach(async () => {
    before = await dump();
  });
  afterEach(expectUnchanged);

  it("that does not open is malformed, whatever it is", async () => {
    const right = await envelopeFor(device(), randomIdentifier(), operation, subject(), each.contents?.() ?? {});
    const [header = "", ...rest] = right.split(".");
    const envelope = fc.oneof(
      HOSTILE_TEXT,
      fc
        .tuple(fc.nat(right.length), fc.constantFrom("", "A", ".", "=", "\n", "\u00e9"))
        .map(([at, text]) => right.slice(0, at) + text),
      fc.array(HOSTILE_TEXT, { maxLength: 6 }).map((segments) => [header, ...segments].join(".")),
      HOSTILE.map((value) => [toBase64Url(utf8(JSON.stringify(value) ?? "")), ...rest].join(".")),
      fc.constant(right),
    );
    await fc.assert(
      fc.asyncProperty(envelope, async (text) => {
        fc.pre(text.length <= 8192);
        await refuse(text, randomIdentifier());
      }),
      { numRuns: RUNS },
    );
  });

  it("under another header is malformed", async () => {
    const epk = device().encryptionKey;
    const key = await importJWK(epk, "ECDH-ES");
    const requestId = () => randomIdentifier();
    const plaintext = (id: string) =>
      utf8(JSON.stringify({ binding: [device().handle, id, operation, subject()], contents: asText(each.contents?.() ?? {}) }));
    for (const header of [
      { alg: "ECDH-ES", enc: "A128GCM" },
      { alg: "ECDH-ES", enc: "A256CBC-HS512" },
      { alg: "ECDH-ES+A256KW", enc: "A256GCM" },
      { alg: "ECDH-ES", enc: "A256GCM", zip: "DEF" },
      { alg: "ECDH-ES", enc: "A256GCM", kid: "1" },
      { alg: "ECDH-ES", enc: "A256GCM", apu: "AA" },
    ]) {
      const id = requestId();
      await refuse(await new CompactEncrypt(plaintext(id)).setProtectedHeader(header).encrypt(key), id);
    }
    const symmetric = await new CompactEncrypt(plaintext(""))
      .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
      .encrypt(device().deviceToServer);
    await refuse(symmetric, requestId());
    // The ephemeral key is no point on the curve.
    const [, ...rest] = symmetric.split(".");
    const offCurve = { alg: "ECDH-ES", enc: "A256GCM", epk: { ...epk, x: epk.y, y: epk.x } };
    await refuse([toBase64Url(utf8(JSON.stringify(offCurve))), ...rest].join("."), requestId());
  });

  it("with other contents, or bound to anything else, is malformed", async () => {
    const key = await importJWK(device().encryptionKey, "ECDH-ES");
    const seal = (content: unknown) =>
      new CompactEncrypt(utf8(JSON.stringify(content) ?? "")).setProtectedHeader({ alg: "ECDH-ES", enc: "A256GCM" }).encrypt(key);
    const valid = (id: string) => ({
      binding: [device().handle, id, operation, subject()],
      contents: asText(each.contents?.() ?? {}),
    });
    const paths = [...fieldsOf(valid("")), ["extra"], []];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.oneof(HOSTILE, fc.constant(undefined)), async (path, value) => {
        // Other bytes in the right place are a guess, and are tested as such.
        fc.pre(path[0] !== "contents" || path.length !== 2 || typeof value !== "string" || !/^[\w-]*$/.test(value));
        const id = randomIdentifier();
        const right = valid(id);
        const content = changedBinding(right, path, value);
        fc.pre(JSON.stringify(content) !== JSON.stringify(right));
        await refuse(await seal(content), id);
      }),
      { numRuns: RUNS },
    );
    const bindings: ((id: string) => string[])[] = [
      (id) => [opened.handle, id, operation, subject()],
      () => [device().handle, randomIdentifier(), operation, subject()],
      (id) => [device().handle, id, operation === "performSignature" ? "answerChallenge" : "performSignature", subject()],
      (id) => [device().handle, id, operation, signature],
      (id) => [device().handle, operation, id, subject()],
    ];
    for (const binding of bindings) {
      const id = randomIdentifier();
      await refuse(await seal({ ...valid(id), binding: binding(id) }), id);
    }
  });
});

const asText = (contents: Contents) =>
  Object.fromEntries(Object.entries(contents).map(([name, value]) => [name, toBase64Url(value)]));

/** `changed` turns a list into an object with its indices as names: as bad as any other value, but here it must stay a list. */
function changedBinding(content: { binding: unknown[]; contents: object }, path: readonly string[], value: unknown): unknown {
  const [first, index] = path;
  if (first !== "binding" || index === undefined) return changed(content, path, value);
  return { ...content, binding: content.binding.map((part, at) => (String(at) === index ? (value ?? null) : part)) };
}

describe("a subscription to pushes", () => {
  it("whose keys encrypt nothing is malformed, and changes nothing", async () => {
    const zero = "A".repeat(87);
    const stray = `${SUBSCRIPTION.auth.slice(0, -1)}B`;
    await changesNothing(active, async () => {
      for (const wrong of [{}, { p256dh: zero }, { auth: stray }, { endpoint: "http://localhost/" }]) {
        await expectRefused(active, "subscribePush", { subscription: { ...SUBSCRIPTION, ...wrong } }, ["malformed"]);
      }
    });
  });
});

describe("what is well-formed and names nothing", () => {
  it("is refused with a code of its own: a transaction", async () => {
    const none = ["no_such_transaction"];
    const anyId = fc.stringMatching(/^[A-Za-z0-9_-]{22,36}$/);
    const runs = () =>
      fc.assert(
        fc.asyncProperty(anyId, async (transactionId) => {
          await expectRefused(active, "claimTransaction", { transactionId }, none);
          await expectRefused(active, "refuseTransaction", { transactionId, refusal: "WRONG_VC" }, none);
          await expectRefused(active, "confirmCertificateChoice", { transactionId }, none);
          const requestId = randomIdentifier();
          const envelope = await envelopeFor(active, requestId, "performSignature", transactionId, guess());
          await expectRefused(active, "performSignature", { transactionId, envelope }, none, requestId);
        }),
        { numRuns: 20 },
      );
    await changesNothing(active, runs);
  });

  it("is refused with a code of its own: a key", async () => {
    const keys = fc.tuple(fc.constantFrom("auth", "sign"), fc.integer({ min: 1, max: 1_000_000 }));
    const joining = () => ({ secret: randomBytes(384) });
    const steps = [
      { operation: "submitClient2ndPart", half: "auth:1", contents: joining, body: { device: toBase64Url(randomBytes(384)) } },
      { operation: "provePossession", half: "sign:1", contents: () => ({ ...guess(), grant: randomBytes(32) }), body: {} },
      { operation: "dkgRound", half: "auth:2", contents: () => ({ secret: randomBytes(160) }), body: {} },
    ];
    const runs = () =>
      fc.assert(
        fc.asyncProperty(keys, async ([purpose, keyVersion]) => {
          const subject = `${purpose}:${keyVersion}`;
          for (const { operation, contents, body } of steps.filter(({ half }) => half !== subject)) {
            const requestId = randomIdentifier();
            const envelope = await envelopeFor(identified, requestId, operation, subject, contents());
            await expectRefused(identified, operation, { purpose, keyVersion, ...body, envelope }, ["wrong_state"], requestId);
          }
        }),
        { numRuns: 20 },
      );
    await changesNothing(identified, runs);
  });
});

describe("a certificate choice", () => {
  it("is neither signed nor refused for what was never shown, and nothing else is confirmed as one", async () => {
    await changesNothing(active, async () => {
      for (const userChallenge of [undefined, "A".repeat(43)]) {
        const requestId = randomIdentifier();
        const envelope = await envelopeFor(active, requestId, "performSignature", choice, guess());
        const body = { transactionId: choice, userChallenge, envelope };
        await expectRefused(active, "performSignature", body, ["malformed"], requestId);
      }
      for (const refusal of ["WRONG_VC", "USER_REFUSED_INTERACTION"]) {
        await expectRefused(active, "refuseTransaction", { transactionId: choice, refusal }, ["malformed"]);
      }
      for (const transactionId of [login, signature]) {
        await expectRefused(active, "confirmCertificateChoice", { transactionId }, ["malformed"]);
      }
    });
  });
});

/** Everything that is stored, without what the answered requests of the active account leave behind in any case. */
async function wholeDump(): Promise<Dump> {
  const dump = await dumpDeployment();
  const own = `ACCOUNTS ${active.handle}`;
  return { ...dump, [own]: withoutBookkeeping(dump[own] as Dump) };
}

/** Runs it; nothing is then other than it was, anywhere. */
async function changesNothingAnywhere(work: () => Promise<void>): Promise<void> {
  const before = await wholeDump();
  await work();
  expect(await wholeDump()).toEqual(before);
}

const open = (link: string): Promise<string> => active.code("openDeviceLink", { link });
const sessionOf = ({ sessionToken }: StartedLink) => env.SESSIONS.get(env.SESSIONS.idFromName(sessionToken));

/** Sends each, and compares what comes back for each of them. */
async function expectCodes(links: Readonly<Record<string, string>>, code: string): Promise<void> {
  const answers: Record<string, string> = {};
  for (const [what, link] of Object.entries(links)) answers[what] = await open(link);
  expect(answers).toEqual(Object.fromEntries(Object.keys(links).map((what) => [what, code])));
}

const namesToken = (link: string, { sessionToken }: StartedLink): boolean =>
  new RegExp(`[?&]sessionToken=${sessionToken}(&|$)`).test(link);

/**
 * Sends each of the hostile links that are made of a session's; whatever has its token ends that one, unless it names its person, and nothing
 * else changes.
 */
async function expectHarmless(
  start: () => Promise<StartedLink>,
  linksOf: (started: StartedLink) => Readonly<Record<string, string>>,
  end = "PROTOCOL_FAILURE",
): Promise<void> {
  const before = await wholeDump();
  const living = [await start()];
  const ends: Record<string, string> = {};
  const expected: Record<string, string> = {};
  for (const what of Object.keys(linksOf(living[0] as StartedLink))) {
    const started = living.at(-1) as StartedLink;
    const link = linksOf(started)[what] ?? "";
    const session = await dumpObject(sessionOf(started));
    const code = await open(link);
    const unchanged = JSON.stringify(await dumpObject(sessionOf(started))) === JSON.stringify(session);
    ends[what] = `${code}, ${unchanged ? "unchanged" : await endResult(started.sessionID)}`;
    expected[what] = namesToken(link, started) ? `forged_link, ${end}` : "no_such_link, unchanged";
    if (!unchanged) living.push(await start());
  }
  expect(ends).toEqual(expected);
  const own = new Set(living.map((each) => `SESSIONS ${sessionOf(each).id.toString()}`));
  const others = Object.entries(await wholeDump()).filter(([name]) => !own.has(name));
  expect(Object.fromEntries(others)).toEqual(before);
}

const returning = () => startAuthenticationLink("anonymous", { initialCallbackUrl: CALLBACK });

/** Of audiences that the active account belongs to, one for each kind of session. */
const LIVING: readonly (readonly [string, end: string, () => Promise<StartedLink>])[] = [
  ["an authentication of anybody", "PROTOCOL_FAILURE", returning],
  [
    "a signature of this document",
    "unchanged",
    () => startSignatureLink(`document/${documentNumber}`, { nonce: randomIdentifier() }),
  ],
  ["a certificate choice", "PROTOCOL_FAILURE", () => startCertificateChoiceLink()],
];

describe("a device link while the signature after a certificate choice is awaited", () => {
  it("is not followed, right or wrong, and changes nothing anywhere", async () => {
    const started = await returning();
    await changesNothingAnywhere(() =>
      expectCodes({ right: linkOf(started), ...forgedLinks(linkOf(started)) }, "awaits_signature"),
    );
    expect(await active.code("stopWaiting", {})).toBe("ok");
  });
});

describe.each(LIVING)("the device link of %s", (_what, end, start) => {
  it(`that its relying party did not make leaves its session as ${end}, and changes nothing else`, () =>
    expectHarmless(start, (started) => forgedLinks(linkOf(started)), end));
});

describe("a device link", () => {
  it("that is none in its one spelling ends the session whose token it has, or nothing", () =>
    expectHarmless(returning, (started) => brokenLinks(linkOf(started))));

  it("with any change opens nothing; it ends the session whose token is still in it, or nothing", async () => {
    let started = await returning();
    const account = async () => withoutBookkeeping(await dumpObject(active.stub()));
    const before = await account();
    const changes = fc.tuple(fc.constantFrom("QR" as const, "Web2App" as const), LINK_EDITS);
    await fc.assert(
      fc.asyncProperty(changes, async ([type, edits]) => {
        const link = edited(linkOf(started, type), edits);
        fc.pre(link !== linkOf(started, type));
        const session = await dumpObject(sessionOf(started));
        const code = await open(link);
        expect(await account()).toEqual(before);
        if (code === "forged_link") {
          expect(namesToken(link, started)).toBe(true);
          expect(await endResult(started.sessionID)).toBe("PROTOCOL_FAILURE");
          started = await returning();
        } else {
          expect(code).toBe("no_such_link");
          expect(await dumpObject(sessionOf(started))).toEqual(session);
        }
      }),
      { numRuns: 2 * RUNS },
    );
  });

  it("that its relying party made in another spelling, or of something else, opens nothing", async () => {
    await expectHarmless(returning, (started) => {
      const right = linkOf(started).replace(/&authCode=.*/, "");
      const texts = {
        "other order": right.replace(/(&sessionToken=\w+)(&sessionType=\w+)/, "$2$1"),
        "leading zero": right.replace("elapsedSeconds=0", "elapsedSeconds=00"),
        negative: right.replace("elapsedSeconds=0", "elapsedSeconds=-1"),
        "URL-encoded": right.replace("QR", "%51R"),
        "other version": right.replace("version=1.0", "version=1.1"),
        doubled: `${right}&lang=eng`,
        "upper case": right.replace("lang=eng", "lang=ENG"),
        "QR without its age": right.replace(/&elapsedSeconds=0/, ""),
        "a button with an age": right.replace("QR", "Web2App"),
        "other base": right.replace(/^[^?]+/, "https://id.example.com/device-link"),
        "other session type": right.replace("sessionType=auth", "sessionType=sign"),
      };
      const signed = Object.entries(texts).map(([what, text]) => [what, signedByParty(started, text)] as const);
      // A QR code leads back nowhere, and its authCode says so.
      return { ...Object.fromEntries(signed), "a QR code that leads back": signedByParty(started, right, CALLBACK) };
    });
    // A button has to lead back.
    await expectHarmless(startAuthenticationLink, (started) => ({ button: linkOf(started, "Web2App") }));
    const started = await returning();
    await changesNothingAnywhere(async () => {
      for (const elapsedSeconds of [60, 999_999])
        expect(await open(linkOf(started, "QR", { elapsedSeconds }))).toBe("stale_link");
    });
    // What makes those links wrong is their spelling: the same hand makes right ones.
    const button = linkOf(started, "Web2App").replace(/&authCode=.*/, "");
    expect(await open(signedByParty(started, button, CALLBACK))).toBe("ok");
  });

  it("of a session that is somebody else's, taken or over ends nothing, forged or not", async () => {
    const stranger = await listedAccount("PNOEE-40404040009", "QUALIFIED");
    const foreign = [
      await startAuthenticationLink(`etsi/PNOEE-40404040009`),
      await startSignatureLink(`document/${stranger.documentNumber}`, { nonce: "1" }),
    ];
    const taken = await startAuthenticationLink();
    expect((await sessionOf(taken).openLink(stranger, linkOf(taken))).ok).toBe(true);
    const over = await startAuthenticationLink();
    await sessionOf(over).openLink(stranger, linkOf(over));
    await sessionOf(over).finish(stranger.handle, { endResult: "USER_REFUSED", documentNumber: stranger.documentNumber });
    await changesNothingAnywhere(async () => {
      for (const [started, code] of [
        ...foreign.map((each) => [each, "not_for_this_account"] as const),
        [taken, "claimed_elsewhere"] as const,
        [over, "no_such_link"] as const,
      ]) {
        const right = { QR: linkOf(started), Web2App: linkOf(started, "Web2App") };
        await expectCodes({ ...right, ...forgedLinks(right.QR) }, code);
      }
    });
  });

  it("that is too long is not looked at", async () => {
    const link = linkOf(await startAuthenticationLink());
    await changesNothingAnywhere(async () => {
      for (const long of [link.padEnd(2049, "A"), link.padEnd(5000, "\u{1f511}"), "é".repeat(5000)]) {
        await expectRefused(active, "openDeviceLink", { link: long }, ["malformed"]);
      }
      const request = active.request("openDeviceLink", { link: link.padEnd(100_000, "A") });
      await expectProblem(await postMessage(await active.seal(utf8(JSON.stringify(request)))), 413);
    });
  });
});

describe("a contribution whose transcript is not the server's", () => {
  it.each(["performSignature", "provePossession"] as const)("is neither evaluated nor paid by %s", async (operation) => {
    const each = CASES.find((one) => one.operation === operation);
    if (each === undefined) throw new Error("no such case");
    const bytes = fc.uint8Array({ maxLength: 800 });
    const grant = randomBytes(32);
    const runs = () =>
      fc.assert(
        fc.asyncProperty(bytes, bytes, async (transcript, contribution) => {
          const requestId = randomIdentifier();
          const body = await validBody({ ...each, contents: () => ({ transcript, contribution, grant }) }, requestId);
          await expectRefused(each.device(), operation, body, ["transcript_mismatch"], requestId);
        }),
        { numRuns: RUNS },
      );
    await changesNothing(each.device(), runs);
  });

  it("nor is one with a user challenge where there is none, or without one where there is", async () => {
    await changesNothing(active, async () => {
      for (const [transactionId, userChallenge] of [
        [signature, "A".repeat(43)],
        [login, undefined],
      ] as const) {
        const requestId = randomIdentifier();
        const envelope = await envelopeFor(active, requestId, "performSignature", transactionId, guess());
        await expectRefused(active, "performSignature", { transactionId, userChallenge, envelope }, ["malformed"], requestId);
      }
    });
  });
});

describe("a device's half of a key", () => {
  it("that no honest device makes is refused, and the key stays as it was", async () => {
    const { n1, secret } = pairAt(0).device;
    const even = n1.with(n1.length - 1, 0);
    const short = n1.with(0, 0);
    const cases: [Uint8Array, Uint8Array, string][] = [
      [new Uint8Array(0), secret, "malformed"],
      [n1.subarray(1), secret, "malformed"],
      [new Uint8Array(500).fill(255), secret, "malformed"],
      [n1, new Uint8Array(384), "malformed"],
      [n1, n1, "malformed"],
      [n1, secret.subarray(1), "malformed"],
      [even, secret.with(0, 0), "unacceptable_key"],
      [short, new Uint8Array(384).fill(1, 383), "unacceptable_key"],
      // The same modulus again: it is that of the other key of this account.
      [n1, secret, "unacceptable_key"],
    ];
    await changesNothing(identified, async () => {
      for (const [device, part, code] of cases) {
        const requestId = randomIdentifier();
        const envelope = await envelopeFor(identified, requestId, "submitClient2ndPart", "auth:1", { secret: part });
        const body = { purpose: "auth", keyVersion: 1, device: toBase64Url(device), envelope };
        await expectRefused(identified, "submitClient2ndPart", body, [code], requestId);
      }
    });
  });
});

describe("resume", () => {
  it("of a request that never arrived burns its id and the OTP, and nothing else, whatever its body", async () => {
    const runs = () =>
      fc.assert(
        fc.asyncProperty(HOSTILE, async (body) => {
          const request = active.request("resume", body);
          expect(await active.send(request)).toMatchObject({ outcome: { ok: true, body: { received: false } } });
          expect(codeOf(await active.send({ ...request, operation: "getKeyState", body: {} }))).toBe("refused");
        }),
        { numRuns: 20 },
      );
    await changesNothing(active, runs);
  });
});

describe("a request that is not in step", () => {
  it("under a known id with other bytes is refused, and changes nothing at all", async () => {
    const known = active.request("getKeyState", {});
    const first = await active.send(known);
    const before = await dumpObject(active.stub());
    for (const operation of Object.keys(REQUEST_BODIES).filter((name) => name !== "resume")) {
      for (const otp of [known.oneTimePassword, active.oneTimePassword, toBase64Url(randomBytes(32))]) {
        const answer = await active.send({ ...known, operation, oneTimePassword: otp, body: { other: operation } });
        expect(answer).toMatchObject({ requestId: known.requestId, outcome: { ok: false, failure: { code: "refused" } } });
        expect(answer.oneTimePassword).toBeUndefined();
      }
    }
    expect(await active.send({ ...known, operation: "resume", oneTimePassword: toBase64Url(randomBytes(32)) })).toMatchObject({
      outcome: { ok: false, failure: { code: "refused" } },
    });
    // The same bytes are the same request.
    expect(await active.send(known)).toEqual(first);
    expect(await dumpObject(active.stub())).toEqual(before);
  });

  it("under an unknown id is out of step, is counted and challenged, and costs the device in step nothing", async () => {
    const operations = Object.keys(REQUEST_BODIES).filter((name) => name !== "answerChallenge" && name !== "revokeKey");
    for (const operation of [...operations, ...operations]) {
      const before = withoutBookkeeping(await dumpObject(active.stub()));
      const request = { ...active.request(operation, {}), oneTimePassword: toBase64Url(randomBytes(32)) };
      const answer = await active.send(request);
      expect(codeOf(answer)).toBe("out_of_step");
      expect(answer.oneTimePassword).toBeUndefined();
      const after = withoutBookkeeping(await dumpObject(active.stub()));
      const { clone_watch: watch } = after;
      const counted = ["clone_watch", "audit", "repeated_event"];
      expect(without(after, ...counted)).toEqual(without(before, ...counted));
      const count = (dump: unknown) => (dump as { out_of_step: number }[])[0]?.out_of_step ?? 0;
      expect(count(watch)).toBe(count(before["clone_watch"]) + 1);
    }
    expect(await active.code("getKeyState", {})).toBe("ok");
  });

  it("answers a challenge that was given with nothing but a failure, whatever is in it", async () => {
    const stale = { ...active.request("getKeyState", {}), oneTimePassword: toBase64Url(randomBytes(32)) };
    const { outcome } = await active.send(stale);
    const given = !outcome.ok && outcome.failure.code === "out_of_step" ? outcome.failure.challenge?.challenge : undefined;
    const requestId = randomIdentifier();
    const before = withoutBookkeeping(await dumpObject(active.stub()));
    const envelope = await envelopeFor(active, requestId, "answerChallenge", given ?? "", guess());
    expect(await active.code("answerChallenge", { challenge: given, envelope }, requestId)).toBe("transcript_mismatch");
    const after = withoutBookkeeping(await dumpObject(active.stub()));
    expect(without(after, "clone_watch")).toEqual(without(before, "clone_watch"));
    // Burnt, and unpaid.
    expect(after["clone_watch"]).toMatchObject([{ challenge: null, wrong_answers: 0 }]);
  });
});

const without = (dump: Record<string, unknown>, ...names: readonly string[]) =>
  Object.fromEntries(Object.entries(dump).filter(([table]) => !names.includes(table)));

describe("a closed account", () => {
  it("says so to every request in step, and nothing else", async () => {
    expect(await identified.code("revokeKey", {})).toBe("ok");
    // The person is told after the commit.
    await expect.poll(async () => (await dumpObject(identified.stub()))["outbox"], { timeout: 20_000 }).toEqual([]);
    await changesNothing(identified, async () => {
      for (const each of CASES.filter(({ operation }) => operation !== "getKeyState")) {
        const requestId = randomIdentifier();
        const operation = each.operation;
        await expectRefused(identified, operation, await validBody(each, requestId), ["account_closed"], requestId);
        await expectRefused(identified, operation, { anything: 1 }, ["account_closed"]);
      }
    });
    expect(await identified.code("getKeyState", {})).toBe("ok");
  });
});
