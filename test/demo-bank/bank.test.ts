// The rules of the demo bank, each against somebody who tries to get around it: forged answers, other browsers, foreign forms,
// repeated requests, hostile input.
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { utf8 } from "../../src/protocol/encoding.ts";
import { codeOn, type FormBrowser, type Page } from "../support/form-browser.ts";
import { browserAt, ForgedService, ORIGIN } from "./forged-service.ts";
import { prepareTables } from "../../src/demo-bank/storage/schema.ts";
import { deviceLinkRules } from "./device-link-rules.ts";
import { DOCUMENT_NUMBER, IDENTITY, makeSigner, rightLogin, rightSignature, type Signer } from "../client/signer.ts";

const PERSON = { country: "EE", code: "50001029996" };
const ORDER = { recipient: "Wren & Sons", account: "EE382200221020145685", amount: "10", reference: "" };

let signer: Signer;
let service: ForgedService;
let browser: FormBrowser;
let log: string[];

beforeAll(async () => {
  signer = await makeSigner();
});

const TABLES = ["customers", "accounts", "entries", "sessions", "devices", "logins", "payments"].map((name) => `bank_${name}`);

beforeEach(async () => {
  service = new ForgedService(signer);
  browser = browserAt(signer.anchors);
  await browser.get("/demo");
  await env.DATABASE.batch(TABLES.map((table) => env.DATABASE.prepare(`DELETE FROM ${table}`)));
  log = [];
  vi.spyOn(console, "error").mockImplementation((...words: unknown[]) => log.push(words.join(" ")));
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** To the page that waits for PIN1. */
async function startLogin(on = browser): Promise<Page> {
  await on.get("/demo?other");
  return on.submit("Log in", PERSON);
}

/** What the person answers with PIN1 to one of the requests so far, the last one otherwise. `by`: whoever says that it is the person. */
async function loginAnswer({ request = -1, certificate, by = signer }: LoginAnswer = {}) {
  const { interactions, signatureProtocolParameters } = service.asked.at(request)!.body;
  const asked = { rpChallenge: signatureProtocolParameters.rpChallenge, interactions };
  return rightLogin(by, asked, certificate === undefined ? {} : { certificate });
}

interface LoginAnswer {
  readonly request?: number;
  readonly certificate?: string;
  readonly by?: Signer;
}

async function answerLogin(given?: LoginAnswer): Promise<void> {
  const answer = await loginAnswer(given);
  service.status = async () => answer;
}

async function logIn(on = browser): Promise<Page> {
  await startLogin(on);
  await answerLogin();
  const accounts = await on.submit("Continue");
  expect(accounts.path).toBe("/demo/accounts");
  return accounts;
}

/** To the page that waits for PIN2. */
async function startPayment(order: Partial<typeof ORDER> = {}): Promise<Page> {
  await browser.get("/demo/payments/new");
  await browser.submit("Continue", { ...ORDER, ...order });
  return browser.submit("Confirm with PIN2");
}

const row = (path: string) =>
  env.DATABASE.prepare("SELECT * FROM bank_payments WHERE id = ?").bind(path.split("/").at(-1)).first();
const bookings = async (path: string) =>
  env.DATABASE.prepare("SELECT * FROM bank_entries WHERE payment = ?").bind(path.split("/").at(-1)).all();

/** What a person with PIN2 signs: the bytes that the bank will show, which it makes from its own record. */
async function answerPayment(page: Page): Promise<void> {
  const payment = (await row(page.path)) as Record<string, string | number>;
  const document = {
    amount: (Number(payment["amount"]) / 100).toFixed(2),
    bank: "Rowan Bank",
    created: new Date(Number(payment["created_at"])).toISOString(),
    currency: "EUR",
    from: { account: payment["account"], name: payment["holder"] },
    kind: "payment order",
    payment: payment["id"],
    reference: payment["reference"],
    to: { account: payment["recipient_account"], name: payment["recipient"] },
    version: 1,
  };
  const answer = await rightSignature(signer, utf8(JSON.stringify(document)));
  service.status = async () => answer;
}

const everydayBalance = (page: Page): number => Number(/Everyday account.*?€([\d,.]+)/.exec(page.text)?.[1]?.replaceAll(",", ""));

describe("without its bindings", () => {
  it.each(["/demo", "/demo/", "/demo/accounts", "/demo/login", "/demo/icon.svg"])("%s is nobody's", async (path) => {
    for (const method of ["GET", "POST"]) {
      const response = await exports.default.fetch(`${ORIGIN}${path}`, { method });
      expect([response.status, response.headers.get("content-type")]).toEqual([404, "application/problem+json"]);
      expect(response.headers.get("content-security-policy")).not.toContain("'self'");
    }
  });
});

describe("every answer", () => {
  it("has the policy that lets nothing foreign in and nothing be kept", async () => {
    const pages = [await browser.get("/demo"), await browser.get("/demo/nowhere"), await browser.post("/demo/login", PERSON)];
    pages.push(await browser.post("/demo/login", PERSON, { origin: "http://elsewhere.example" }));
    browser.cookies.set("bank_session", "A".repeat(43));
    vi.spyOn(env.DATABASE, "prepare").mockImplementation(() => {
      throw new Error("no database");
    });
    pages.push(await browser.get("/demo/accounts"), await browser.post("/demo/login", { ...PERSON, more: "x".repeat(20_000) }));
    // What comes before every page may break too.
    pages.push(await browserAt("no certificates").get("/demo"));
    expect(pages.map(({ status }) => status)).toEqual([200, 404, 200, 403, 500, 413, 500]);
    for (const { headers } of pages) {
      expect(headers.get("content-security-policy")).toBe(
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; " +
          "frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'",
      );
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("referrer-policy")).toBe("same-origin");
    }
  });

  it("has no script, style or handler inside", async () => {
    const pages = [await browser.get("/demo"), await startLogin(), await logIn(), await startPayment()];
    for (const { html } of pages)
      expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*src="\/demo\/waiting\.js")/);
  });
});

