// The gallery (test/browser/gallery) for a test file: built once, and opened at an address that nobody serves, answered from the folder
// where it was built.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { NOW } from "../gallery/gallery.ts";
import { launchChromium } from "./chromium.ts";
import { Violations } from "./violations.ts";

const BUNDLER = join(import.meta.dirname, "bundle-gallery.ts");
/** A secure context, as the app needs it. */
const ORIGIN = "https://gallery.example";
const CONTEXT: BrowserContextOptions = { locale: "en-GB", timezoneId: "Europe/Tallinn", reducedMotion: "reduce" };

interface Opening extends Pick<BrowserContextOptions, "viewport"> {
  /** Arguments of its browser besides the usual ones. */
  readonly chromium?: readonly string[];
}

/** To be called once, at the top of a test file. The pages are there before its first test, each in a browser of its own. */
export function galleries<Name extends string>(openings: Readonly<Record<Name, Opening>>): Readonly<Record<Name, Page>> {
  const folder = mkdtempSync(join(tmpdir(), "tally-gallery-"));
  const violations = new Violations();
  const browsers: Browser[] = [];
  const pages: Partial<Record<Name, Page>> = {};
  beforeAll(async () => {
    await promisify(execFile)(process.execPath, [BUNDLER, folder], { env: { ...process.env, NODE_ENV: "production" } });
    for (const [name, { chromium = [], ...options }] of Object.entries<Opening>(openings)) {
      const browser = await launchChromium(chromium);
      browsers.push(browser);
      pages[name as Name] = await open(browser, folder, violations, options);
    }
  });
  afterEach(() => expect(violations.take(), "what the pages did wrong").toEqual([]));
  afterAll(async () => {
    await Promise.all(browsers.map((browser) => browser.close()));
    rmSync(folder, { recursive: true, force: true });
  });
  return pages as Record<Name, Page>;
}

async function open(browser: Browser, folder: string, violations: Violations, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ ...CONTEXT, ...options });
  violations.watch(context);
  await context.clock.setFixedTime(NOW);
  await context.route(`${ORIGIN}/**`, (route) => {
    const { pathname } = new URL(route.request().url());
    const path = join(folder, pathname === "/" ? "index.html" : pathname);
    return existsSync(path) ? route.fulfill({ path }) : route.fulfill({ status: 404 });
  });
  const page = await context.newPage();
  await page.goto(ORIGIN);
  await page.waitForFunction(() => window.gallery !== undefined);
  return page;
}
