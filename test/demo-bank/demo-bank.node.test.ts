// The demo bank and a person with a headless authenticator, over HTTP against a real server: what anybody does who tries it out.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enrolAccount } from "../../scripts/authenticator/enrolment.ts";
import { withPin } from "../../scripts/authenticator/pin-bytes.ts";
import { demoBankVariables } from "../../scripts/demo-bank-variables.ts";
import type { LocalSecrets } from "../../scripts/local-secrets.ts";
import { makeTestPerson, type TestPerson } from "../../scripts/demo/test-person.ts";
import { type LocalServer, startServer } from "../../scripts/server.ts";
import { ChannelClient } from "../../src/authenticator/channel-client.ts";
import { presentation } from "../../src/authenticator/presentation.ts";
import {
  approveTransaction,
  claimTransaction,
  listTransactions,
  openDeviceLink,
  type Refusal,
  refuseTransaction,
  returnAddress,
} from "../../src/authenticator/transactions.ts";
import { type Drawing, scanned } from "../support/drawn-code.ts";
import { codeOn, FormBrowser, type Page } from "../support/form-browser.ts";
import { MemoryStorage } from "../support/memory-storage.ts";

const EXAMPLE = { recipient: "Tom & Jerry <Ltd>", account: "EE38 2200 2210 2014 5685", amount: "24,90", reference: '"No. 7"' };

let folder: string;
let server: LocalServer;
let person: TestPerson;
let client: ChannelClient;
const storage = new MemoryStorage();
let browser: FormBrowser;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tally-demo-bank-"));
  server = await startServer({ port: 0, stateFolder: join(folder, "state"), variables: { SHARE_POOL_SIZE: "0" } });
  person = makeTestPerson();
  client = new ChannelClient({ url: server.url, fetch }, storage);
  await enrolAccount(client, person.identity, person.pins, () => undefined);
  browser = newBrowser();
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const newBrowser = () => new FormBrowser(server.url, fetch);
const typed = () => ({ country: "EE", code: person.identity.personalCode });

/** What waits on the device, claimed, with what it shows. */
async function look() {
  const listed = await listTransactions(client);
  if (!listed.ok || listed.value.length !== 1) throw new Error(`not one transaction: ${JSON.stringify(listed)}`);
  return shownBy(await claimTransaction(client, listed.value[0]!.transactionId));
}

/** What is behind a link that was scanned or followed. */
const open = async (link: string) => shownBy(await openDeviceLink(client, link));

function shownBy(claimed: Awaited<ReturnType<typeof claimTransaction>>) {
  if (!claimed.ok) throw new Error(JSON.stringify(claimed));
  const { value } = claimed;
  if (value.kind === "certificate-choice") throw new Error("a certificate choice");
  return { claimed: value, shown: presentation(value)! };
}

type Looked = ReturnType<typeof shownBy>;

const approve = ({ claimed }: Looked, pin = person.pins[claimed.purpose]) =>
  withPin(pin, (bytes) => approveTransaction(client, claimed, bytes));

async function refuse({ claimed }: Looked, refusal: Refusal): Promise<void> {
  expect((await refuseTransaction(client, claimed.transactionId, refusal)).ok).toBe(true);
}

/** As the page's script does: waits for the news, then goes on. */
async function goOn(waiting: Page): Promise<Page> {
  const status = await browser.fetch(`${waiting.path}/status`);
  expect(await status.json()).toEqual({ progress: "over" });
  return browser.submit("Continue");
}

async function logIn(start: () => Promise<Page>): Promise<Page> {
  const waiting = await start();
  const looked = await look();
  expect(looked.shown).toMatchObject({
    relyingPartyName: "DEMO",
    interaction: "confirmationMessageAndVerificationCodeChoice",
    text: "Log in to Rowan Bank",
    verificationCode: codeOn(waiting),
  });
  const [answered] = await Promise.all([goOn(waiting), approve(looked)]);
  return answered;
}

const balanceOf = (page: Page): number => Number(/Everyday account.*?€([\d,.]+)/.exec(page.text)?.[1]?.replaceAll(",", ""));

