// `npm run demo` from outside: it succeeds where everything is right, and fails with a reason where anything is off.
import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeLocalSecrets } from "../../scripts/local-secrets.ts";
import { type LocalServer, startServer } from "../../scripts/server.ts";
import { type Finished, startScript } from "./run-script.ts";

let folder: string;
let stateFolder: string;
let temporary: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tally-demo-test-"));
  stateFolder = join(folder, "server");
  temporary = join(folder, "temporary");
  mkdirSync(temporary);
  file = join(folder, "a 'contract'.txt");
  writeFileSync(file, "I owe you one.\n");
});

afterAll(() => rmSync(folder, { recursive: true }));

const runDemo = (parameters: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Finished> =>
  startScript("demo", parameters, { TMPDIR: temporary, ...environment }).finished;

describe("the demo with a server of its own", () => {
  let address: string;
  let finished: Finished;

  beforeAll(async () => {
    address = `http://localhost:${await freePort()}`;
    finished = await runDemo([file, "--server", address, "--state", stateFolder]);
  });

  it("ends well, each step with its time", () => {
    expect(finished).toMatchObject({ code: 0, error: "" });
    const steps = finished.out.split("\n\n")[0]!.split("\n");
    expect(steps.length).toBeGreaterThan(12);
    for (const step of steps) expect(step).toMatch(/^ *\d+ ms {2}(server|person|party|openssl) +\w/);
    expect(finished.out).toContain("chain and signature over a 'contract'.txt are right");
    expect(finished.out).toContain("chain and signature of 64 bytes are right");
  });

  it("prints a command that verifies the file as it is, and no other", () => {
    const command = finished.out.trim().split("\n").at(-1)!;
    const verify = () => spawnSync("sh", ["-c", command], { encoding: "utf8" });
    expect(verify()).toMatchObject({ status: 0, stdout: "Verified OK\n" });
    appendFileSync(file, "And another one.\n");
    expect(verify()).toMatchObject({ status: 1 });
  });

  it("leaves nothing behind but the results in the state folder", async () => {
    expect(readdirSync(temporary)).toEqual([]);
    const name = "a 'contract'.txt";
    const results = [`${name}.certificate.pem`, `${name}.public-key.pem`, `${name}.signature`];
    expect(readdirSync(join(stateFolder, "demo")).toSorted()).toEqual(results);
    await expect(fetch(`${address}/health`)).rejects.toThrow();
  });
});

describe("the demo with a server that runs", () => {
  let server: LocalServer;

  beforeAll(async () => {
    server = await startServer({ port: 0, stateFolder });
  });

  afterAll(() => server.stop());

  it("fails where the certificate does not come from the trust anchor", async () => {
    const replaced = join(folder, "replaced");
    cpSync(join(stateFolder, "pki"), join(replaced, "pki"), { recursive: true });
    const { authorities } = await makeLocalSecrets({ pkiBaseUrl: `${server.url}/pki`, now: Date.now() });
    const [root] = authorities;
    const pem = `-----BEGIN CERTIFICATE-----\n${root!.certificate.match(/.{1,64}/g)!.join("\n")}\n-----END CERTIFICATE-----\n`;
    writeFileSync(join(replaced, "pki", "root.pem"), pem);
    const { code, out, error } = await runDemo([file, "--server", server.url, "--state", replaced]);
    expect(code).toBe(1);
    expect(error).toMatch(/^Demo failed: openssl verify says no: error \d+ at/);
    expect(out).not.toContain("verifies the login");
    expect(await (await fetch(`${server.url}/health`)).json()).toMatchObject({ status: "ok" });
  });

  it("fails where the state folder is another server's", async () => {
    const { code, error } = await runDemo(["--server", server.url, "--state", join(folder, "elsewhere")]);
    expect({ code, error }).toMatchObject({
      code: 1,
      error: expect.stringContaining("say with --state which one it is") as string,
    });
  });

  it("fails without openssl, before anything is done", async () => {
    const { code, out, error } = await runDemo(["--server", server.url, "--state", stateFolder], { PATH: temporary });
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(error).toBe("Demo failed: the openssl command is missing: install OpenSSL 3 and try again\n");
  });
});

it("fails for a file that is not there", async () => {
  const { code, error } = await runDemo([join(folder, "nothing")]);
  expect({ code, error }).toEqual({ code: 1, error: `Demo failed: there is no file ${join(folder, "nothing")}\n` });
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "localhost", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
