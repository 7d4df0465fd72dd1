// Every flow of the relying-party API and every end that a test person gives it, over HTTP, against a server as `npm start` makes it.
import { mkdtempSync, rmSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acceptStatus } from "./certificate-status.ts";
import { type CallbackListener, listenForCallbacks } from "./callback-listener.ts";
import { type LinkType, sessionSecretDigest, userChallengeOf } from "./exact-bytes.ts";
import { acceptCertificate, acceptResult, type CertificateGiven, type Expected, type Judge, makeJudge } from "./judge.ts";
import { startWithPeople } from "./local-people.ts";
import {
  type Algorithm,
  anySessionID,
  CHOOSE,
  CONFIRM,
  encoded,
  type HashName,
  type Interaction,
  type Json,
  linkOf,
  LOG_IN,
  refused,
  RelyingParty,
  type Started,
  succeeded,
  UUID,
  type Wishes,
} from "./relying-party.ts";

const OK = "PNOEE-40504040001-DEM0-Q";
const LINK = "PNOEE-40404040009-MOCK-Q";
const NOT_QUALIFIED = "PNOLT-40504049999-MOCK-NQ";
const USER_REFUSED = "PNOEE-30403039917-MOCK-Q";
const REFUSES_DISPLAY = "PNOEE-30403039928-MOCK-Q";
const REFUSES_CONFIRMATION = "PNOEE-30403039946-MOCK-Q";
const REFUSES_CHOICE = "PNOEE-30403039950-MOCK-Q";
const WRONG_VC = "PNOEE-30403039972-MOCK-Q";
const TIMEOUT = "PNOEE-30403039983-MOCK-Q";
const PEOPLE = [OK, LINK, NOT_QUALIFIED, USER_REFUSED, REFUSES_DISPLAY, REFUSES_CONFIRMATION, REFUSES_CHOICE, WRONG_VC, TIMEOUT];

const personOf = (documentNumber: string): string => `etsi/${documentNumber.replace(/-\w{4}-N?Q$/, "")}`;
const toPerson = (documentNumber: string): string => `notification/${personOf(documentNumber)}`;
const toDocument = (documentNumber: string): string => `notification/document/${documentNumber}`;
const pkcs1 = (hash: "SHA-256" | "SHA-384" | "SHA-512"): Algorithm => ({
  signatureAlgorithm: `${hash.replace("-", "").toLowerCase()}WithRSAEncryption`,
  hash,
});
const NAMED = { relyingPartyUUID: UUID, relyingPartyName: "DEMO" };
const pss = (hash: HashName): Algorithm => ({ signatureAlgorithm: "rsassa-pss", hash });
const ed25519 = (hash: HashName): Algorithm => ({ signatureAlgorithm: "ed25519", hash });

let folder: string;
let server: Awaited<ReturnType<typeof startWithPeople>>;
let party: RelyingParty;
let judge: Judge;
let page: CallbackListener;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tally-api-"));
  server = await startWithPeople(folder, PEOPLE);
  party = new RelyingParty(`${server.url}/v3`);
  judge = makeJudge(join(server.stateFolder, "pki"), folder);
  page = await listenForCallbacks();
}, 180_000);

afterAll(async () => {
  page.stop();
  await server.stop();
  rmSync(folder, { recursive: true });
});

const accept = (started: Started, status: Json, expected: Expected) => acceptResult(judge, started, status, expected);

/** The public demo environment's service of that name: a test person opens the link. */
async function open(documentNumber: string, deviceLink: string, flowType: LinkType, browserCookie?: string): Promise<Json> {
  const mock = new RelyingParty(`${server.url}/mock`);
  const asked = { documentNumber, deviceLink, flowType, ...(browserCookie !== undefined && { browserCookie }) };
  return succeeded(await mock.post("device-link", asked)).body;
}

/** Opened by the person, with a link that the relying party has just made. */
const openFresh = (documentNumber: string, started: Started, flowType: LinkType) =>
  open(documentNumber, linkOf(started, flowType), flowType);

