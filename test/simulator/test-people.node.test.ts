// The test people as a developer of a relying party meets them: `npm start`, and requests over HTTP that are answered by themselves.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { awaitResult, fetchSigningCertificate, startAuthentication } from "../../scripts/demo/relying-party.ts";
import { COMMANDS } from "../../scripts/simulator/options.ts";
import { progressLines } from "../../scripts/simulator/progress-lines.ts";
import { runSimulator } from "../../scripts/simulator/run.ts";
import { authCodeOf, type DeviceLinkType, deviceLinkText, userChallengeOf } from "../../src/protocol/device-link.ts";

const PROJECT = join(import.meta.dirname, "../..");
const OK = "PNOEE-40404040009-MOCK-Q";
const REFUSED = "PNOEE-30403039917-MOCK-Q";
const CHOICE = "confirmationMessageAndVerificationCodeChoice";
const ADDED = "PNOEE-48503140291-TEST-Q";
/** Keys are made, by a process that gives way to others. */
const PATIENCE = 180_000;
const folder = mkdtempSync(join(tmpdir(), "tally-test-people-"));
const state = join(folder, "state");

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  readonly output: { text: string };
}

let server: Started;
/** Everything that the server says. */
const printed = (text: RegExp) =>
  vi.waitFor(() => expect(server.output.text).toMatch(text), { timeout: PATIENCE, interval: 100 });

async function start(...people: string[]): Promise<Started> {
  const options = ["--port", "0", "--state", state, "--test-people", people.join(",")];
  const child = spawn(process.execPath, ["--import", "./scripts/require-node.js", "scripts/start.ts", ...options], {
    cwd: PROJECT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { text: "" };
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      output.text += chunk.toString();
      const [found] = /http:\/\/localhost:\d+/.exec(output.text) ?? [];
      if (found !== undefined) resolve(found);
    };
    for (const stream of [child.stdout, child.stderr]) stream.on("data", hear);
    child.once("exit", (code) => reject(new Error(`ended with ${code}: ${output.text}`)));
  });
  return { child, url, output };
}

async function stop({ child }: Started): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGINT");
  await ended;
}

/** Of the simulator on this state folder; undefined where none runs. */
function simulatorProcess(): number | undefined {
  const lines = execFileSync("ps", ["-Ao", "pid=,args="], { encoding: "utf8" }).split("\n");
  const line = lines.find((text) => text.includes("simulator-process.ts") && text.includes(state));
  return line === undefined ? undefined : Number.parseInt(line, 10);
}

const login = async (semanticsIdentifier: string) => {
  const { sessionID } = await startAuthentication(`${server.url}/v3`, semanticsIdentifier, "Log in?");
  return awaitResult(`${server.url}/v3`, sessionID);
};