describe("a form from elsewhere", () => {
  it("does nothing", async () => {
    await logIn();
    await browser.get("/demo/payments/new");
    const { path: review } = await browser.submit("Continue", ORDER);
    const asked = service.asked.length;
    const elsewhere: Record<string, string>[] = [
      { origin: "http://elsewhere.example" },
      { origin: "http://localhost:3000" },
      { origin: "null" },
      { origin: "http://elsewhere.example", "sec-fetch-site": "same-site" },
    ];
    for (const headers of elsewhere) {
      for (const path of ["/demo/login", "/demo/logout", `${review}/confirm`, "/demo/payments"]) {
        expect((await browser.post(path, { ...PERSON, ...ORDER }, headers)).status).toBe(403);
      }
    }
    expect(service.asked.length).toBe(asked);
    expect((await row(review))?.["state"]).toBe("draft");
    expect((await browser.get("/demo/accounts")).status).toBe(200);
  });
});

describe("a login", () => {
  it("shows the code of its own challenge, and asks for the person who was named", async () => {
    const page = await startLogin();
    expect(service.asked[0]?.path).toBe("authentication/notification/etsi/PNOEE-50001029996");
    expect(codeOn(page)).toMatch(/^\d{4}$/);
    // Whoever began nothing, and sees no page, does not find the right one of three codes.
    const { interactions } = service.asked[0]!.body;
    expect((JSON.parse(atob(interactions)) as { type: string }[]).map(({ type }) => type)).toEqual([
      "confirmationMessageAndVerificationCodeChoice",
      "confirmationMessage",
      "displayTextAndPIN",
    ]);
    expect(page.text).toContain("Choose this one");
    expect(browser.cookies.has("bank_session")).toBe(false);
    expect((await browser.get("/demo/accounts")).path).toBe("/demo");
  });

  it("is neither seen, nor asked about, nor finished by another browser", async () => {
    const page = await startLogin();
    await answerLogin();
    const thief = browserAt(signer.anchors);
    await startLogin(thief);
    const polled = service.polled.length;
    expect((await thief.get(page.path)).text).toContain("This login is not this browser's");
    expect(await (await thief.fetch(`${page.path}/status`)).json()).toEqual({ progress: "over" });
    expect((await thief.post(`${page.path}/continue`, {})).status).toBe(403);
    expect(service.polled.length).toBe(polled);
    expect(thief.cookies.has("bank_session")).toBe(false);
    await answerLogin({ request: 0 });
    expect((await browser.post(`${page.path}/continue`, {})).path).toBe("/demo/accounts");
  });

  it("does not end the one that another tab of the browser has under way", async () => {
    const first = await startLogin();
    const second = await startLogin();
    await answerLogin({ request: 0 });
    expect(codeOn(await browser.get(first.path))).toMatch(/^\d{4}$/);
    expect((await browser.post(`${first.path}/continue`, {})).path).toBe("/demo/accounts");
    await answerLogin({ request: 1 });
    expect((await browser.post(`${second.path}/continue`, {})).path).toBe("/demo/accounts");
  });

  it("asks the API that the bank was given, whatever address the request names", async () => {
    const elsewhere = browserAt(signer.anchors, "http://rebound.example:8787");
    await elsewhere.get("/demo?other");
    expect(codeOn(await elsewhere.submit("Log in", PERSON))).toMatch(/^\d{4}$/);
    expect(service.asked).toHaveLength(1);
  });

  it("gives a session that nobody knew before, and is used up by it", async () => {
    const page = await startLogin();
    await answerLogin();
    const cookie = `bank_login@${page.path}`;
    const before = browser.cookies.get(cookie)!;
    const copy = browserAt(signer.anchors);
    copy.cookies.set(cookie, before);
    copy.cookies.set("bank_session", before);
    expect((await copy.get("/demo/accounts")).text).toContain("not logged in any more");
    await browser.post(`${page.path}/continue`, {});
    expect(browser.cookies.get("bank_session")).not.toBe(before);
    expect(browser.cookies.has(cookie)).toBe(false);
    copy.cookies.set(cookie, before);
    expect((await copy.post(`${page.path}/continue`, {})).status).toBe(403);
    expect(copy.cookies.has("bank_session")).toBe(false);
  });

  it("that two tabs finish at once makes one session, and both tabs arrive", async () => {
    const page = await startLogin();
    await answerLogin();
    const before = await sessions();
    const both = await Promise.all([browser.post(`${page.path}/continue`, {}), browser.post(`${page.path}/continue`, {})]);
    expect((await sessions()) - before).toBe(1);
    expect(both.some(({ path }) => path === "/demo/accounts")).toBe(true);
    expect((await browser.get(page.path)).path).toBe("/demo/accounts");
  });

  const sessions = async () =>
    (await env.DATABASE.prepare("SELECT COUNT(*) AS count FROM bank_sessions").first<{ count: number }>())?.count ?? 0;

  it("ends after half an hour, and when the person logs out", async () => {
    await logIn();
    const token = browser.cookies.get("bank_session")!;
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31 * 60_000 });
    expect((await browser.get("/demo/accounts")).text).toContain("You are not logged in any more");
    vi.useRealTimers();
    browser.cookies.set("bank_session", token);
    await browser.get("/demo/accounts");
    await browser.submit("Log out");
    browser.cookies.set("bank_session", token);
    expect((await browser.get("/demo/accounts")).text).toContain("You are not logged in any more");
  });

  it("keeps no token in the database, and nothing personal in cookies", async () => {
    await browser.get("/demo?other");
    await browser.submit("Log in", { ...PERSON, remember: "yes" });
    await answerLogin();
    await browser.submit("Continue");
    const cookies = browser.setCookies.map((cookie) => cookie.split(";")[0]!.split("=")[1]!).filter((value) => value !== "");
    expect(cookies).toHaveLength(3);
    for (const table of ["bank_sessions", "bank_devices", "bank_logins"]) {
      const rows = JSON.stringify((await env.DATABASE.prepare(`SELECT * FROM ${table}`).all()).results);
      for (const token of cookies) expect(rows).not.toContain(token);
    }
    for (const cookie of browser.setCookies) {
      expect(cookie).toMatch(/; Path=\/demo(\/login\/[0-9a-f-]{36})?; HttpOnly; SameSite=Strict$/);
      expect(cookie).not.toMatch(/50001029996|TAMM/);
    }
  });

  it("is forgotten where the person asks for it", async () => {
    await browser.get("/demo?other");
    await browser.submit("Log in", { ...PERSON, remember: "yes" });
    await answerLogin();
    await browser.submit("Continue");
    await browser.submit("Log out");
    const token = browser.cookies.get("bank_device")!;
    expect((await browser.get("/demo")).text).toContain("Log in as MARI TAMM");
    await browser.submit("Forget me on this device");
    browser.cookies.set("bank_device", token);
    expect((await browser.get("/demo")).text).not.toContain("MARI");
  });
});

