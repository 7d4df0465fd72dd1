// `npm run audit:pwa`: Lighthouse on the app as `npm start` serves it, as a phone and as a desktop, before there is an account and with
// one. Ends with status 1 where a score is lower than it has to be; the reports are kept, and say why.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import desktop from "lighthouse/core/config/desktop-config.js";
import lighthouse from "lighthouse";
import { startServer } from "../scripts/server.ts";
import { launchWithProfile } from "../test/browser/support/chromium.ts";
import { identity } from "../test/browser/support/identity.ts";
import { Person } from "../test/browser/support/person.ts";

/** Of 100. */
const AT_LEAST = { performance: 95, accessibility: 100, "best-practices": 100 } as const;
type Category = keyof typeof AT_LEAST;

const REPORTS = join(import.meta.dirname, "../.audit");
const DEVICES = { phone: undefined, desktop } as const;

const folder = mkdtempSync(join(tmpdir(), "tally-pwa-audit-"));
// A pool of shares would be made while the pages are timed.
const variables = { SHARE_POOL_SIZE: "0" };
const server = await startServer({ port: 0, stateFolder: join(folder, "state"), variables, onOutput: () => undefined });
const port = await freePort();
const profile = join(folder, "profile");
const browser = await launchWithProfile(profile, { locale: "en-GB" }, [`--remote-debugging-port=${port}`]);
try {
  mkdirSync(REPORTS, { recursive: true });
  const low = await audit("welcome");
  const person = new Person(await browser.newPage(), server.url, identity(0));
  await person.open();
  await person.enrol();
  await person.page.close();
  low.push(...(await audit("home")));
  for (const each of low) console.log(each);
  console.log(`reports: ${REPORTS}`);
  process.exitCode = low.length === 0 ? 0 : 1;
} finally {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** What is lower than it has to be, in words. */
async function audit(screen: string): Promise<string[]> {
  const low: string[] = [];
  for (const [device, config] of Object.entries(DEVICES)) {
    const flags = {
      port,
      output: "html" as const,
      onlyCategories: Object.keys(AT_LEAST),
      // The account of this profile stays.
      disableStorageReset: true,
      logLevel: "silent" as const,
    };
    const result = await lighthouse(server.url, flags, config);
    if (result === undefined) throw new Error("Lighthouse gave no result");
    const { categories, audits } = result.lhr;
    const scores = (Object.keys(AT_LEAST) as Category[]).map((name) => ({
      name,
      score: Math.round((categories[name]?.score ?? 0) * 100),
    }));
    console.log(`${screen}, ${device}: ${scores.map(({ name, score }) => `${name} ${score}`).join(", ")}`);
    writeFileSync(join(REPORTS, `${screen}-${device}.html`), String(result.report));
    for (const { name, score } of scores.filter((each) => each.score < AT_LEAST[each.name])) {
      const reasons = (categories[name]?.auditRefs ?? []).filter(
        ({ id, weight }) => weight > 0 && (audits[id]?.score ?? 1) < 0.9,
      );
      low.push(`${screen}, ${device}: ${name} ${score} is below ${AT_LEAST[name]}: ${reasons.map(({ id }) => id).join(", ")}`);
    }
  }
  return low;
}

async function freePort(): Promise<number> {
  const holder = createServer();
  await new Promise<void>((resolve) => void holder.listen(0, "127.0.0.1", resolve));
  const address = holder.address();
  await new Promise((resolve) => void holder.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