/** The person is back on the page that began, in the same browser, from the app that signed. */
async function acceptReturn(initialCallbackUrl: string, started: Started, status: Json, cookie: string): Promise<void> {
  const { path, parameters, cookie: brought } = await page.visitTo(initialCallbackUrl);
  expect([path, brought]).toEqual(["/callback", cookie]);
  const { userChallengeVerifier, ...digest } = parameters;
  const value = new URL(initialCallbackUrl).searchParams.get("value");
  expect(digest).toEqual({ value, sessionSecretDigest: sessionSecretDigest(String(started.answer["sessionSecret"])) });
  if (started.sessionType !== "auth") return expect(userChallengeVerifier).toBeUndefined();
  const { userChallenge } = status["signature"] as Readonly<Record<string, string>>;
  expect(userChallengeOf(userChallengeVerifier!)).toBe(userChallenge);
}

describe("a person who is asked by notification, and agrees", () => {
  const logins: readonly (readonly [what: string, path: string, wishes: Wishes])[] = [
    ["of the person, with a choice of codes", toPerson(OK), { ask: [CHOOSE, CONFIRM, LOG_IN] }],
    ["of the document, no less than ADVANCED", toDocument(OK), { algorithm: pss("SHA3-256"), certificateLevel: "ADVANCED" }],
    ["under another spelling of the name", toPerson(OK), { algorithm: ed25519("SHA3-384"), relyingPartyName: "Demo" }],
    [
      "with all that a server has to bear from clients",
      toPerson(OK),
      {
        algorithm: pkcs1("SHA-256"),
        ask: [CONFIRM, CHOOSE],
        nonce: "abc",
        capabilities: null,
        initialCallbackUrl: null,
        requestProperties: { shareMdClientIpAddress: false },
        unknown: { field: 1 },
      },
    ],
  ];
  it.each(logins)("logs in (%s)", async (_, path, wishes) => {
    const started = await party.authenticate(path, wishes);
    const interactionTypeUsed = wishes.ask?.[0]?.type ?? "displayTextAndPIN";
    accept(started, await party.result(started), { documentNumber: OK, flowType: "Notification", interactionTypeUsed });
  });

  it("signs as with a QSCD; who asks is told which properties were ignored, and the device's address", async () => {
    const requestProperties = { shareMdClientIpAddress: true, colour: "blue", "": null };
    const started = await party.sign(toPerson(OK), { algorithm: pss("SHA-256"), certificateLevel: "QSCD", requestProperties });
    const deviceIpAddress = expect.stringMatching(/^(127\.0\.0\.1|::1)$/) as unknown;
    const besides = { deviceIpAddress, ignoredProperties: ["colour", ""] };
    accept(started, await party.result(started), { documentNumber: OK, flowType: "Notification", besides });
  });

  it("signs for clients of the other base path, with a slash behind it, without Accept and with more than they need", async () => {
    const client = new RelyingParty(`${server.url}/smart-id-rp/v3/`);
    const started = await client.sign(toDocument(OK), { algorithm: pkcs1("SHA-512") });
    accept(started, await party.result(started), { documentNumber: OK, flowType: "Notification" });
    const path = `/smart-id-rp/v3/session/${started.sessionID}?timeoutMs=1000`;
    const { statusCode } = await new Promise<{ statusCode?: number | undefined }>((resolve, reject) => {
      const headers = { "content-type": "application/json" };
      get(server.url + path, { headers }, (answer) => resolve(answer.resume())).on("error", reject);
    });
    expect(statusCode).toBe(200);
  });

  it("gives a certificate, which is the one that can be had without asking, and good", async () => {
    const started = await party.chooseCertificate(toPerson(OK));
    const chosen = await party.result(started);
    accept(started, chosen, { documentNumber: OK, flowType: "Notification" });
    const { body } = succeeded(await party.post(`signature/certificate/${OK}`, { ...NAMED, certificateLevel: "QSCD" }));
    expect(body).toEqual({ state: "OK", cert: chosen["cert"] });
    await acceptStatus(judge, acceptCertificate(judge, body["cert"] as CertificateGiven, "sign", OK));
  });
});