describe("a login by device link", () => {
  deviceLinkRules(() => ({ browser, service, signer, log }));
});

describe("a person with several devices", () => {
  const OTHER = "PNOEE-50001029996-EFGH-Q";

  /** With the device of this number, wherever it was asked. */
  async function logInWith(documentNumber: string, on: FormBrowser, fields: Record<string, string> = PERSON): Promise<void> {
    await on.get("/demo?other");
    await on.submit("Log in", fields);
    const answer = await loginAnswer({ certificate: await signer.certificate("auth", { documentNumber }) });
    service.status = async () => ({ ...answer, result: { ...answer.result, documentNumber } });
    expect((await on.submit("Continue")).path).toBe("/demo/accounts");
  }

  it("pays with the one that logged in here, wherever another one logs in meanwhile", async () => {
    await logInWith(DOCUMENT_NUMBER, browser);
    const elsewhere = browserAt(signer.anchors);
    await logInWith(OTHER, elsewhere);
    await startPayment();
    expect(service.asked.at(-1)?.path).toBe(`signature/notification/document/${DOCUMENT_NUMBER}`);
    await elsewhere.get("/demo/payments/new");
    await elsewhere.submit("Continue", ORDER);
    await elsewhere.submit("Confirm with PIN2");
    expect(service.asked.at(-1)?.path).toBe(`signature/notification/document/${OTHER}`);
  });

  it("is remembered by a browser with the one that logged in there, the last time alone", async () => {
    const remembered = { ...PERSON, remember: "yes" };
    await logInWith(OTHER, browser, remembered);
    const before = browser.cookies.get("bank_device")!;
    await browser.submit("Log out");
    await logInWith(DOCUMENT_NUMBER, browser, remembered);
    await logInWith(OTHER, browserAt(signer.anchors));
    await browser.submit("Log out");
    await browser.get("/demo");
    await browser.submit("Log in as MARI TAMM");
    expect(service.asked.at(-1)?.path).toBe(`authentication/notification/document/${DOCUMENT_NUMBER}`);
    const { results } = await env.DATABASE.prepare("SELECT * FROM bank_devices").all();
    expect(results).toHaveLength(1);
    const copy = browserAt(signer.anchors);
    copy.cookies.set("bank_device", before);
    expect((await copy.get("/demo")).text).not.toContain("MARI");
  });
});

