// Device links in the browser: scanned from a moving QR code, opened from a relying party's page and back to it, opened where there is
// no account. One person, one server.
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accessibilityFindings } from "./support/accessibility.ts";
import { Accidents, reload, type Side } from "./support/accident.ts";
import { cameraArguments, writeFilm } from "./support/camera.ts";
import { identity } from "./support/identity.ts";
import { LinkParty } from "./support/link-party.ts";
import { Person } from "./support/person.ts";
import { isSignedBy } from "./support/relying-party.ts";
import { stage } from "./support/stage.ts";
import { turnTo } from "./support/visibility.ts";

const folder = mkdtempSync(join(tmpdir(), "tally-camera-"));
const film = join(folder, "film.y4m");
const here = stage(cameraArguments(film));
const accidents = new Accidents(here.network);
let mari: Person;
let party: LinkParty;

beforeAll(async () => {
  mari = await here.enrolled(identity(0));
  party = await LinkParty.open(here.url);
});
afterAll(async () => {
  await party.close();
  rmSync(folder, { recursive: true, force: true });
});

const looksRight = async (page: Page): Promise<void> => expect(await accessibilityFindings(page)).toEqual([]);

/** From the party's page, as a person comes. */
async function follows(person: Person, link: string): Promise<void> {
  await person.page.goto(party.pageWith(link));
  await person.page.getByRole("link", { name: "Continue with Tally" }).click();
}

async function home(person: Person): Promise<void> {
  await person.presses("Done");
  await person.sees(person.name);
}

it("a QR code that moves is scanned, past codes of others and one that is too old", async () => {
  const login = await party.login();
  const now = login.elapsed();
  writeFilm(film, [
    { text: "https://example.com/menu", seconds: 1.5 },
    { text: login.link("QR", now).replace(here.url, "https://tally.example"), seconds: 1.5 },
    { text: login.link("QR", now + 600), seconds: 1.5 },
    ...Array.from({ length: 8 }, (_, second) => ({ text: login.link("QR", now + 10 + second), seconds: 1 })),
  ]);
  await mari.presses("Scan a QR code");
  const remarks = ["Not a request", "A code of another service", "That code is too old"].map((name) =>
    mari.heading(name).waitFor(),
  );
  await Promise.all(remarks);
  await mari.sees("DEMO");
  expect(await mari.page.evaluate(() => document.querySelectorAll("video, canvas").length)).toBe(0);
  await mari.page.getByText(/^You scanned this/).waitFor();
  expect(await mari.page.locator("[data-code]").count()).toBe(0);
  await looksRight(mari.page);
  await mari.approves("auth");
  await mari.sees("Confirmed");
  const status = await here.relyingParty.end(login.sessionID);
  expect(status.signature.flowType).toBe("QR");
  expect(isSignedBy(status, login.payload(status))).toBe(true);
  await home(mari);
});

it("the camera is let go when its screen is left, and when the tab is", async () => {
  await mari.presses("Scan a QR code");
  const video = mari.page.locator("video");
  await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.videoWidth)).toBeGreaterThan(0);
  await looksRight(mari.page);
  const track = await video.evaluateHandle((element: HTMLVideoElement) => (element.srcObject as MediaStream).getTracks()[0]!);
  await turnTo(mari.page, "hidden");
  expect(await track.evaluate(({ readyState }) => readyState)).toBe("ended");
  await turnTo(mari.page, "visible");
  await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.srcObject !== null)).toBe(true);
  const second = await video.evaluateHandle((element: HTMLVideoElement) => (element.srcObject as MediaStream).getTracks()[0]!);
  const pictureWasThere = second.evaluate(
    (shown) =>
      new Promise((resolve) => {
        shown.stop = () => resolve(document.querySelector("video") !== null);
      }),
  );
  await mari.presses("Cancel");
  expect(await pictureWasThere).toBe(true);
});

it("where the camera is refused, the person hears how to allow it", async () => {
  await mari.page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
  });
  await mari.presses("Scan a QR code");
  await mari.sees("Tally may not use the camera");
  await looksRight(mari.page);
  await mari.presses("Cancel");
  await mari.sees(mari.name);
});