const post = (path: string, body: unknown): Promise<Response> =>
  fetch(`${server.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

const openMock = (deviceLink: string, flowType: DeviceLinkType, more: object = {}) =>
  post("/mock/device-link", { documentNumber: OK, deviceLink, flowType, ...more });

/** A login of whoever opens its link. `link`: made now, with the authCode that belongs to it. */
async function startDeviceLink(initialCallbackUrl?: string) {
  const rpChallenge = randomBytes(64).toString("base64");
  const text = JSON.stringify([{ type: "displayTextAndPIN", displayText60: "Log in?" }]);
  const interactions = Buffer.from(text).toString("base64");
  const response = await post("/v3/authentication/device-link/anonymous", {
    relyingPartyUUID: "00000000-0000-4000-8000-000000000000",
    relyingPartyName: "DEMO",
    signatureProtocol: "ACSP_V2",
    signatureProtocolParameters: {
      rpChallenge,
      signatureAlgorithm: "rsassa-pss",
      signatureAlgorithmParameters: { hashAlgorithm: "SHA-512" },
    },
    interactions,
    ...(initialCallbackUrl !== undefined && { initialCallbackUrl }),
  });
  const session = (await response.json()) as Record<"sessionID" | "sessionToken" | "sessionSecret" | "deviceLinkBase", string>;
  const { sessionID, sessionToken, deviceLinkBase } = session;
  const secret = Buffer.from(session.sessionSecret, "base64");
  const link = (deviceLinkType: DeviceLinkType): string => {
    const elapsed = deviceLinkType === "QR" ? { elapsedSeconds: 0 } : {};
    const unprotected = {
      deviceLinkBase,
      deviceLinkType,
      ...elapsed,
      sessionToken,
      sessionType: "auth",
      language: "eng",
    } as const;
    const terms = {
      schemeName: "smart-id",
      signatureProtocol: "ACSP_V2",
      toSign: rpChallenge,
      relyingPartyName: "DEMO",
      brokeredRpName: "",
      interactions,
      initialCallbackUrl: initialCallbackUrl ?? "",
    } as const;
    const authCode = authCodeOf(secret, terms, unprotected);
    return deviceLinkText({ ...unprotected, authCode });
  };
  return { sessionID, link };
}

beforeAll(async () => {
  server = await start(OK, REFUSED);
  await printed(/all 2 ready/);
}, PATIENCE);

afterAll(async () => {
  await stop(server);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

describe("the test people of a local server", () => {
  it("answer notifications as their row says, under the document numbers of the table", async () => {
    expect((await login("PNOEE-40404040009")).result).toEqual({ endResult: "OK", documentNumber: OK });
    await expect(login("PNOEE-30403039917")).rejects.toThrow("USER_REFUSED");
    await fetchSigningCertificate(`${server.url}/v3`, REFUSED);
  });

  it("open the code of a QR flow that is handed to them, and end a session with a forged one", async () => {
    const { sessionID, link } = await startDeviceLink();
    const opened = await openMock(link("QR"), "QR");
    expect({ status: opened.status, body: await opened.json() }).toEqual({ status: 200, body: { opened: true } });
    const { result, signature } = await awaitResult(`${server.url}/v3`, sessionID);
    expect({ ...result, flowType: signature.flowType }).toEqual({ endResult: "OK", documentNumber: OK, flowType: "QR" });

    const forged = await startDeviceLink();
    const answer = await openMock(forged.link("QR").replace(/authCode=.{4}/, "authCode=AAAA"), "QR");
    expect({ status: answer.status, body: await answer.json() }).toEqual({
      status: 200,
      body: { opened: false, reason: "forged_link" },
    });
    await expect(awaitResult(`${server.url}/v3`, forged.sessionID)).rejects.toThrow("PROTOCOL_FAILURE");
  });

  it("return to the callback of a Web2App flow, with the cookie of the browser that began", async () => {
    const called = Promise.withResolvers<IncomingMessage>();
    const page = createServer((request, response) => {
      called.resolve(request);
      response.writeHead(302, { location: "http://localhost:9/elsewhere" }).end();
    }).listen(0, "127.0.0.1");
    await once(page, "listening");
    const callback = `http://127.0.0.1:${(page.address() as AddressInfo).port}/back?value=abc`;
    const { sessionID, link } = await startDeviceLink(callback);
    expect((await openMock(link("Web2App"), "Web2App", { browserCookie: "session=xyz; theme=dark" })).status).toBe(200);
    const { signature } = await awaitResult(`${server.url}/v3`, sessionID);
    const request = await called.promise;
    page.close();
    expect(request.headers.cookie).toBe("session=xyz; theme=dark");
    const { searchParams } = new URL(request.url!, callback);
    expect(searchParams.get("value")).toBe("abc");
    expect(searchParams.get("sessionSecretDigest")).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(userChallengeOf(searchParams.get("userChallengeVerifier")!)).toBe(signature.userChallenge);
    // A redirect is the browser's business, and no failure.
    expect(server.output.text).not.toContain("callback");
  });

  it("are told from other numbers and from malformed requests by the status", async () => {
    const { link } = await startDeviceLink();
    const [deviceLink, flowType] = [link("QR"), "QR"];
    expect((await post("/mock/device-link", { documentNumber: ADDED, deviceLink, flowType })).status).toBe(404);
    const wrong = [
      { flowType: "qr" },
      { deviceLink: "" },
      { deviceLink: "x".repeat(3000) },
      { documentNumber: 1 },
      { browserCookie: "a=b\r\nhost: c" },
      { initialCallbackUrl: "file:///etc/passwd" },
      { initialCallbackUrl: "http://bank.example/" },
    ];
    for (const change of wrong) expect((await openMock(deviceLink, "QR", change)).status).toBe(400);
  });

  it("become more while the server runs, and fewer", async () => {
    const lines: string[] = [];
    const printer = { out: (text: string) => void lines.push(text), error: (text: string) => void lines.push(text) };
    const simulator = (...parameters: string[]) => runSimulator([...parameters, "--state", state], {}, printer);
    const person = ["--code", "48503140291", "--suffix", "TEST", "--interactions", "confirmationMessage"];
    expect(await simulator("add", ...person)).toBe(0);
    expect(await simulator("add", ...person)).toBe(1);
    await printed(new RegExp(`${ADDED} is ready`));
    expect(await simulator("list")).toBe(0);
    expect(lines.join("\n")).toMatch(new RegExp(`^${ADDED} +OK \\(OK TESTNUMBER\\)$`, "m"));
    await expect(login("PNOEE-48503140291")).rejects.toThrow("REQUIRED_INTERACTION_NOT_SUPPORTED_BY_APP");

    expect(await simulator("remove", OK)).toBe(1);
    expect(await simulator("remove", ADDED)).toBe(0);
    const asked = { documentNumber: ADDED, deviceLink: "x", flowType: "QR" };
    const status = async () => (await post("/mock/device-link", asked)).status;
    await expect.poll(status, { timeout: 20_000 }).toBe(404);
    await expect(login("PNOEE-48503140291")).rejects.toThrow("404");
  });

  it("take the server along in nothing when their process is killed, and are there again at the next start, with their keys", async () => {
    process.kill(simulatorProcess()!, "SIGKILL");
    await printed(/their process ended \(SIGKILL\)/);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    expect((await openMock("x", "QR")).status).toBe(409);
    await stop(server);

    const records = [OK, REFUSED].map((documentNumber) => join(state, "simulator", `${documentNumber}.json`));
    const handles = () =>
      records.map((file) => (JSON.parse(readFileSync(file, "utf8")) as { device: { handle: string } }).device.handle);
    const before = handles();
    server = await start(OK, REFUSED);
    await printed(/all 2 ready/);
    expect(handles()).toEqual(before);
    expect((await login("PNOEE-40404040009")).result.documentNumber).toBe(OK);
  });

  it("end with whoever started them, however that ends", async () => {
    expect(simulatorProcess()).toBeGreaterThan(0);
    server.child.kill("SIGKILL");
    await expect.poll(simulatorProcess, { timeout: 10_000 }).toBe(undefined);
  });
});