describe("the tables of an earlier bank", () => {
  it("are made anew, and those that are as they must be are kept", async () => {
    await logIn();
    const { DATABASE } = env;
    const database = { prepare: (text: string) => DATABASE.prepare(text), batch: DATABASE.batch.bind(DATABASE) } as D1Database;
    const rows = async (table: string) => (await DATABASE.prepare(`SELECT * FROM ${table}`).all()).results;
    const before = await rows("bank_entries");
    await DATABASE.batch([
      DATABASE.prepare("DROP TABLE bank_sessions"),
      DATABASE.prepare("CREATE TABLE bank_sessions (token_hash TEXT PRIMARY KEY, customer TEXT NOT NULL)"),
      DATABASE.prepare("INSERT INTO bank_sessions VALUES ('a', 'b')"),
    ]);
    await prepareTables(database);
    expect(await rows("bank_sessions")).toEqual([]);
    expect(await rows("bank_entries")).toEqual(before);
    await logIn();
  });
});

describe("what goes wrong has a page", () => {
  const problem =
    (status: number, body: object = {}, headers: Record<string, string> = {}) =>
    () =>
      Promise.resolve(Response.json({ status, ...body }, { status, headers }));

  it.each([
    ["nobody has the code", problem(404, { detail: "No such account." }), 404, "Nobody known by this code"],
    [
      "the level is too low",
      problem(404, { detail: "The person has no account of the requested certificate level." }),
      403,
      "not enough",
    ],
    ["the level is too low, in older words", problem(471), 403, "not enough"],
    ["too much waits", problem(429, {}, { "retry-after": "30" }), 429, "Too many requests are waiting"],
    ["the service broke", problem(500), 502, "The service has a problem"],
    ["the service is looked after", problem(580), 502, "The service has a problem"],
    ["the bank is not registered", problem(401), 502, "The service has a problem"],
    ["the answer is no JSON", () => Promise.resolve(new Response("<html>")), 502, "The service has a problem"],
    [
      "the answer names no session",
      () => Promise.resolve(Response.json({ sessionID: "../x" })),
      502,
      "The service has a problem",
    ],
    [
      "the answer leads elsewhere",
      () => Promise.resolve(Response.redirect("http://elsewhere.example")),
      502,
      "The service has a problem",
    ],
    ["the answer is endless", () => Promise.resolve(new Response(`"${"x".repeat(70_000)}"`)), 502, "The service has a problem"],
    ["nobody answers", () => Promise.reject(new TypeError("refused")), 502, "The service cannot be reached"],
  ])("when a login starts: %s", async (_, refusal, status, title) => {
    service.refusals.push(refusal);
    const page = await startLogin();
    expect([page.status, page.text]).toEqual([status, expect.stringContaining(title)]);
    expect(page.html).toMatch(/href="\/demo\?other"/);
    expect(log.join()).not.toContain("50001029996");
  });

  it.each([
    ["USER_REFUSED", "You refused"],
    ["USER_REFUSED_INTERACTION", "You refused"],
    ["WRONG_VC", "Another code was chosen"],
    ["TIMEOUT", "Time ran out"],
    ["DOCUMENT_UNUSABLE", "The PIN is locked"],
    ["EXPECTED_LINKED_SESSION", "Your authenticator waits for something else"],
    ["REQUIRED_INTERACTION_NOT_SUPPORTED_BY_APP", "Your authenticator cannot show this"],
    ["SERVER_ERROR", "The service has a problem"],
    ["SOMETHING_NEW", "The service has a problem"],
  ])("when it ends with %s", async (endResult, title) => {
    await startLogin();
    service.status = async () => ({ state: "COMPLETE", result: { endResult } });
    expect((await browser.submit("Continue")).text).toContain(title);
    service.status = async () => ({ state: "COMPLETE", result: { endResult: "OK" } });
    // The first outcome stands.
    expect((await browser.get(browser.page!.path)).text).toContain(title);
    expect(browser.cookies.has("bank_session")).toBe(false);

    service.status = async () => ({ state: "RUNNING" });
    await logIn();
    service.status = async () => ({ state: "COMPLETE", result: { endResult } });
    await startPayment();
    expect((await browser.submit("Continue")).text).toContain(title);
    expect((await bookings(browser.page!.path)).results).toEqual([]);
  });

  it("a session that the service has forgotten ran out of time", async () => {
    await startLogin();
    service.status = async () => Response.json({ status: 404 }, { status: 404 });
    expect((await browser.submit("Continue")).text).toContain("Time ran out");
  });

  it("trouble on the way decides nothing, and the answer still counts", async () => {
    const page = await startLogin();
    const trouble = [
      () => Promise.reject(new TypeError("gone")),
      async () => new Response("", { status: 503 }),
      async () => new Response("", { status: 580 }),
      async () => new Response("", { status: 429 }),
      async () => ({ state: 7 }),
    ];
    for (const status of trouble) {
      service.status = status;
      expect(await (await browser.fetch(`${page.path}/status`)).json()).toEqual({ progress: "trouble" });
      expect((await browser.post(`${page.path}/continue`, {})).html).toContain(`href="${page.path}">Back to the login`);
    }
    service.status = async () => ({ state: "RUNNING" });
    expect((await browser.post(`${page.path}/continue`, {})).text).toContain("There is no answer yet");
    await answerLogin();
    expect((await browser.post(`${page.path}/continue`, {})).path).toBe("/demo/accounts");
  });

  it("what asking again does not mend ends it at once", async () => {
    const refused = (status: number) => async () => Response.json({ status }, { status });
    for (const status of [401, 403, 480]) {
      const page = await startLogin();
      service.status = refused(status);
      expect(await (await browser.fetch(`${page.path}/status`)).json()).toEqual({ progress: "over" });
      expect((await browser.submit("Continue")).text).toContain("The service has a problem");
    }
    await logIn();
    const { path } = await startPayment();
    service.status = refused(401);
    expect((await browser.submit("Continue")).text).toContain("The service has a problem");
    expect((await row(path))?.["state"]).toBe("failed");
  });
});

