// The app in a real Chromium, by its own screens: the first load, an enrolment, logins. Everything is timed by the page's clock or by
// the browser's account of its requests; nothing is built differently for it.
import type { Browser, Page } from "playwright-core";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { launchChromium } from "../test/browser/support/chromium.ts";
import { identity } from "../test/browser/support/identity.ts";
import { Person } from "../test/browser/support/person.ts";
import { RelyingParty } from "../test/browser/support/relying-party.ts";
import { deviceHalfSection } from "./device-half.ts";
import { median, type Samples, type Section } from "./measurement.ts";

const FIRST_LOADS = 12;
const ENROLMENTS = 4;
const LOGINS = 15;
const FLOOR_RUNS = 15;
/** Of logins: the first fills caches that people fill once, too. */
const WARM_UP = 2;
const PHONE = { viewport: { width: 390, height: 844 }, locale: "en-GB" };
const CLIENT = join(import.meta.dirname, "../dist/client");

export async function browserSections(url: string): Promise<readonly Section[]> {
  const browser = await launchChromium();
  try {
    const half = await deviceHalfSection(browser);
    const loads = await firstLoads(browser, url);
    const people = await enrolments(browser, url);
    const floors = await floorsOf(people.last.page);
    const logins = await loginsOf(people.last, url);
    await people.last.page.context().close();
    const plainPage = { name: "plain text", samples: loads.plain };
    const rsa = { name: "RSA-3072 key pair", samples: floors.rsa };
    const derivation = { name: "PIN derivation", samples: floors.derivation };
    const derived = median(floors.derivation);
    return [
      half,
      {
        title: "The app in Chromium",
        rows: [
          { what: "first drawing of a page of plain text (GET /health)", samples: loads.plain },
          { what: "first drawing of the app, first visit", samples: loads.first, floor: plainPage },
          { what: "first drawing of the app, from the service worker", samples: loads.again, floor: plainPage },
          { what: "RSA-3072 key pair (WebCrypto)", samples: floors.rsa },
          { what: "making both keys, from PIN2 to the application", samples: people.keys, floor: rsa },
          { what: "PIN derivation (WebCrypto)", samples: floors.derivation },
          { what: "login, from confirming PIN1 to “Confirmed”", samples: logins.whole, floor: derivation },
          {
            what: "login, device half: from the PIN's mask to the contribution being sent",
            samples: logins.half,
            floor: derivation,
          },
          {
            what: "login, until the contribution is sent, less the PIN's derivation",
            samples: logins.untilSent.map((taken) => Math.max(0, taken - derived)),
            floor: derivation,
          },
        ],
        remarks: [firstLoadBytes(), longTasks(people.longTasks)],
      },
    ];
  } finally {
    await browser.close();
  }
}

/** First contentful paints, in milliseconds from the beginning of the navigation; a new profile each time. */
async function firstLoads(browser: Browser, url: string): Promise<Readonly<Record<"plain" | "first" | "again", Samples>>> {
  const found = { plain: [] as number[], first: [] as number[], again: [] as number[] };
  for (let run = 0; run < FIRST_LOADS; run++) {
    const context = await browser.newContext(PHONE);
    const page = await context.newPage();
    await page.goto(`${url}/health`);
    found.plain.push(await firstDrawing(page));
    await page.goto(url);
    found.first.push(await firstDrawing(page));
    await page.evaluate("navigator.serviceWorker.ready.then(() => undefined)");
    await page.goto(`${url}/?again`);
    found.again.push(await firstDrawing(page));
    await context.close();
  }
  return found;
}

const firstDrawing = (page: Page): Promise<number> =>
  page.evaluate<number>(`new Promise((resolve) =>
    new PerformanceObserver((list) => {
      for (const { name, startTime } of list.getEntries()) if (name === "first-contentful-paint") resolve(startTime);
    }).observe({ type: "paint", buffered: true }))`);

interface Enrolled {
  readonly keys: Samples;
  /** Of all enrolments, each in milliseconds, while keys were made. */
  readonly longTasks: Samples;
  /** With an account, at home. */
  readonly last: Person;
}

async function enrolments(browser: Browser, url: string): Promise<Enrolled> {
  const keys: number[] = [];
  const longTasksFound: number[] = [];
  for (let number = 0; ; number++) {
    const context = await browser.newContext(PHONE);
    const person = new Person(await context.newPage(), url, identity(number));
    await person.open();
    await person.enrol(async (screen) => {
      if (screen === "Repeat PIN2") await person.page.evaluate(WATCH_KEYS);
      if (screen === "Sign your application") {
        const seen = await person.page.evaluate<{ milliseconds: number; longTasks: number[] }>("watchedKeys()");
        keys.push(seen.milliseconds);
        longTasksFound.push(...seen.longTasks);
      }
    });
    if (number === ENROLMENTS - 1) return { keys, longTasks: longTasksFound, last: person };
    await context.close();
  }
}

/** Headings are the screens: from "Making your keys" to the next one, and the tasks over 50 ms of the page's thread meanwhile. */
const WATCH_KEYS = `{
  const longTasks = [];
  new PerformanceObserver((list) => longTasks.push(...list.getEntries())).observe({ type: "longtask" });
  const heading = () => document.querySelector("h1")?.textContent;
  let from, to;
  new MutationObserver(() => {
    if (heading() === "Making your keys") from ??= performance.now();
    else if (from !== undefined) to ??= performance.now();
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
  globalThis.watchedKeys = () => ({
    milliseconds: to - from,
    longTasks: longTasks.filter(({ startTime }) => startTime >= from && startTime < to).map(({ duration }) => duration),
  });
}`;