describe("a person who comes by a device link", () => {
  const flows: readonly (readonly [LinkType, what: string, Algorithm, start: (wishes: Wishes) => Promise<Started>])[] = [
    ["QR", "login of anybody", pss("SHA-512"), (wishes) => party.authenticate("device-link/anonymous", wishes)],
    ["Web2App", "login of the person", pkcs1("SHA-384"), (wishes) => party.authenticate(`device-link/${personOf(LINK)}`, wishes)],
    ["App2App", "login of the document", pss("SHA3-512"), (wishes) => party.authenticate(`device-link/document/${LINK}`, wishes)],
    ["QR", "signature of the person", pss("SHA-384"), (wishes) => party.sign(`device-link/${personOf(LINK)}`, wishes)],
    ["Web2App", "signature of the document", ed25519("SHA-512"), (wishes) => party.sign(`device-link/document/${LINK}`, wishes)],
  ];
  // A QR code leads to another device and nowhere back, though the same session has links that do.
  it.each(flows)("%s: %s", async (flowType, _, algorithm, start) => {
    const initialCallbackUrl = page.newAddress();
    const started = await start({ algorithm, initialCallbackUrl, ask: [CONFIRM, LOG_IN] });
    const cookie = `session=${started.sessionID}; theme=dark`;
    expect(await open(LINK, linkOf(started, flowType), flowType, cookie)).toEqual({ opened: true });
    const status = await party.result(started);
    accept(started, status, { documentNumber: LINK, flowType, interactionTypeUsed: "confirmationMessage" });
    if (flowType === "QR") return;
    await acceptReturn(initialCallbackUrl, started, status, cookie);
  });

  it("does not return from a QR code", () => {
    expect(page.visits).toHaveLength(3);
  });

  it("refuses, and is back on the page without what would prove a login", async () => {
    const initialCallbackUrl = page.newAddress();
    const started = await party.authenticate("device-link/anonymous", { initialCallbackUrl });
    await openFresh(USER_REFUSED, started, "Web2App");
    expect(await party.result(started)).toEqual({
      state: "COMPLETE",
      result: { endResult: "USER_REFUSED", documentNumber: USER_REFUSED },
    });
    const { parameters } = await page.visitTo(initialCallbackUrl);
    expect(Object.keys(parameters)).toEqual(["value", "sessionSecretDigest"]);
  });

  it("passes over a QR code that is not of now, and scans the next one; another person's login is not opened", async () => {
    const started = await party.authenticate(`device-link/${personOf(LINK)}`);
    expect(await open(LINK, linkOf(started, "QR", 60), "QR")).toMatchObject({ opened: false });
    expect(await openFresh(OK, started, "QR")).toMatchObject({ opened: false });
    expect(await party.look(started)).toEqual({ state: "RUNNING" });
    expect(await openFresh(LINK, started, "QR")).toEqual({ opened: true });
    const status = await party.result(started);
    const expected = { documentNumber: LINK, flowType: "QR" } as const;
    accept(started, status, expected);
    // Who judges so lets nothing else pass.
    const another = await party.authenticate("device-link/anonymous");
    expect(() => accept({ ...started, request: another.request }, status, expected)).toThrow(/dgst/);
    expect(() => acceptCertificate(judge, status["cert"] as CertificateGiven, "auth", OK)).toThrow(OK.slice(0, 17));
    expect(() => acceptCertificate(judge, status["cert"] as CertificateGiven, "sign", LINK)).toThrow();
  });

  const forgeries: readonly (readonly [LinkType, fault: string, terms: Json, answer: Json])[] = [
    ["QR", "with another secret", {}, { sessionSecret: Buffer.alloc(32).toString("base64") }],
    ["Web2App", "with another secret", { callback: true }, { sessionSecret: Buffer.alloc(32).toString("base64") }],
    ["Web2App", "to another server", { callback: true }, { deviceLinkBase: "https://rp.example.com/device-link" }],
    ["App2App", "of a session that returns nowhere", {}, {}],
  ];
  it.each(forgeries)(
    "ends a session for anybody with a link that no relying party should make, and none that names its person (%s %s)",
    async (flowType, _, terms, answer) => {
      const returning = "callback" in terms ? { initialCallbackUrl: page.newAddress() } : {};
      const named = await party.sign(`device-link/document/${LINK}`, returning);
      const started = await party.authenticate("device-link/anonymous", returning);
      for (const each of [named, started]) {
        const forged = { ...each, answer: { ...each.answer, ...answer } };
        expect(await open(LINK, linkOf(forged, flowType), flowType)).toMatchObject({ opened: false });
      }
      expect(await party.look(named)).toEqual({ state: "RUNNING" });
      expect(await party.result(started)).toEqual({ state: "COMPLETE", result: { endResult: "PROTOCOL_FAILURE" } });
    },
  );

  it("chooses a certificate, waits for the signature that follows, and for nothing else", async () => {
    const initialCallbackUrl = page.newAddress();
    const choice = await party.chooseCertificate("device-link/anonymous", { initialCallbackUrl });
    expect(await open(LINK, linkOf(choice, "App2App"), "App2App", "a=b")).toEqual({ opened: true });
    const chosen = await party.result(choice);
    accept(choice, chosen, { documentNumber: LINK, flowType: "App2App" });
    await acceptReturn(initialCallbackUrl, choice, chosen, "a=b");

    const asked = await party.authenticate(toPerson(LINK));
    expect(await party.result(asked)).toEqual({ state: "COMPLETE", result: { endResult: "EXPECTED_LINKED_SESSION" } });
    const scanned = await party.authenticate("device-link/anonymous");
    expect(await openFresh(LINK, scanned, "QR")).toMatchObject({ opened: false });
    expect(await party.look(scanned)).toEqual({ state: "RUNNING" });

    const path = `notification/linked/${LINK}`;
    const started = await party.sign(path, { linkedSessionID: choice.sessionID });
    const { request } = started;
    expect(succeeded(await party.post(`signature/${path}`, request)).body).toEqual(started.answer);
    const signed = await party.result(started);
    accept(started, signed, { documentNumber: LINK, flowType: "Notification" });
    expect(signed["cert"]).toEqual(chosen["cert"]);

    const again = await party.chooseCertificate(toPerson(LINK));
    expect(await party.result(again)).toMatchObject({ result: { endResult: "OK" } });
    for (const linkedSessionID of [choice.sessionID, started.sessionID, anySessionID()]) {
      expect(refused(await party.post(`signature/${path}`, { ...request, linkedSessionID, nonce: "another" }))).toBe(400);
    }
  });
});