describe("a forged answer", () => {
  it("logs nobody in, and is logged without saying who", async () => {
    await startLogin();
    await answerLogin({ by: await makeSigner() });
    expect((await browser.submit("Continue")).text).toContain("The answer could not be verified");
    expect(browser.cookies.has("bank_session")).toBe(false);
    expect(log).toEqual(["demo bank: a login was not verified: certificate_chain"]);
  });

  it("of another login by the same person is not taken", async () => {
    await startLogin();
    await answerLogin();
    const earlier = service.status;
    await browser.submit("Continue");
    await browser.submit("Log out");
    await startLogin();
    service.status = earlier;
    expect((await browser.submit("Continue")).text).toContain("The answer could not be verified");
    expect(log).toEqual(["demo bank: a login was not verified: signature"]);
  });

  it("by a certificate that is revoked, or unknown to its issuer, logs nobody in and books nothing", async () => {
    await startLogin();
    await answerLogin();
    service.certificateStatus = { status: { revokedAt: Date.now(), reason: "keyCompromise" } };
    expect((await browser.submit("Continue")).text).toContain("The answer could not be verified");
    expect(browser.cookies.has("bank_session")).toBe(false);
    service.certificateStatus = {};
    await logIn();
    const { path } = await startPayment();
    await answerPayment(browser.page!);
    service.certificateStatus = { status: "unknown" };
    expect((await browser.submit("Continue")).text).toContain("The answer could not be verified");
    expect((await bookings(path)).results).toEqual([]);
    expect(log).toEqual([
      "demo bank: a login was not verified: certificate_revoked",
      "demo bank: a payment was not verified: certificate_unknown",
    ]);
  });

  it("whose certificate nobody can be asked about is not believed, and counts once somebody can", async () => {
    const silent = () => Promise.reject(new TypeError("gone"));
    const { path: login } = await startLogin();
    await answerLogin();
    service.certificateStatus = silent;
    expect(await (await browser.fetch(`${login}/status`)).json()).toEqual({ progress: "trouble" });
    expect((await browser.post(`${login}/continue`, {})).status).toBe(502);
    expect(browser.cookies.has("bank_session")).toBe(false);
    service.certificateStatus = {};
    expect((await browser.post(`${login}/continue`, {})).path).toBe("/demo/accounts");
    const { path: payment } = await startPayment();
    await answerPayment(browser.page!);
    service.certificateStatus = silent;
    expect(await (await browser.fetch(`${payment}/status`)).json()).toEqual({ progress: "trouble" });
    expect((await browser.post(`${payment}/continue`, {})).status).toBe(502);
    expect((await bookings(payment)).results).toEqual([]);
    service.certificateStatus = {};
    expect((await browser.post(`${payment}/continue`, {})).text).toContain("Payment confirmed");
    expect(log).toEqual([]);
  });

  it("books nothing: not another payment's signature, not under another payment's session", async () => {
    await logIn();
    const first = await startPayment();
    await answerPayment(first);
    expect((await browser.submit("Continue")).text).toContain("Signature verified");
    const replayed = service.status;
    const second = await startPayment();
    service.status = replayed;
    expect((await browser.submit("Continue")).text).toContain("The answer could not be verified");
    expect((await bookings(second.path)).results).toEqual([]);
    const { session_id: sessionID } = (await row(first.path)) as { session_id: string };
    service.sessionID = () => sessionID;
    expect((await startPayment()).status).toBe(500);
    expect((await bookings(first.path)).results).toHaveLength(1);
  });
});