describe("a link on the party's page", () => {
  it("leads through the PIN back to the party, with what proves the login to its own browser", async () => {
    const login = await party.login();
    await follows(mari, login.link("Web2App"));
    await mari.sees("DEMO");
    expect(await mari.page.evaluate(() => location.href)).toBe(`${here.url}/`);
    await mari.page.getByText(/^You opened this from a page/).waitFor();
    expect(await mari.page.locator("[data-code]").count()).toBe(0);
    await looksRight(mari.page);
    await mari.approves("auth");
    await mari.sees("Welcome back");
    const [{ values, cookie }, status] = await Promise.all([party.returned(), here.relyingParty.end(login.sessionID)]);
    expect(cookie).toBe("visit=7");
    expect(values.get("state")).toBe("5");
    expect(values.get("sessionSecretDigest")).toBe(login.secretDigest);
    const verifier = values.get("userChallengeVerifier") ?? "";
    expect(createHash("sha256").update(verifier, "ascii").digest("base64url")).toBe(status.signature.userChallenge);
    expect(status.signature.flowType).toBe("Web2App");
    expect(isSignedBy(status, login.payload(status))).toBe(true);
    // Neither the link nor the ending is behind the person's back button.
    await mari.page.goBack();
    await mari.page.getByRole("link", { name: "Continue with Tally" }).waitFor();
  });

  it("that stands in two windows is answered in one: the other one says what was answered, and leads nobody back", async () => {
    const other = await here.person(mari.identity, mari.page.context());
    await other.open();
    await other.sees(mari.name);
    const login = await party.login();
    await follows(mari, login.link("Web2App"));
    await mari.sees("DEMO");
    await other.sees("DEMO");
    await mari.approves("auth");
    await other.sees("Confirmed");
    await mari.sees("Welcome back");
    await party.returned();
    expect(await here.relyingParty.endResult(login.sessionID)).toBe("OK");
    expect(await other.page.locator("main").innerText()).not.toContain(party.host);
    await looksRight(other.page);
    await other.page.reload();
    await other.sees(mari.name);
    const refused = await party.login();
    await follows(mari, refused.link("Web2App"));
    await mari.sees("DEMO");
    await other.sees("DEMO");
    await other.presses("Cancel");
    await mari.sees("Refused");
    expect(await mari.button(`Back to ${party.host}`).count()).toBe(0);
    await other.presses(`Back to ${party.host}`);
    await other.sees("Welcome back");
    await party.returned();
    await other.page.close();
  });

  it.each<Side>(["request", "answer"])("is not lost by a reload under its %s", async (side) => {
    here.violations.allowNetworkErrors();
    const login = await party.login();
    const meeting = accidents.once(1, side, reload(mari));
    await follows(mari, login.link("Web2App"));
    await meeting.over;
    await mari.sees("DEMO");
    await mari.presses("Cancel");
    await mari.sees("Refused");
    await looksRight(mari.page);
    await mari.page.reload();
    await mari.sees("Refused");
    const back = `Back to ${party.host}`;
    expect(await mari.button(back).innerText()).toBe(back);
    await mari.presses(back);
    await mari.sees("Welcome back");
    const { values } = await party.returned();
    expect([...values.keys()]).toEqual(["state", "sessionSecretDigest"]);
    expect(await here.relyingParty.endResult(login.sessionID)).toBe("USER_REFUSED");
  });

  it("says that it is over, not whole, or not genuine", async () => {
    const login = await party.login();
    const link = login.link("Web2App");
    await follows(mari, `${link}x`);
    await mari.sees("This link is not whole");
    await follows(mari, link.replace("lang=eng", "lang=est"));
    await mari.sees("This request is not genuine");
    await looksRight(mari.page);
    expect(await here.relyingParty.endResult(login.sessionID)).toBe("PROTOCOL_FAILURE");
    await follows(mari, link);
    await mari.sees("This request has ended");
    const old = await party.login();
    await follows(mari, old.link("QR", old.elapsed()));
    await mari.sees("Scan this code with Tally");
    await looksRight(mari.page);
    await home(mari);
  });
});

it("a certificate is chosen without a PIN, and what is to be signed with it opens by itself", async () => {
  const choice = await party.certificateChoice();
  await follows(mari, choice.link("Web2App"));
  await mari.sees("DEMO wants to know which certificate you will sign with");
  await looksRight(mari.page);
  await mari.presses("Confirm");
  await mari.sees("DEMO prepares the document");
  await looksRight(mari.page);
  const { result } = await here.relyingParty.end(choice.sessionID);
  await mari.page.reload();
  await mari.sees("DEMO prepares the document");
  const file = Buffer.from("I owe you one.");
  const sessionID = await party.linkedSignature(result.documentNumber, choice.sessionID, file);
  await mari.sees("DEMO");
  expect(await mari.page.locator("[data-code]").count()).toBe(0);
  await mari.approves("sign");
  await mari.sees("Welcome back");
  expect((await party.returned()).values.get("sessionSecretDigest")).toBe(choice.secretDigest);
  expect(isSignedBy(await here.relyingParty.end(sessionID), file)).toBe(true);
});

it("in a browser without an account it is said what the link is, and what to do", async () => {
  const nobody = await here.person(identity(2));
  const login = await party.login();
  await follows(nobody, login.link("Web2App"));
  await nobody.sees("A site asks you to log in");
  await looksRight(nobody.page);
  await nobody.presses("Not now");
  await nobody.welcome().waitFor();
  expect(await here.relyingParty.poll(login.sessionID, 1000)).toMatchObject({ state: "RUNNING" });
  // The service worker's page is the same, without a network too.
  await nobody.page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  here.violations.allowNetworkErrors();
  await nobody.page.goto(party.pageWith(login.link("Web2App")));
  here.network.cut();
  await nobody.page.getByRole("link", { name: "Continue with Tally" }).click();
  await nobody.sees("A site asks you to log in");
  here.network.restore();
});

it("of several accounts the person chooses, and hears whose the request is not", async () => {
  await mari.open();
  await mari.presses("Add another account");
  const juri = new Person(mari.page, here.url, identity(1));
  await juri.enrol();
  const login = await party.login(`etsi/${mari.semanticsIdentifier}`);
  await follows(juri, login.link("Web2App"));
  await juri.sees("With which account?");
  await looksRight(juri.page);
  await juri.page.getByRole("button", { name: juri.name }).click();
  await juri.sees("Not for this account");
  await looksRight(juri.page);
  await juri.page.getByRole("button", { name: mari.name }).click();
  await mari.sees("DEMO");
  await mari.approves("auth");
  await mari.sees("Welcome back");
  expect((await here.relyingParty.end(login.sessionID)).result.documentNumber).toContain(mari.semanticsIdentifier);
});