describe("a person who does not agree", () => {
  const refusals: readonly (readonly [endResult: string, documentNumber: string, ask: Interaction])[] = [
    ["USER_REFUSED", USER_REFUSED, LOG_IN],
    ["USER_REFUSED_INTERACTION", REFUSES_DISPLAY, LOG_IN],
    ["USER_REFUSED_INTERACTION", REFUSES_CONFIRMATION, CONFIRM],
    ["USER_REFUSED_INTERACTION", REFUSES_CHOICE, CHOOSE],
    ["WRONG_VC", WRONG_VC, CHOOSE],
  ];
  it.each(refusals)("%s (%s)", async (endResult, documentNumber, ask) => {
    const details = endResult === "USER_REFUSED_INTERACTION" && { details: { interaction: ask.type } };
    const expected = { state: "COMPLETE", result: { endResult, documentNumber, ...details } };
    const login = await party.authenticate(toPerson(documentNumber), { ask: [ask] });
    const signature = await party.sign(toDocument(documentNumber), { ask: [ask] });
    expect(await party.result(login)).toEqual(expected);
    expect(await party.result(signature)).toEqual(expected);
  });

  it("agrees to what the person does not stand for", async () => {
    for (const [documentNumber, ask] of [
      [REFUSES_CONFIRMATION, LOG_IN],
      [WRONG_VC, LOG_IN],
    ] as const) {
      const started = await party.authenticate(toPerson(documentNumber), { ask: [ask] });
      const expected = { documentNumber, flowType: "Notification", interactionTypeUsed: ask.type } as const;
      accept(started, await party.result(started), expected);
    }
  });

  it("gives no certificate, whoever brings the question", async () => {
    const expected = { state: "COMPLETE", result: { endResult: "USER_REFUSED", documentNumber: USER_REFUSED } };
    expect(await party.result(await party.chooseCertificate(toPerson(USER_REFUSED)))).toEqual(expected);
    const anybody = await party.chooseCertificate("device-link/anonymous");
    expect(await openFresh(USER_REFUSED, anybody, "QR")).toEqual({ opened: true });
    expect(await party.result(anybody)).toEqual(expected);
  });

  it("is not there at all: the session runs", async () => {
    const started = await party.authenticate(toPerson(TIMEOUT));
    expect(await party.look(started)).toEqual({ state: "RUNNING" });
  });
});