describe("a payment", () => {
  it("is asked of the device once, however often it is submitted, and booked once, however often it is answered", async () => {
    const before = everydayBalance(await logIn());
    await browser.get("/demo/payments/new");
    const { path } = await browser.submit("Continue", ORDER);
    const asked = service.asked.length;
    await Promise.all(Array.from({ length: 4 }, () => browser.post(`${path}/confirm`, { comparison: "message" })));
    expect(service.asked.length - asked).toBe(1);
    const page = await browser.get(path);
    expect(codeOn(page)).toBe("0417");
    await answerPayment(page);
    await Promise.all([
      ...Array.from({ length: 5 }, () => browser.fetch(`${path}/status`)),
      ...Array.from({ length: 5 }, () => browser.post(`${path}/continue`, {})),
    ]);
    await browser.post(`${path}/continue`, {});
    await browser.post(`${path}/confirm`, { comparison: "message" });
    expect(service.asked.length - asked).toBe(1);
    expect((await bookings(path)).results).toHaveLength(1);
    expect(everydayBalance(await browser.get("/demo/accounts"))).toBeCloseTo(before - 10, 2);
    expect((await browser.get(path)).text).toContain("Payment confirmed");
  });

  it("is not booked beyond what the account has, though it was signed", async () => {
    const balance = everydayBalance(await logIn());
    const [first, second] = [await startPayment({ amount: String(balance) }), await startPayment({ amount: String(balance) })];
    for (const page of [first, second]) {
      await answerPayment(page);
      await browser.post(`${page.path}/continue`, {});
    }
    expect((await browser.get(first.path)).text).toContain("Payment confirmed");
    expect((await browser.get(second.path)).text).toContain("Not enough money");
    expect(everydayBalance(await browser.get("/demo/accounts"))).toBe(0);
  });

  it("is another person's secret", async () => {
    await logIn();
    const { path } = await startPayment();
    const other = { ...IDENTITY, semanticsIdentifier: "PNOEE-40504040001" };
    const stranger = browserAt(signer.anchors);
    await stranger.get("/demo");
    await stranger.submit("Log in", { country: "EE", code: "40504040001" });
    await answerLogin({ certificate: await signer.certificate("auth", { identity: other }) });
    await stranger.submit("Continue");
    expect(stranger.page?.path).toBe("/demo/accounts");
    for (const tail of ["", "/payment.json", "/signature.bin"]) expect((await stranger.get(`${path}${tail}`)).status).toBe(404);
    for (const tail of ["/confirm", "/continue"]) expect((await stranger.post(`${path}${tail}`, {})).status).toBe(404);
    expect(await (await stranger.fetch(`${path}/status`)).json()).toEqual({ progress: "over" });
  });

  it("has nothing to download before it is booked, and is over when it has waited too long", async () => {
    await logIn();
    await browser.get("/demo/payments/new");
    const { path } = await browser.submit("Continue", ORDER);
    expect((await browser.get(`${path}/signature.bin`)).status).toBe(404);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 21 * 60_000 });
    const asked = service.asked.length;
    const over = await browser.post(`${path}/confirm`, { comparison: "message" });
    expect([over.status, over.text]).toEqual([410, expect.stringContaining("no longer valid")]);
    expect(service.asked.length).toBe(asked);
  });

  it("that was changed in the database does not verify any more", async () => {
    await logIn();
    const { path } = await startPayment();
    await answerPayment(browser.page!);
    await browser.submit("Continue");
    for (const change of [
      "amount = amount + 1",
      "recipient = 'Me'",
      "reference = 'x'",
      "signature = certificate",
      "document_number = 'X'",
    ]) {
      const before = await row(path);
      await env.DATABASE.prepare(`UPDATE bank_payments SET ${change} WHERE id = ?`).bind(before?.["id"]).run();
      const page = await browser.get(path);
      expect(page.text, change).toContain("Signature not verified");
      expect(page.text, change).not.toContain("Signature verified");
      await restore(before as Record<string, string | number>);
    }
    expect((await browser.get(path)).text).toContain("Signature verified");
  });

  const restore = (payment: Record<string, string | number>) =>
    env.DATABASE.prepare(
      "UPDATE bank_payments SET amount = ?, recipient = ?, reference = ?, signature = ?, document_number = ? WHERE id = ?",
    )
      .bind(...["amount", "recipient", "reference", "signature", "document_number", "id"].map((name) => payment[name]))
      .run();

  it("whose request for a code was cut off can be tried again", async () => {
    await logIn();
    service.refusals.push(() => Promise.reject(new TypeError("gone")));
    const failed = await startPayment();
    expect(failed.text).toContain("The service cannot be reached");
    expect(codeOn(await browser.submit("Try again"))).toBe("0417");
    const nonces = service.asked.filter(({ path }) => path.startsWith("signature")).map(({ body }) => body.nonce);
    expect(new Set(nonces).size).toBe(nonces.length);
  });
});

