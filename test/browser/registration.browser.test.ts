// Where accounts are made: by what the deployment offers, under its operator's terms, and with a way to whoever runs it.
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { accessibilityFindings } from "./support/accessibility.ts";
import { identity } from "./support/identity.ts";
import { narrowFindings } from "./support/narrow.ts";
import { stage } from "./support/stage.ts";

const here = stage();
here.server.variables = {
  OPERATOR_NAME: "Example Authority",
  OPERATOR_CONTACT: "https://example.ee/help/people",
  OPERATOR_TERMS: "https://example.ee/terms",
};

const linkTo = (page: Page, address: string) => page.getByRole("link", { name: address, exact: true });

it("whoever comes where no method is offered that the app knows is told so, and whom to ask; and goes on when there is one", async () => {
  const mari = await here.person(identity(0));
  await mari.page.route("**/registration/about", async (route) => {
    const about = (await (await route.fetch()).json()) as object;
    await route.fulfill({ json: { ...about, methods: [{ name: "video", levels: ["QUALIFIED"] }] } });
  });
  await mari.open();
  await mari.answers("welcome");
  await mari.sees("Nobody can make an account here yet");
  expect(await linkTo(mari.page, "example.ee/help/people").getAttribute("href")).toBe("https://example.ee/help/people");
  expect(await accessibilityFindings(mari.page)).toEqual([]);
  expect(await narrowFindings(mari.page)).toEqual([]);
  await mari.presses("Try again");
  await mari.sees("Nobody can make an account here yet");
  await mari.page.unroute("**/registration/about");
  await mari.presses("Try again");
  await mari.sees("Who are you?");
});

it("whoever comes while the server is away is told so, and goes on when it is back", async () => {
  here.violations.allowNetworkErrors();
  const juri = await here.person(identity(1));
  await juri.open();
  await juri.welcome().waitFor();
  here.network.cut();
  await juri.answers("welcome");
  await juri.sees("The server cannot be reached");
  expect(await accessibilityFindings(juri.page)).toEqual([]);
  here.network.restore();
  await juri.sees("Who are you?");
});

it("an identity that the deployment does not take any more is refused in the person's words, and not in the server's", async () => {
  here.violations.allow(/status of 403/);
  const liis = await here.person(identity(2));
  await liis.open();
  await liis.answers("welcome");
  await liis.sees("Who are you?");
  await liis.page.route("**/registration/self-asserted", (route) =>
    route.fulfill({
      status: 403,
      contentType: "application/problem+json",
      body: '{"title":"Forbidden","detail":"Not on trust."}',
    }),
  );
  await liis.saysWhoTheyAre();
  await liis.page.getByRole("alert").filter({ hasText: "does not take this way to prove who you are" }).waitFor();
  expect(await liis.page.locator("body").innerText()).not.toContain("Not on trust");
  await linkTo(liis.page, "example.ee/help/people").waitFor();
  expect(await accessibilityFindings(liis.page)).toEqual([]);
});

it("the application links the terms that it agrees to, in a tab of their own, and About says who runs the service, also without a network", async () => {
  here.violations.allowNetworkErrors();
  const toomas = await here.person(identity(3));
  const { page } = toomas;
  await toomas.open();
  await toomas.enrol(async (screen) => {
    if (screen !== "Sign your application") return;
    const terms = linkTo(page, "example.ee");
    expect(await terms.getAttribute("rel")).toBe("noopener noreferrer");
    await page
      .context()
      .route("https://example.ee/**", (route) => route.fulfill({ contentType: "text/html", body: "<title>Terms</title>" }));
    const [opened] = await Promise.all([page.context().waitForEvent("page"), terms.click()]);
    await opened.waitForURL("https://example.ee/terms");
    expect(await opened.evaluate(() => [opener, document.referrer])).toEqual([null, ""]);
    await opened.close();
    expect(await accessibilityFindings(page)).toEqual([]);
    expect(await narrowFindings(page)).toEqual([]);
  });
  await page.reload();
  await toomas.sees(toomas.name);
  here.network.cut();
  await toomas.presses("Settings");
  await toomas.presses("About Tally");
  await toomas.sees("Who runs this service");
  expect(await page.locator(".about").innerText()).toMatch(
    /Example Authority\s+Contact\s+example.ee\/help\/people\s+Terms\s+example.ee\/terms/,
  );
  expect(await accessibilityFindings(page)).toEqual([]);
  here.network.restore();
});