describe("a person whose account is not qualified", () => {
  it("serves requests for ADVANCED, and is not there for more", async () => {
    const started = await party.authenticate(toPerson(NOT_QUALIFIED), { certificateLevel: "ADVANCED" });
    const expected = { documentNumber: NOT_QUALIFIED, flowType: "Notification", certificateLevel: "ADVANCED" } as const;
    accept(started, await party.result(started), expected);
    const path = `signature/certificate/${NOT_QUALIFIED}`;
    const { body } = succeeded(await party.post(path, { ...NAMED, certificateLevel: "ADVANCED" }));
    acceptCertificate(judge, body["cert"] as CertificateGiven, "sign", NOT_QUALIFIED);
    for (const certificateLevel of ["QUALIFIED", "QSCD", undefined]) {
      expect(refused(await party.post(path, { ...NAMED, certificateLevel }))).toBe(404);
    }
    for (const certificateLevel of ["QUALIFIED", undefined]) {
      const { request: login } = started;
      expect(refused(await party.post(`authentication/${toPerson(NOT_QUALIFIED)}`, { ...login, certificateLevel }))).toBe(404);
    }
  });

  it("answers no link for those who are", async () => {
    const started = await party.authenticate("device-link/anonymous");
    expect(await openFresh(NOT_QUALIFIED, started, "QR")).toMatchObject({ opened: false });
    expect(await party.look(started)).toEqual({ state: "RUNNING" });
  });
});