describe("npm start", () => {
  it.each([
    [["--test-people", "PNOEE-1-MOCK-Q"], "PNOEE-1-MOCK-Q is no test person"],
    [["--test-people", OK, "--no-test-people"], "not both"],
  ])("refuses %j before anything is made", (options, message) => {
    const place = join(folder, "refused");
    const command = ["--import", "./scripts/require-node.js", "scripts/start.ts", "--port", "0", "--state", place, ...options];
    const { status, stderr } = spawnSync(process.execPath, command, { cwd: PROJECT, encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(message) as string });
    expect(existsSync(place)).toBe(false);
  });

  it("says who is ready first, how far the others are where it can be shown in place, and that all are there", () => {
    const reports = [1, 2, 3].map((ready) => ({ ready, failed: 0, total: 3, documentNumber: `person ${ready}` }));
    const shown = (isTTY: boolean) => {
      let text = "";
      const print = progressLines({ isTTY, write: (more: string) => (text += more) }, () => 0);
      for (const progress of reports) print({ kind: "progress", progress });
      print({ kind: "said", line: "something" });
      print({ kind: "progress", progress: { ready: 4, failed: 0, total: 4, documentNumber: "person 4" } });
      return text.replaceAll("  Test people    ", "");
    };
    const all = "all 3 ready after 0 s (who they are: npm run simulator -- list)\nsomething\nperson 4 is ready\n";
    expect(shown(false)).toBe(`person 1 is ready, the others follow\n${all}`);
    const clear = "\r\u001b[2K";
    expect(shown(true)).toBe(`person 1 is ready, the others follow\n1 of 3 are ready${clear}2 of 3 are ready${clear}${all}`);
  });
});