describe("a customer of the demo bank", () => {
  it("is believed by certificates of the root and the qualified issuer alone: any policy stands in the other's", () => {
    const { authorities } = JSON.parse(readFileSync(join(folder, "state/secrets.json"), "utf8")) as LocalSecrets;
    const given = ["root", "eid-q"].map((name) => readFileSync(join(folder, `state/pki/${name}.pem`), "utf8")).join("");
    expect(authorities.map(({ name }) => name)).toContain("eid-nq");
    expect(demoBankVariables(authorities, server.url).DEMO_BANK_TRUST_ANCHORS).toBe(given);
  });

  it("logs in with PIN1, and finds accounts", async () => {
    await browser.get("/demo");
    const accounts = await logIn(() => browser.submit("Log in", { ...typed(), remember: "yes" }));
    expect(accounts.path).toBe("/demo/accounts");
    const { givenName } = person.identity;
    expect(accounts.text).toContain(`Good to see you, ${givenName}.`);
    expect(balanceOf(accounts)).toBeGreaterThan(1_000);
    expect(accounts.headers.get("content-security-policy")).toContain("style-src 'self'");
    const [, style = ""] = /<link rel="stylesheet" href="([^"]+)"/.exec(accounts.html) ?? [];
    expect(style).toBe("/demo/bank.css");
    expect((await browser.fetch(style)).headers.get("content-type")).toContain("text/css");
    const session = browser.setCookies.find((cookie) => cookie.startsWith("bank_session="));
    expect(session).toMatch(/^bank_session=[A-Za-z0-9_-]{43}; Max-Age=1800; Path=\/demo; HttpOnly; SameSite=Strict$/);
  });

  it("is remembered by the device, and logs in with one click", async () => {
    await browser.submit("Log out");
    const { givenName, surname, personalCode } = person.identity;
    const front = await browser.get("/demo");
    expect(JSON.stringify([...browser.cookies])).not.toContain(personalCode);
    expect(front.text).not.toContain(personalCode);
    const accounts = await logIn(() => browser.submit(`Log in as ${givenName} ${surname}`));
    expect(accounts.path).toBe("/demo/accounts");
  });

  it("logs in by the code that the bank shows, and on the same device, with nothing typed; a refusal comes back, too", async () => {
    await browser.submit("Log out");
    const scan = async (page: Page) => scanned((await (await browser.fetch(`${page.path}/frame`)).json()) as Drawing);
    await browser.get("/demo?other");
    const page = await browser.submit("Log in with the authenticator");
    const byCode = await open(await scan(page));
    expect(byCode.shown).toMatchObject({ relyingPartyName: "DEMO", text: "Log in to Rowan Bank", verificationCode: "" });
    const [accounts] = await Promise.all([goOn(page), approve(byCode)]);
    expect(accounts.path).toBe("/demo/accounts");
    await browser.submit("Log out");

    for (const signed of [false, true]) {
      await browser.get("/demo?other");
      const asked = await browser.submit("Log in with the authenticator");
      const [, link = ""] = /href="([^"]*deviceLinkType=Web2App[^"]*)"/.exec(asked.html) ?? [];
      const onDevice = await open(link.replaceAll("&amp;", "&"));
      if (signed) expect((await approve(onDevice)).ok).toBe(true);
      else await refuse(onDevice, "USER_REFUSED");
      const back = new URL(returnAddress((await storage.read())!, onDevice.claimed, signed)!);
      await browser.get(`${back.pathname}${back.search}`);
      if (signed) expect((await browser.submit("Continue")).path).toBe("/demo/accounts");
      else expect((await browser.submit("Continue")).text).toContain("You refused");
    }
  });

  it("pays with PIN2, once, and anybody can verify it with openssl", async () => {
    const before = balanceOf(await browser.get("/demo/accounts"));
    await browser.get("/demo/payments/new");
    const review = await browser.submit("Continue", EXAMPLE);
    expect(review.text).toContain("Tom & Jerry <Ltd>");
    // Twice, as an impatient person does: one request reaches the device.
    const [waiting] = await Promise.all([browser.submit("Confirm with PIN2"), browser.submit("Confirm with PIN2")]);
    const page = await browser.get(waiting.path);
    const looked = await look();
    expect(looked.shown).toMatchObject({
      interaction: "confirmationMessage",
      text: "Pay 24.90 EUR to Tom & Jerry <Ltd>, account EE38 2200 2210 2014 5685",
      verificationCode: codeOn(page),
    });
    expect((await approve(looked)).ok).toBe(true);
    const ways = ["status", "status", "status", "status", "continue", "continue", "continue"];
    await Promise.all(
      ways.map((way) => (way === "status" ? browser.fetch(`${page.path}/status`) : browser.post(`${page.path}/continue`, {}))),
    );
    const receipt = await browser.get(page.path);
    expect(receipt.text).toContain("Payment confirmed");
    expect(receipt.text).toContain("Signature verified");
    expect(receipt.html).not.toContain("<Ltd>");
    expect(balanceOf(await browser.get("/demo/accounts"))).toBeCloseTo(before - 24.9, 2);
    const booked = (await browser.get("/demo/history")).text.match(/Tom & Jerry <Ltd>/g);
    expect(booked).toHaveLength(1);

    await download(page.path);
    const command = /<pre[^>]*class="command"[^>]*>([^<]+)</.exec(receipt.html)![1]!;
    expect(execFileSync("sh", ["-c", command], { cwd: folder, encoding: "utf8" })).toBe("Verified OK\n");
    const state = join(folder, "state/pki");
    const chain = ["-CAfile", join(state, "root.pem"), "-untrusted", join(state, "eid-q.pem")];
    execFileSync("openssl", ["verify", "-x509_strict", ...chain, join(folder, "certificate.pem")]);
    const key = execFileSync("openssl", ["x509", "-in", join(folder, "certificate.pem"), "-noout", "-pubkey"], {
      encoding: "utf8",
    });
    expect(await (await browser.fetch(`${page.path}/public-key.pem`)).text()).toBe(key);
    writeFileSync(join(folder, "payment.json"), "{}");
    expect(spawnSync("sh", ["-c", command], { cwd: folder }).status).toBe(1);
  });

  it("refuses a payment, chooses a wrong code, and is told what to do; a new try is a new request", async () => {
    await browser.get("/demo/payments/new");
    const review = await browser.submit("Continue", { ...EXAMPLE, amount: "1.00" });
    const waiting = await browser.submit("Confirm with PIN2", { comparison: "choice" });
    const looked = await look();
    expect(looked.shown.interaction).toBe("confirmationMessageAndVerificationCodeChoice");
    await refuse(looked, "WRONG_VC");
    const wrong = await goOn(waiting);
    expect(wrong.text).toContain("Another code was chosen");
    expect(wrong.path).toBe(review.path);

    const again = await browser.submit("Try again");
    await refuse(await look(), "USER_REFUSED_INTERACTION");
    expect((await goOn(again)).text).toContain("You refused");
    await browser.submit("Try again");
    await approve(await look());
    expect((await browser.submit("Continue")).text).toContain("Payment confirmed");
  });

  it("refuses a login", async () => {
    browser = newBrowser();
    await browser.get("/demo");
    const waiting = await browser.submit("Log in", typed());
    await refuse(await look(), "USER_REFUSED");
    expect((await goOn(waiting)).text).toContain("You refused");
    expect(browser.cookies.has("bank_session")).toBe(false);
  });

  it("who is unknown, whose PIN is locked, or whose certificate was revoked meanwhile, is told so", async () => {
    await browser.get("/demo");
    const unknown = await browser.submit("Log in", { country: "EE", code: "30303039914" });
    expect([unknown.status, unknown.text]).toEqual([404, expect.stringContaining("Nobody known by this code")]);

    await browser.get("/demo");
    const answered = await browser.submit("Log in", typed());
    expect((await approve(await look())).ok).toBe(true);

    await browser.get("/demo");
    const waiting = await browser.submit("Log in", typed());
    const looked = await look();
    const wrong = person.pins.auth.replace(/.$/, (digit) => String((Number(digit) + 1) % 10));
    for (let attempt = 0; attempt < 3; attempt++) expect((await approve(looked, wrong)).ok).toBe(false);
    expect((await goOn(waiting)).text).toContain("The PIN is locked");
    await browser.get("/demo");
    await browser.submit("Log in", typed());
    expect((await browser.submit("Continue")).text).toContain("The PIN is locked");

    // As OCSP says, which the bank asks before it believes what was signed in time.
    expect(await client.call("revokeKey", () => ({}))).toMatchObject({ ok: true });
    expect((await browser.post(`${answered.path}/continue`, {})).text).toContain("The answer could not be verified");
    expect(browser.cookies.has("bank_session")).toBe(false);
  });
});

async function download(path: string): Promise<void> {
  for (const name of ["payment.json", "signature.bin", "certificate.pem", "public-key.pem"]) {
    const response = await browser.fetch(`${path}/${name}`);
    expect(response.headers.get("content-disposition")).toBe(`attachment; filename="${name}"`);
    writeFileSync(join(folder, name), Buffer.from(await response.arrayBuffer()));
  }
}