describe("requests", () => {
  it("a signature or a certificate asked for twice is one session, unless a nonce sets it apart", async () => {
    for (const path of [toPerson(USER_REFUSED), `device-link/${personOf(LINK)}`]) {
      const { request, answer } = await party.sign(path);
      const again = async (fields: Json) => succeeded(await party.post(`signature/${path}`, { ...request, ...fields })).body;
      expect(await again({})).toEqual(answer);
      const others = [await again({ nonce: "1" }), await again({ nonce: "1" })];
      expect(new Set([answer, ...others].map(({ sessionID }) => sessionID)).size).toBe(3);
      if (path.startsWith("device-link")) continue;
      // So much may wait for one person, and no more.
      for (const { sessionID } of [answer, ...others]) await party.result({ sessionID: String(sessionID) });
    }
    const choice = await party.chooseCertificate(toPerson(USER_REFUSED));
    const path = `signature/certificate-choice/${toPerson(USER_REFUSED)}`;
    expect(succeeded(await party.post(path, choice.request)).body).toEqual(choice.answer);
    await party.result(choice);
  });

  it("for anybody never share a session: two people may ask for the same", async () => {
    const login = await party.authenticate("device-link/anonymous");
    const choice = await party.chooseCertificate("device-link/anonymous");
    const paths = ["authentication/device-link/anonymous", "signature/certificate-choice/device-link/anonymous"] as const;
    for (const [path, { request, answer }] of [
      [paths[0], login],
      [paths[1], choice],
    ] as const) {
      const another = succeeded(await party.post(path, request)).body;
      for (const field of ["sessionID", "sessionToken", "sessionSecret"]) expect(another[field]).not.toBe(answer[field]);
    }
  });

  it("are refused with problem documents, and clients know them by their status", async () => {
    const { request: login } = await party.authenticate(toPerson(USER_REFUSED));
    const { request: signature } = await party.sign(toPerson(USER_REFUSED));
    const { request: link } = await party.authenticate("device-link/anonymous");
    const statusOf = async (path: string, body: Json) => refused(await party.post(path, body));
    const at = `authentication/${toPerson(OK)}`;
    expect(await statusOf("authentication/notification/etsi/PNOEE-30303039914", login)).toBe(404);
    expect(await statusOf("authentication/notification/document/PNOEE-40504040001-ZZZZ-Q", login)).toBe(404);
    expect(await statusOf("authentication/notification/etsi/EE-40504040001", login)).toBe(400);
    expect(await statusOf(at, { ...login, relyingPartyUUID: anySessionID() })).toBe(403);
    expect(await statusOf(at, { ...login, relyingPartyName: "Somebody" })).toBe(401);
    const malformed = [
      { vcType: "numeric5" },
      { interactions: encoded(LOG_IN, LOG_IN) },
      { interactions: encoded() },
      { certificateLevel: "QSCD" },
    ];
    for (const fields of malformed) expect(await statusOf(at, { ...login, ...fields })).toBe(400);
    const shorter = { ...(signature["signatureProtocolParameters"] as Json), digest: Buffer.alloc(63).toString("base64") };
    expect(await statusOf(`signature/${toPerson(OK)}`, { ...signature, signatureProtocolParameters: shorter })).toBe(400);
    for (const initialCallbackUrl of ["http://rp.example.com/", "https://rp.example.com/#a", "https://rp.example.com/?a|b"]) {
      expect(await statusOf("authentication/device-link/anonymous", { ...link, initialCallbackUrl })).toBe(400);
    }
    expect(await statusOf("authentication/device-link/anonymous", { ...link, interactions: encoded(CHOOSE) })).toBe(400);
    expect(refused(await party.get(`session/${anySessionID()}`))).toBe(404);
    for (const timeoutMs of ["999", "120001", "x"])
      expect(refused(await party.get(`session/${anySessionID()}?timeoutMs=${timeoutMs}`))).toBe(400);
  });
});

describe("many who wait", () => {
  it("a thousand polls are held at once, and all released by the answers", { timeout: 150_000 }, async () => {
    const sessions = await Promise.all(Array.from({ length: 4 }, () => party.authenticate("device-link/anonymous")));
    const ends: string[] = [];
    const polls = sessions.flatMap(({ sessionID }) =>
      Array.from({ length: 250 }, async () => {
        const { status, body } = await party.get(`session/${sessionID}?timeoutMs=120000`);
        ends.push(`${status} ${String(body["state"])} ${String((body["result"] as Json | undefined)?.["endResult"])}`);
      }),
    );
    const released = Promise.all(polls);
    // They came after the others.
    for (const session of sessions) expect(await party.look(session)).toEqual({ state: "RUNNING" });
    expect(ends).toEqual([]);
    for (const session of sessions) await openFresh(USER_REFUSED, session, "QR");
    await released;
    expect(new Set(ends)).toEqual(new Set(["200 COMPLETE USER_REFUSED"]));
  });
});