describe("npm run simulator", () => {
  const run = async (...parameters: string[]) => {
    let [out, error] = ["", ""];
    const printer = { out: (text: string) => void (out += `${text}\n`), error: (text: string) => void (error += `${text}\n`) };
    return { code: await runSimulator(parameters, { INIT_CWD: folder }, printer), out, error };
  };

  it.each([
    [[], "say what to do"],
    [["adopt"], 'no command "adopt"'],
    [["list", "--code", "1"], "list takes no --code"],
    [["list", "everybody"], 'list takes no "everybody"'],
    [["remove"], "remove needs a document number"],
    [["remove", "one", "two"], 'remove takes no "two"'],
    [["add"], "--code"],
    [["add", "--code", "48503140292"], "wrong check digit"],
    [["add", "--code", "48503140291", "--country", "ee"], "upper-case"],
    [["add", "--code", "48503140291", "--suffix", "mock"], "--suffix is of four"],
    [["add", "--code", "48503140291", "--level", "high"], "--level is qualified or advanced"],
    [["add", "--code", "48503140291", "--behaviour", "REFUSED"], "--behaviour is OK, USER_REFUSED, "],
    [["add", "--code", "48503140291", "--interactions", "displayTextAndPIN,dance"], "not dance"],
    [["add", "--code", "48503140291", "--surname", "A,B"], "not written as a name"],
    [["add", "--code", "48503140291", "--date-of-birth", "1985-03-15"], "another date of birth"],
    [["add", "--country", "FI", "--code", "1", "--date-of-birth", "2999-01-01"], "a day of the past"],
  ])("answers %j with what is wrong, and exit code 2", async (parameters, says) => {
    expect(await run(...parameters)).toMatchObject({ code: 2, out: "", error: expect.stringContaining(says) as string });
  });

  it("keeps what is added to a folder, where a server has been, and refuses what it cannot do", async () => {
    const place = join(folder, "place");
    const person = ["--country", "FI", "--code", "010190-123A", "--date-of-birth", "1990-01-01", "--state", place];
    expect(await run("add", ...person)).toMatchObject({ code: 1, error: expect.stringContaining("no local server") as string });
    mkdirSync(place);
    expect(await run("add", ...person, "--level", "advanced", "--behaviour", "WRONG_VC", "--interactions", CHOICE)).toMatchObject(
      {
        code: 0,
        out: "PNOFI-010190-123A-MOCK-NQ is added: enrolled at the next npm start.\n",
      },
    );
    const { out } = await run("list", "--state", "place", "--json");
    const { people } = JSON.parse(out) as { people: object[] };
    expect(people).toHaveLength(47);
    expect(people[46]).toEqual({
      documentNumber: "PNOFI-010190-123A-MOCK-NQ",
      givenName: "OK",
      surname: "TESTNUMBER",
      behaviour: "WRONG_VC",
      interactions: [CHOICE],
      dateOfBirth: "1990-01-01",
      added: true,
      enrolled: false,
    });
    const ofTheTable = ["--code", "40504040001", "--suffix", "DEM0", "--state", place];
    expect(await run("add", ...ofTheTable, "--json")).toMatchObject({
      code: 1,
      out: expect.stringContaining("person_exists") as string,
    });
    expect(await run("remove", "PNOFI-1-MOCK-Q", "--state", place)).toMatchObject({ code: 1 });
    writeFileSync(join(place, "simulator", "people.json"), "{ half");
    expect(await run("list", "--state", place)).toMatchObject({
      code: 1,
      error: expect.stringContaining("is damaged") as string,
    });
  });

  it("explains every command and every option in its help", async () => {
    const { code, out } = await run("help");
    expect(code).toBe(0);
    for (const [command, options] of Object.entries(COMMANDS)) {
      expect(out).toMatch(new RegExp(`^  ${command} `, "m"));
      for (const option of options) if (option !== "help") expect(out).toContain(`--${option}`);
    }
  });
});
