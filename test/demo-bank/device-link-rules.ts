// The rules of a login by device link: whose the code is, how long it lives, and who is logged in when somebody comes back from the
// authenticator. Part of bank.test.ts, whose bank and forged service it shares.
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { authCodeOf, parseDeviceLink, sessionSecretDigest } from "../../src/protocol/device-link.ts";
import { fromBase64 } from "../../src/protocol/encoding.ts";
import { type Drawing, scanned } from "../support/drawn-code.ts";
import type { FormBrowser, Page } from "../support/form-browser.ts";
import { browserAt, type ForgedService, LINK, ORIGIN } from "./forged-service.ts";
import { rightLogin, type Signer } from "../client/signer.ts";

interface Here {
  readonly browser: FormBrowser;
  readonly service: ForgedService;
  readonly signer: Signer;
  readonly log: readonly string[];
}

const SECRET = fromBase64(LINK.sessionSecret)!;
const DIGEST = sessionSecretDigest(SECRET);
const VERIFIER = "V".repeat(43);
const SECOND = 1_000;

export function deviceLinkRules(here: () => Here): void {
  /** To the page with the code. */
  async function start(on = here().browser): Promise<Page> {
    await on.get("/demo?other");
    return on.submit("Log in with the authenticator");
  }

  const askedLast = () => here().service.asked.at(-1)!.body;

  /** The person confirms with PIN1. */
  async function confirm(flowType: "QR" | "Web2App"): Promise<void> {
    const { service, signer } = here();
    const { interactions, signatureProtocolParameters, initialCallbackUrl = "" } = askedLast();
    const { rpChallenge } = signatureProtocolParameters;
    const asked = { rpChallenge, interactions, initialCallbackUrl: flowType === "QR" ? "" : initialCallbackUrl };
    const answer = await rightLogin(signer, asked, { flowType, verifier: VERIFIER });
    service.status = async () => answer;
  }

  /** Path and query of where the authenticator sends the browser. */
  function wayBack(values: Readonly<Record<string, string>> = { sessionSecretDigest: DIGEST, userChallengeVerifier: VERIFIER }) {
    const { pathname, search } = new URL(askedLast().initialCallbackUrl!);
    return `${pathname}${search}&${new URLSearchParams(values).toString()}`;
  }

  const frame = (page: Page, on = here().browser) => on.fetch(`${page.path}/frame`);
  const progress = async (page: Page) => (await here().browser.fetch(`${page.path}/status`)).json();
  const isLoggedIn = async (on = here().browser) => (await on.get("/demo/accounts")).path === "/demo/accounts";

  it("names nobody, shows the link to this device, and moves to the accounts of whoever scanned the code", async () => {
    const page = await start();
    const { asked } = here().service;
    expect(asked.map(({ path }) => path)).toEqual(["authentication/device-link/anonymous"]);
    expect(page.html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*src="\/demo\/waiting\.js")/);
    expect(linkOn(page)).toMatchObject({ deviceLinkType: "Web2App", deviceLinkBase: LINK.deviceLinkBase });
    expect(await isLoggedIn()).toBe(false);
    await confirm("QR");
    expect(await progress(page)).toEqual({ progress: "over" });
    const accounts = await here().browser.post(`${page.path}/continue`, {});
    expect([accounts.path, accounts.text]).toEqual(["/demo/accounts", expect.stringContaining("MARI TAMM")]);
  });

  describe("its code", () => {
    it("is another one each second, made for this second, and read by scanners", async () => {
      const page = await start();
      const startedAt = Date.now();
      const links: (string | undefined)[] = [];
      for (const seconds of [0, 1, 2, 170]) {
        vi.useFakeTimers({ toFake: ["Date"], now: startedAt + seconds * SECOND });
        const drawn = await (await frame(page)).json<Drawing & { readonly age: number }>();
        const link = scanned(drawn);
        links.push(link);
        const read = parseDeviceLink(link)!;
        expect(read.elapsedSeconds! * SECOND + drawn.age).toBe(await sinceStart());
        expect(read.elapsedSeconds).toBeLessThanOrEqual(seconds);
        expect(read.elapsedSeconds).toBeGreaterThanOrEqual(seconds - 1);
        expect(read.authCode).toBe(authCodeOf(SECRET, terms(), read));
      }
      expect(new Set(links).size).toBe(links.length);
    });

    it("is drawn for the browser that began, and for nobody else", async () => {
      const page = await start();
      const thief = browserAt(here().signer.anchors);
      await start(thief);
      expect((await frame(page, thief)).status).toBe(403);
      expect((await thief.get(page.path)).html).not.toContain("sessionToken");
      expect((await frame(page)).status).toBe(200);
    });

    it("is drawn no more when its three minutes are over, or the login is decided; a new one is one button away", async () => {
      const page = await start();
      const now = Date.now();
      vi.useFakeTimers({ toFake: ["Date"], now: now + 181 * SECOND });
      expect((await frame(page)).status).toBe(410);
      vi.useFakeTimers({ toFake: ["Date"], now });
      here().service.status = async () => ({ state: "COMPLETE", result: { endResult: "TIMEOUT" } });
      const over = await here().browser.submit("Continue");
      expect(over.text).toContain("The code has run out");
      expect((await frame(page)).status).toBe(410);
      here().service.status = async () => ({ state: "RUNNING" });
      expect((await here().browser.submit("New code")).html).toContain("data-frame");
      expect(here().service.asked).toHaveLength(2);
    });

    /** By the bank's own record of the only login. */
    const sinceStart = async () =>
      Date.now() - (await env.DATABASE.prepare("SELECT started_at FROM bank_logins").first<number>("started_at"))!;

    const terms = () => ({
      schemeName: "smart-id",
      signatureProtocol: "ACSP_V2" as const,
      toSign: askedLast().signatureProtocolParameters.rpChallenge,
      relyingPartyName: "DEMO",
      brokeredRpName: "",
      interactions: askedLast().interactions,
      initialCallbackUrl: askedLast().initialCallbackUrl!,
    });
  });

  it("never shows its secret, and forgets it when it is decided", async () => {
    const { browser } = here();
    const page = await start();
    const seen = [page.html, await (await frame(page)).text(), JSON.stringify(await progress(page))];
    await confirm("Web2App");
    seen.push(JSON.stringify(await progress(page)), (await browser.post(`${page.path}/continue`, {})).html);
    seen.push((await browser.get(wayBack())).html, (await browser.submit("Continue")).html, ...browser.setCookies);
    expect(browser.page?.path).toBe("/demo/accounts");
    seen.push(JSON.stringify((await env.DATABASE.prepare("SELECT * FROM bank_logins").all()).results));
    for (const text of seen) expect(text).not.toContain(LINK.sessionSecret.replace(/=+$/, ""));
  });

  it("forgets its secret when nobody has answered in time, whoever looks next, at whatever login", async () => {
    const page = await start();
    const record = () => env.DATABASE.prepare("SELECT outcome, started FROM bank_logins ORDER BY started_at").first();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 601 * SECOND });
    await start(browserAt(here().signer.anchors));
    expect(await record()).toEqual({ outcome: "timed-out", started: null });
    const polled = here().service.polled.length;
    expect(await progress(page)).toEqual({ progress: "over" });
    expect((await here().browser.get(page.path)).text).toContain("The code has run out");
    expect(here().service.polled.length).toBe(polled);
  });

  it("has a cookie that comes along from another site, for its own pages; that of the session does not", async () => {
    const page = await start();
    await confirm("QR");
    await here().browser.post(`${page.path}/continue`, {});
    const given = here().browser.setCookies.filter((cookie) => !cookie.includes("Max-Age=0"));
    expect(given.map((cookie) => cookie.replace(/=[^;]+; Max-Age=\d+/, ""))).toEqual([
      `bank_login; Path=${page.path}; HttpOnly; SameSite=Lax`,
      "bank_session; Path=/demo; HttpOnly; SameSite=Strict",
    ]);
  });

  it("is started only at the address to which authenticators return, whatever address a request names", async () => {
    const elsewhere = browserAt(here().signer.anchors, "http://elsewhere.example:8787");
    const refused = await start(elsewhere);
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining("lives at another address")]);
    expect(here().service.asked).toEqual([]);
    await start();
    expect(askedLast().initialCallbackUrl).toMatch(new RegExp(`^${ORIGIN}/demo/login/[0-9a-f-]{36}/return\\?value=[\\w-]{43}$`));
  });

  describe("on the same device", () => {
    it("is finished by the return of the browser that began, and by nothing else; a second return is harmless", async () => {
      const { browser } = here();
      const page = await start();
      await confirm("Web2App");
      expect(await progress(page)).toEqual({ progress: "confirmed" });
      expect((await browser.post(`${page.path}/continue`, {})).text).toContain("Go on where it returned to");
      expect(await isLoggedIn()).toBe(false);
      const address = wayBack();
      const back = await browser.get(address);
      // Nothing of what came along stays in the address, and a page of this site goes on.
      expect([back.path, browser.cookies.has("bank_session")]).toEqual([page.path, false]);
      expect((await browser.get(address)).path).toBe(page.path);
      expect((await browser.submit("Continue")).path).toBe("/demo/accounts");
      const token = browser.cookies.get("bank_session");
      // From an authenticator on another site the cookie of the session does not come along: a page of this site looks again.
      browser.cookies.delete("bank_session");
      const again = await browser.get(address);
      expect([again.status, again.path]).toEqual([200, expect.stringMatching(/^\/demo\/strange-return\?login=[0-9a-f-]{36}$/)]);
      expect(again.html).toMatch(/<section[^>]* data-waiting>[^]*data-continue/);
      browser.cookies.set("bank_session", token!);
      expect((await browser.submit("Continue")).path).toBe("/demo/accounts");
      expect(browser.cookies.get("bank_session")).toBe(token);
    });

    it("is finished for nobody by a return in another browser, which is told what happened", async () => {
      const { browser, service } = here();
      const page = await start();
      await confirm("Web2App");
      const victim = browserAt(here().signer.anchors);
      const logIn = async () => {
        await start(victim);
        await confirm("QR");
        await victim.submit("Continue");
      };
      // Who has begun nothing there, something else, or is a customer who is logged in.
      for (const prepare of [async () => undefined, () => start(victim), logIn]) {
        const address = wayBack();
        await prepare();
        const [polled, session] = [service.polled.length, victim.cookies.get("bank_session")];
        const looks = await victim.get(address);
        expect(looks.path).not.toMatch(/Digest|Verifier|value/);
        const told = await victim.submit("Continue");
        expect([told.status, told.path, told.text]).toEqual([
          403,
          "/demo/strange-return",
          expect.stringContaining("This browser did not begin this login"),
        ]);
        expect(victim.cookies.get("bank_session")).toBe(session);
        expect(service.polled.length).toBe(polled);
        service.asked.splice(1);
      }
      await confirm("Web2App");
      // Whoever sent the link on waits in vain.
      expect((await browser.post(`${page.path}/continue`, {})).path).toBe(`${page.path}?still=confirmed`);
      expect(await isLoggedIn()).toBe(false);
    });

    it("is not finished by a return with another secret's digest, without one, or with two; the right one still counts", async () => {
      const { browser, log } = here();
      const page = await start();
      await confirm("Web2App");
      const verifier = { userChallengeVerifier: VERIFIER };
      for (const values of [{ ...verifier, sessionSecretDigest: "A".repeat(43) }, verifier]) {
        const refused = await browser.get(wayBack(values));
        expect([refused.status, refused.text]).toEqual([403, expect.stringContaining("the way back from another login")]);
      }
      expect((await browser.get(`${wayBack()}&sessionSecretDigest=${"A".repeat(43)}`)).status).toBe(403);
      expect((await browser.get(wayBack().replace("value=", "value=x"))).status).toBe(403);
      expect(await progress(page)).toEqual({ progress: "confirmed" });
      expect(log).toHaveLength(4);
      for (const line of log)
        expect(line).toMatch(/^demo bank: a return was not verified: (session_secret_digest|callback_url)$/);
      await browser.get(wayBack());
      expect((await browser.submit("Continue")).path).toBe("/demo/accounts");
    });

    it.each([
      ["another verifier", { sessionSecretDigest: DIGEST, userChallengeVerifier: "W".repeat(43) }],
      ["no verifier", { sessionSecretDigest: DIGEST }],
    ])("is over by a return with %s: the right one comes too late", async (_, values) => {
      const { browser } = here();
      await start();
      await confirm("Web2App");
      const right = wayBack();
      await browser.get(wayBack(values));
      await browser.get(right);
      expect((await browser.submit("Continue")).text).toContain("The answer could not be verified");
      expect((await browser.get(right)).text).toContain("The answer could not be verified");
      expect(await isLoggedIn()).toBe(false);
      expect(here().log).toEqual([expect.stringContaining("a login was not verified")]);
    });

    it("that was refused returns, too, and says so; before there is an answer a return decides nothing", async () => {
      const { browser, service } = here();
      await start();
      await browser.get(wayBack({ sessionSecretDigest: DIGEST }));
      expect((await browser.submit("Continue")).text).toContain("It has not arrived yet");
      service.status = async () => ({ state: "COMPLETE", result: { endResult: "USER_REFUSED" } });
      expect((await browser.submit("Continue")).text).toContain("You refused");
      expect((await browser.get(wayBack())).text).toContain("You refused");
    });

    it("waits where the service or the certificate's authority does not answer, and goes on when they do", async () => {
      const { browser, service } = here();
      const page = await start();
      await confirm("Web2App");
      await browser.get(wayBack());
      service.certificateStatus = () => Promise.reject(new TypeError("gone"));
      expect((await browser.submit("Continue")).status).toBe(502);
      service.certificateStatus = {};
      expect((await browser.post(`${page.path}/continue`, {})).path).toBe("/demo/accounts");
    });
  });

  it.each([
    ["PROTOCOL_FAILURE", "This link was changed on its way"],
    ["DOCUMENT_UNUSABLE", "The PIN is locked"],
    ["USER_REFUSED", "You refused"],
    ["SERVER_ERROR", "The service has a problem"],
  ])("that ends with %s says so, and offers another code", async (endResult, title) => {
    const { browser, service } = here();
    await start();
    service.status = async () => ({ state: "COMPLETE", result: { endResult } });
    expect((await browser.submit("Continue")).text).toContain(title);
    service.status = async () => ({ state: "RUNNING" });
    expect((await browser.submit("Try again")).html).toContain("data-frame");
    expect(browser.cookies.has("bank_session")).toBe(false);
  });
}

const linkOn = ({ html }: Page) =>
  parseDeviceLink(/href="([^"]*deviceLinkType=[^"]*)"/.exec(html)?.[1]?.replaceAll("&amp;", "&") ?? "");