/** Of the page's thread, which waits for WebCrypto just as the key worker does. */
async function floorsOf(page: Page): Promise<{ readonly rsa: Samples; readonly derivation: Samples }> {
  const times = (work: string): Promise<number[]> =>
    page.evaluate<number[]>(`(async () => {
      const work = async () => { ${work} };
      const taken = [];
      for (let run = -1; run < ${FLOOR_RUNS}; run++) {
        const start = performance.now();
        await work();
        if (run >= 0) taken.push(performance.now() - start);
      }
      return taken;
    })()`);
  return {
    rsa: await times(`await crypto.subtle.generateKey({ name: "RSA-PSS", modulusLength: 3072,
      publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-512" }, true, ["sign"]);`),
    derivation: await times(`const key = await crypto.subtle.importKey("raw", new Uint8Array(4), "PBKDF2", false, ["deriveBits"]);
      await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-512", salt: new Uint8Array(32), iterations: 210000 }, key, 512);`),
  };
}

/** `untilSent`: from confirming to the device's last request, which carries its contribution. */
async function loginsOf(person: Person, url: string): Promise<Readonly<Record<"whole" | "untilSent" | "half", Samples>>> {
  const party = new RelyingParty(url);
  await person.page.evaluate(HEAR_OF_HALVES);
  const half: number[] = [];
  const whole: number[] = [];
  const untilSent: number[] = [];
  const sent: number[] = [];
  person.page.on("request", (request) => {
    if (request.method() === "POST") sent.push(Date.now());
  });
  for (let run = -WARM_UP; run < LOGINS; run++) {
    const { sessionID } = await party.login(person.semanticsIdentifier);
    await person.checksFor("DEMO");
    await person.presses("Continue");
    await person.sees("Enter PIN1");
    await person.types(person.identity.pins.auth);
    await person.page.evaluate(WATCH_CONFIRMING);
    await watchKeyWorker(person.page);
    await person.presses("Confirm");
    const { from, to } = await person.page.evaluate<{ from: number; to: number }>("confirmed");
    await party.endResult(sessionID);
    if (run >= 0) {
      whole.push(to - from);
      untilSent.push((sent.findLast((at) => at < to) ?? from) - from);
      half.push(await person.page.evaluate<number>("half.promise"));
    }
    await person.presses("Done");
  }
  return { whole, untilSent, half };
}

/** The worker ends with its job: what it took is told to the page meanwhile. */
const HEAR_OF_HALVES = `globalThis.half = Promise.withResolvers();
new BroadcastChannel("bench").addEventListener("message", ({ data }) => half.resolve(data)); undefined`;

/** The worker that prepares is there before the PIN is confirmed, and gets a stop-watch around what it calls. */
async function watchKeyWorker(page: Page): Promise<void> {
  await page.evaluate("globalThis.half = Promise.withResolvers(); undefined");
  const [worker, ...more] = page.workers().filter((each) => each.url().includes("key-worker"));
  if (worker === undefined || more.length > 0) throw new Error("not one key worker is there before the PIN");
  await worker.evaluate(WATCH_HALF);
}

/** From the last bits derived from the PIN to the next request, which carries the contribution. */
const WATCH_HALF = `{
  const channel = new BroadcastChannel("bench");
  const { deriveBits } = SubtleCrypto.prototype;
  const { fetch } = globalThis;
  let derived;
  SubtleCrypto.prototype.deriveBits = async function (...values) {
    const bits = await deriveBits.apply(this, values);
    derived = performance.now();
    return bits;
  };
  globalThis.fetch = (...values) => {
    if (derived !== undefined) channel.postMessage(performance.now() - derived);
    derived = undefined;
    return fetch(...values);
  };
} undefined`;

/** In milliseconds since the epoch. */
const WATCH_CONFIRMING = `globalThis.confirmed = new Promise((resolve) => {
  const now = () => performance.timeOrigin + performance.now();
  let from;
  addEventListener("click", () => (from ??= now()), { capture: true, once: true });
  const observer = new MutationObserver(() => {
    if (document.querySelector("h1")?.textContent !== "Confirmed") return;
    observer.disconnect();
    resolve({ from, to: now() });
  });
  observer.observe(document.body, { subtree: true, childList: true, characterData: true });
}); undefined`;

function firstLoadBytes(): string {
  const html = readFileSync(join(CLIENT, "index.html"), "utf8");
  const loaded = globSync("assets/*.{js,css}", { cwd: CLIENT }).filter((path) => html.includes(`/${path}"`));
  const bytes = (path: string): number => gzipSync(readFileSync(join(CLIENT, path))).length;
  const script = loaded.filter((path) => path.endsWith(".js")).reduce((sum, path) => sum + bytes(path), 0);
  const all = ["index.html", ...loaded].reduce((sum, path) => sum + bytes(path), 0);
  const kilobytes = (count: number): string => (count / 1000).toFixed(1);
  return `first load, compressed: ${kilobytes(all)} kB, of which ${kilobytes(script)} kB script`;
}

function longTasks(found: Samples): string {
  if (found.length === 0) return `tasks over 50 ms on the page's thread while keys were made: none in ${ENROLMENTS} enrolments`;
  const longest = Math.max(...found).toFixed(0);
  return `tasks over 50 ms on the page's thread while keys were made: ${found.length} in ${ENROLMENTS} enrolments, the longest ${longest} ms`;
}