describe("hostile input", () => {
  const HTML = `<img src=x onerror=alert(1)>"'&`;

  it("comes back as text, from a form and from a certificate", async () => {
    const typed = await browser.post("/demo/login", { country: "EE", code: HTML });
    expect(typed.status).toBe(422);
    expect(typed.html).not.toContain("<img");
    await startLogin();
    await answerLogin({ certificate: await signer.certificate("auth", { identity: { ...IDENTITY, givenName: HTML } }) });
    const accounts = await browser.submit("Continue");
    expect(accounts.text).toContain(HTML);
    const pages = [accounts, await startPayment({ recipient: HTML, reference: HTML })];
    await answerPayment(browser.page!);
    pages.push(await browser.submit("Continue"), await browser.get("/demo/history"));
    for (const page of pages) {
      expect(page.html).not.toContain("<img");
      expect(page.text).toContain(HTML);
    }
  });

  it.each([
    ["recipient", ["", "   ", "x".repeat(71), "line\nbreak", "\u202efdp.exe", "zero\u200bwidth"]],
    ["account", ["", "EE382200221020145686", "EE38", "XT", "<b>", "EE38220022102014568\u0665"]],
    ["amount", ["", "0", "0.00", "-5", "1e3", "0x10", "1.234", "10 000 000", "NaN", "999999999999", "١٢", "99999999"]],
    ["reference", ["x".repeat(141), "a\u0000b", "\u2066x"]],
  ])("in %s makes no payment", async (field, values) => {
    await logIn();
    const count = async () => (await env.DATABASE.prepare("SELECT COUNT(*) AS n FROM bank_payments").first<{ n: number }>())?.n;
    const before = await count();
    for (const value of values) {
      const page = await browser.post("/demo/payments", { ...ORDER, [field]: value });
      expect([page.status, page.html], JSON.stringify(value)).toEqual([422, expect.stringContaining(`id="${field}-problem"`)]);
    }
    expect(await count()).toBe(before);
  });

  it("in place of a form, a country, a token or an id leads nowhere", async () => {
    const body = new FormData();
    body.set("country", "EE");
    body.set("code", new Blob(["50001029996"]), "code");
    const headers = { origin: ORIGIN };
    expect((await browser.fetch("/demo/login", { method: "POST", body, headers })).status).toBe(422);
    const json = { ...headers, "content-type": "application/json" };
    expect((await browser.fetch("/demo/login", { method: "POST", body: JSON.stringify(PERSON), headers: json })).status).toBe(
      422,
    );
    for (const country of ["XX", "ee", "../", "__proto__"]) {
      expect((await browser.post("/demo/login", { ...PERSON, country })).status).toBe(422);
    }
    for (const code of ["", "-", "../../x", "5".repeat(31), "500010/29996", "５０００１０２９９９６"]) {
      expect((await browser.post("/demo/login", { ...PERSON, code })).status).toBe(422);
    }
    expect(service.asked).toEqual([]);
    browser.cookies.set("bank_session", "' OR 1=1 --");
    expect((await browser.get("/demo/accounts")).text).toContain("not logged in any more");
    await logIn();
    for (const id of ["%27%20OR%201=1", "..%2f..", "a".repeat(3000)]) {
      expect((await browser.get(`/demo/payments/${id}`)).status).toBe(404);
    }
  });

  it("is read as people write it where it is honest", async () => {
    await browser.post("/demo/login", { country: "LV", code: " 05 0405 10009 " });
    await browser.post("/demo/login", { country: "GB", code: "ab123456c" });
    expect(service.asked.map(({ path }) => path.split("/").at(-1))).toEqual(["PNOLV-050405-10009", "PNOGB-AB123456C"]);
  });
});
