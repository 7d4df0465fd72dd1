// The deploy guide as far as one machine goes: its rehearsed commands, with a folder in place of the account, and then the Worker with the
// configuration of production on what they made.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const PROJECT = join(import.meta.dirname, "../..");
const page = readFileSync(join(PROJECT, "docs/deploy.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "tally-deploy-"));
const state = join(folder, "state");
const environment = {
  ...process.env,
  TALLY_SECRETS_PASSPHRASE: "three blind mice",
  TALLY_OPERATOR_PASSPHRASE: "see how they run",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_WRITE_LOGS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  NO_COLOR: "1",
};

const DEPLOYMENT = "https://id.example.ee";

/** The commands that say --remote, said to this machine; each command's own word for it. */
const here = (commands: string): string =>
  commands
    .replaceAll(DEPLOYMENT, url)
    .replaceAll("/media/backup", folder)
    .replaceAll(/^(npm run relying-party .*) --remote$/gm, `$1 --state ${state}`)
    .replaceAll("--remote", `--local --persist-to ${state}`);

let printed: string;
let worker: ChildProcess | undefined;
let url = "";

/** Gives what they printed. The certificate of `wrangler dev` is its own. */
const run = (blocks: readonly string[]): string =>
  execFileSync("bash", ["-c", ["set -euo pipefail; exec 2>&1", ...blocks.map(here)].join("\n")], {
    cwd: PROJECT,
    env: { ...environment, NODE_TLS_REJECT_UNAUTHORIZED: "0" },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });

beforeAll(async () => {
  const blocks = [...page.matchAll(/^```sh rehearsed\n(.*?)^```$/gms)].map(([, commands = ""]) => commands);
  const isAsked = (commands: string): boolean => commands.includes(DEPLOYMENT);
  if (blocks.length !== 6) throw new Error("the guide has other rehearsed blocks");
  printed = run(blocks.filter((commands) => !isAsked(commands)));
  const port = await freePort();
  url = `https://127.0.0.1:${port}`;
  const parameters = [
    "wrangler",
    "dev",
    "--persist-to",
    state,
    "--ip",
    "127.0.0.1",
    "--port",
    String(port),
    "--local-protocol",
    "https",
    "--var",
    `OPERATOR_PUBLIC_KEY:${/^OPERATOR_PUBLIC_KEY = '(.*)'$/m.exec(printed)?.[1]}`,
  ];
  worker = spawn("npx", parameters, { cwd: PROJECT, env: environment, stdio: "ignore", detached: true });
  await untilHealthy();
  printed += run(blocks.filter(isAsked));
}, 480_000);

afterAll(() => {
  // With everything that it started.
  if (worker?.pid !== undefined) process.kill(-worker.pid, "SIGTERM");
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** By https, as a deployment is reached; the certificate of `wrangler dev` is its own. */
function ask(path: string, body?: object, credential = ""): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${credential}` };
    const method = body === undefined ? "GET" : "POST";
    // A connection of its own: one that was kept while a command ran is closed by then.
    const options = { method, headers, agent: false, rejectUnauthorized: false };
    const asked = request(`${url}${path}`, options, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => (text += part));
      answer.once("end", () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    asked.once("error", reject).end(body && JSON.stringify(body));
  });
}

async function untilHealthy(): Promise<void> {
  for (let patience = 240; patience > 0; patience--) {
    const answer = await ask("/health").catch(() => undefined);
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error("the Worker is not there");
}

test("the dry run has every binding, a value for every variable, and is off local mode", () => {
  const configuration = readFileSync(join(PROJECT, "wrangler.toml"), "utf8");
  const bindings = [...configuration.matchAll(/^(?:binding|name) = "([A-Z_]+)"$/gm)].map(([, name]) => name);
  expect(bindings.length).toBeGreaterThan(15);
  for (const name of bindings) expect(printed).toContain(`env.${name} (`);
  expect(printed).toContain('env.LOCAL_MODE ("false")');
  // Of a member that stands in the wrong table, for example.
  expect(printed).not.toContain("WARNING");
  // The platform takes 10 MB of a paid plan's Worker.
  expect(Number(/gzip: ([\d.]+) KiB/.exec(printed)?.[1])).toBeLessThan(1024);
});

test("the party that was registered is known by its credential alone", async () => {
  const relyingPartyUUID = /relyingPartyUUID +([0-9a-f-]{36})/.exec(printed)?.[1];
  const credential = /Bearer ([\w-]{43})/.exec(printed)?.[1] ?? "";
  const path = "/v3/signature/certificate/PNOEE-30303039914-XXXX-Q";
  const party = { relyingPartyUUID, relyingPartyName: "Example Bank" };
  expect((await ask(path, party, credential)).status).toBe(404);
  expect((await ask(path, party, "wrong")).status).toBe(401);
  // Device links alone, as the guide says.
  const notification = { ...party, certificateLevel: "QUALIFIED" };
  const choice = "/v3/signature/certificate-choice/notification/etsi/PNOEE-30303039914";
  expect((await ask(choice, notification, credential)).status).toBe(403);
});

test("the KEK that was added stands beside the first one, where the running server finds it", async () => {
  expect(printed).toMatch(/^kek-2 is in the backup and in the store, beside kek-1\. Next: deploy as it is/m);
  const status = run([`npm run --silent vault -- status --json --url ${DEPLOYMENT} --key /media/backup/operator.pem`]);
  expect(JSON.parse(/^\{"ok".*$/m.exec(status)?.[0] ?? "")).toMatchObject({
    current: "kek-1",
    configured: ["kek-1", "kek-2"],
    problem: "",
    accountsUntoldSince: 0,
  });
  expect((await ask("/health")).status).toBe(200);
});

test("nothing of local mode is there", async () => {
  expect((await ask("/mock/device-link", {})).status).toBe(404);
  expect((await ask("/demo")).status).toBe(404);
  expect((await ask("/registration/self-asserted", {})).status).toBe(403);
});
