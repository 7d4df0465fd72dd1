// `npm run authenticator` from outside: processes with a state file against a whole server, and a relying party that asks. And `npm run
// account`, an operator's orders to the same server.
import { createHash, createPrivateKey, createPublicKey, type JsonWebKey, randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { COMMANDS as ACCOUNT_COMMANDS } from "../../scripts/account/options.ts";
import { makeKeyFile } from "../../scripts/account/operator-key.ts";
import { runAccount } from "../../scripts/account/run.ts";
import { accountLines, closedLines } from "../../scripts/account/text.ts";
import { verifyChain, verifySignature, writeCertificate } from "../../scripts/demo/openssl.ts";
import { awaitResult, type SessionResult, startAuthentication, startSignature } from "../../scripts/demo/relying-party.ts";
import { makeTestPerson, type TestPerson } from "../../scripts/demo/test-person.ts";
import { runAuthenticator } from "../../scripts/authenticator/run.ts";
import { describe as describeShown } from "../../scripts/authenticator/transactions.ts";
import type { DeviceKey } from "../../src/authenticator/device-record.ts";
import type { ShownTransaction } from "../../src/protocol/claimed-transaction.ts";
import type { AccountReport } from "../../src/protocol/operator-orders.ts";
import { decryptKey, encryptKey } from "../../scripts/pki/key-encryption.ts";
import { type LocalServer, startServer } from "../../scripts/server.ts";
import { readOperatorKey } from "../../scripts/state-folder.ts";
import type { Bill } from "../../scripts/relying-party/bill.ts";
import { runUsage } from "../../scripts/relying-party/usage.ts";
import { linkOf, RelyingParty } from "../api/relying-party.ts";
import { type Finished, type Running, startScript } from "./run-script.ts";

let folder: string;
let server: LocalServer;
let api: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tally-authenticator-"));
  server = await startServer({ port: 0, stateFolder: join(folder, "server"), variables: { SHARE_POOL_SIZE: "0" } });
  api = `${server.url}/v3`;
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

interface Device {
  readonly person: TestPerson;
  readonly statePath: string;
  /** As a process of its own. */
  start(...parameters: string[]): Running;
  /** In this process, where what is looked at is not the process. */
  run(...parameters: string[]): Promise<Finished>;
  /** With `--json`, parsed. */
  json(...parameters: string[]): Promise<{ readonly code: number | null; readonly answer: Record<string, unknown> }>;
  enrol(): Promise<string>;
}

function makeDevice(name: string, person: TestPerson = makeTestPerson()): Device {
  const statePath = join(folder, `${name}.json`);
  const environment = { TALLY_STATE: statePath, TALLY_SERVER: server.url };
  const start = (...parameters: string[]) => startScript("authenticator", parameters, environment);
  const run = async (...parameters: string[]) => {
    let [out, error] = ["", ""];
    const printer = { out: (text: string) => void (out += `${text}\n`), error: (text: string) => void (error += `${text}\n`) };
    const code = await runAuthenticator(parameters, environment, printer);
    return { code, out, error };
  };
  const json = async (...parameters: string[]) => {
    const { code, out } = await run(...parameters, "--json");
    return { code, answer: JSON.parse(out) as Record<string, unknown> };
  };
  const enrol = async () => {
    const { code, answer } = await json(...enrolParameters(person));
    expect({ code, answer }).toMatchObject({ code: 0, answer: { ok: true } });
    return answer["documentNumber"] as string;
  };
  return { person, statePath, start, run, json, enrol };
}

const pinParameters = ({ pins }: TestPerson) => ["--pin1", pins.auth, "--pin2", pins.sign];
const enrolParameters = (person: TestPerson) => ["enrol", "--code", person.identity.personalCode, ...pinParameters(person)];
const wrong = (pin: string) => `${pin.slice(0, -1)}${(Number(pin.at(-1)) + 1) % 10}`;

async function isVerified({ cert, signature }: SessionResult, signed: Buffer): Promise<void> {
  const path = (name: string) => join(folder, name);
  await writeCertificate(cert.value, path("certificate.pem"), path("public-key.pem"));
  writeFileSync(path("signature"), Buffer.from(signature.value, "base64"));
  writeFileSync(path("signed"), signed);
  await verifyChain(path("certificate.pem"), join(server.stateFolder, "pki"));
  await verifySignature(path("public-key.pem"), path("signature"), path("signed"));
}

describe("an enrolled authenticator", () => {
  let device: Device;
  let documentNumber: string;

  beforeAll(async () => {
    device = makeDevice("enrolled");
    documentNumber = await device.enrol();
  });

  it("says its level, document number and PIN states", async () => {
    const { code, answer } = await device.json("status");
    expect(code).toBe(0);
    expect(documentNumber).toMatch(new RegExp(`^${device.person.semanticsIdentifier}-[0-9A-Z]{4}-Q$`));
    const usable = { state: "usable", attemptsLeft: 3, lockedUntil: 0 };
    expect(answer).toMatchObject({ status: "active", documentNumber, level: "QUALIFIED", pins: { auth: usable, sign: usable } });
  });

  it("keeps its state from other users of the machine, and no PIN in it", () => {
    expect(statSync(device.statePath).mode & 0o777).toBe(0o600);
    const content = readFileSync(device.statePath, "utf8");
    expect(content).not.toMatch(new RegExp(`"(${device.person.pins.auth}|${device.person.pins.sign})"`));
    expect(existsSync(`${device.statePath}.new`)).toBe(false);
  });

  it("logs in: lists the request, pays for a wrong PIN, and gives a signature that openssl accepts", async () => {
    const login = await startAuthentication(api, device.person.semanticsIdentifier, "Log in to the test");
    expect((await device.json("list")).answer).toMatchObject({ transactions: [{ purpose: "auth", relyingPartyName: "DEMO" }] });

    const refused = await device.start("approve", "--pin1", wrong(device.person.pins.auth)).finished;
    expect(refused).toMatchObject({ code: 1, error: "Wrong PIN1: 2 attempts left.\n" });
    expect(refused.out).toContain(login.verificationCode);

    const approved = await device.start("approve", "--code", login.verificationCode, "--pin1", device.person.pins.auth).finished;
    expect(approved).toMatchObject({ code: 0, error: "" });
    expect(approved.out).toMatch(new RegExp(`DEMO[^]*Log in to the test[^]*${login.verificationCode}[^]*\nApproved\\.\n$`));
    for (const { out, error } of [refused, approved]) expect(out + error).not.toContain(device.person.pins.auth);
    const session = await awaitResult(api, login.sessionID);
    expect(session.result).toEqual({ endResult: "OK", documentNumber });
    await isVerified(session, login.payload(session));
  });

  it("watches and signs by itself, with PIN2", async () => {
    const watching = device.start("watch", "--approve", "--count", "1", "--json", ...pinParameters(device.person));
    const file = randomBytes(100_000);
    const digest = createHash("sha512").update(file).digest();
    const signing = await startSignature(api, documentNumber, digest, "Sign the file");
    await isVerified(await awaitResult(api, signing.sessionID), file);
    const { code, out } = await watching.finished;
    expect(code).toBe(0);
    const events = out.trim().split("\n");
    const { verificationCode } = signing;
    const transaction = { kind: "signature", text: "Sign the file", relyingPartyName: "DEMO", verificationCode };
    expect(JSON.parse(events[0]!)).toMatchObject({ ok: true, event: "shown", transaction });
    expect(JSON.parse(events[1]!)).toMatchObject({ ok: true, event: "approved", transaction });
  });

  it("watches with a wrong PIN and tries each request once, not once a second", async () => {
    const watching = device.start(
      "watch",
      "--approve",
      "--pin1",
      device.person.pins.auth,
      "--pin2",
      wrong(device.person.pins.sign),
    );
    const { sessionID } = await startSignature(api, documentNumber, randomBytes(64), "A wrong PIN");
    await watching.printed("Wrong PIN2: 2 attempts left.");
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    watching.process.kill("SIGINT");
    await watching.finished;
    expect((await device.json("status")).answer).toMatchObject({ pins: { sign: { attemptsLeft: 2 } } });
    await device.run("refuse");
    await expect(awaitResult(api, sessionID)).rejects.toThrow("USER_REFUSED");
  });

  it("refuses for the reason that was given, and a wrongly chosen code as WRONG_VC", async () => {
    const refused = await startAuthentication(api, device.person.semanticsIdentifier, "To be refused");
    expect(await device.run("refuse", "--reason", "interaction")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/To be refused[^]*\nRefused\.\n$/) as string,
    });
    await expect(awaitResult(api, refused.sessionID)).rejects.toThrow("USER_REFUSED_INTERACTION");

    const { sessionID } = await askToChoose(device.person.semanticsIdentifier);
    const shown = (await device.json("list")).answer["transactions"] as { transactionId: string }[];
    const pin = ["--pin1", device.person.pins.auth];
    const chosen = await device.json("approve", "--transaction", shown[0]!.transactionId, "--code", "none", ...pin);
    expect(chosen).toMatchObject({ code: 1, answer: { ok: false, code: "wrong_code_chosen", chosen: "none" } });
    await expect(awaitResult(api, sessionID)).rejects.toThrow("WRONG_VC");
  });

  it("opens a device link, which has no code to compare, and says where the person returns to", async () => {
    const party = new RelyingParty(api);
    const login = await party.authenticate("device-link/anonymous", {
      initialCallbackUrl: "https://rp.example.com/back?value=1",
    });
    const opened = await device.json("open", linkOf(login, "Web2App"), "--approve", ...pinParameters(device.person));
    const transaction = { kind: "authentication", flowType: "Web2App", relyingPartyName: "DEMO", verificationCode: "" };
    expect(opened).toMatchObject({ code: 0, answer: { approved: true, transaction } });
    const way = /^https:\/\/rp\.example\.com\/back\?value=1&sessionSecretDigest=[\w-]{43}&userChallengeVerifier=[\w-]{43}$/;
    expect(opened.answer["returnTo"]).toMatch(way);
    expect(await party.result(login)).toMatchObject({ result: { endResult: "OK", documentNumber } });

    const again = await device.json("open", linkOf(login, "Web2App"));
    expect(again).toMatchObject({ code: 1, answer: { code: "no_such_link" } });
  });

  it("gives or refuses a certificate without a PIN", async () => {
    const party = new RelyingParty(api);
    const asked = await party.chooseCertificate(`notification/etsi/${device.person.semanticsIdentifier}`);
    const approved = await device.run("approve");
    expect(approved).toMatchObject({ code: 0, error: "" });
    expect(approved.out).toMatch(/certificate for +DEMO[^]*no PIN[^]*\nApproved\.\n$/);
    expect(await party.result(asked)).toMatchObject({ result: { endResult: "OK", documentNumber } });

    const byLink = await party.chooseCertificate("device-link/anonymous");
    expect(await device.json("open", linkOf(byLink, "QR"))).toMatchObject({
      code: 0,
      answer: { transaction: { kind: "certificate-choice", flowType: "QR" } },
    });
    expect(await device.json("refuse")).toMatchObject({ code: 0, answer: { refused: "USER_REFUSED" } });
    expect(await party.result(byLink)).toMatchObject({ result: { endResult: expect.stringMatching(/^USER_REFUSED/) as string } });
  });

  it("approves nothing where the code is another one, and says so", async () => {
    const login = await startAuthentication(api, device.person.semanticsIdentifier, "Two codes");
    const { code, answer } = await device.json("approve", "--code", "none", "--pin1", device.person.pins.auth);
    expect({ code, answer }).toMatchObject({
      code: 1,
      answer: { code: "codes_differ", verificationCode: login.verificationCode },
    });
    expect(await device.run("refuse")).toMatchObject({ code: 0 });
  });

  it("stays in step when many processes use it at once", async () => {
    const together = await Promise.all(Array.from({ length: 4 }, () => device.start("list").finished));
    for (const { code, out } of together) expect({ code, out }).toEqual({ code: 0, out: "Nothing waits.\n" });
    expect((await device.json("status")).answer).toMatchObject({ outOfStep: { count: 0 } });
  });

  it("goes to the server that the account was made on where no other is named", async () => {
    const lines: string[] = [];
    const printer = { out: (text: string) => void lines.push(text), error: (text: string) => void lines.push(text) };
    expect(await runAuthenticator(["status"], { TALLY_STATE: device.statePath }, printer)).toBe(0);
    expect(lines.join("\n")).toContain(server.url);
  });

  it("says which keys it has, and has none to add", async () => {
    const { out } = await device.run("status");
    expect(out).toMatch(/^PIN1 +usable, 3 attempts left; keys rsa 1, ed25519 2$/m);
    expect(out).not.toContain("add-keys");
    const added = await device.json("add-keys", ...pinParameters(device.person));
    expect(added).toMatchObject({ code: 0, answer: { ok: true, added: [] } });
  });

  it("goes on with a state file of before the second suite", async () => {
    const before = readFileSync(device.statePath, "utf8");
    const state = JSON.parse(before) as { device: { keys: readonly DeviceKey[] } };
    const { returnSecret: _, ...rest } = state.device as unknown as Record<string, unknown>;
    const keys = Object.fromEntries(
      state.device.keys.filter(({ suite }) => suite === "rsa").map(({ purpose, ...key }) => [purpose, key]),
    );
    writeFileSync(device.statePath, JSON.stringify({ ...state, version: 1, device: { ...rest, keys } }));
    const login = await startAuthentication(api, device.person.semanticsIdentifier, "Of an old file");
    expect(await device.run("approve", "--pin1", device.person.pins.auth)).toMatchObject({ code: 0, error: "" });
    expect((await awaitResult(api, login.sessionID)).result.endResult).toBe("OK");
    const after = JSON.parse(readFileSync(device.statePath, "utf8")) as typeof state;
    expect(after).toMatchObject({
      version: 2,
      device: { keys: Object.values(keys), returnSecret: expect.any(String) as string },
    });
    // Its other keys again; what happened meanwhile stays.
    writeFileSync(device.statePath, JSON.stringify({ ...after, device: { ...after.device, keys: state.device.keys } }));
  });

  it("changes PIN1: the old one pays for a mistake, and is a wrong one afterwards", async () => {
    const { auth } = device.person.pins;
    const changeTo = (newPin: string, pin = auth) => device.json("change-pin", "auth", "--pin1", pin, "--new-pin", newPin);
    expect(await changeTo("1234")).toMatchObject({ code: 2, answer: { code: "weak_pin", pin: "PIN1" } });
    expect(await changeTo(auth)).toMatchObject({ code: 2, answer: { code: "usage" } });
    const both = await device.json("change-pin", "auth", ...pinParameters(device.person), "--new-pin", device.person.pins.sign);
    expect(both).toMatchObject({ code: 2, answer: { code: "weak_pin", pin: "PIN1", reason: "same_as_other_pin" } });
    expect(await changeTo("902634", wrong(auth))).toMatchObject({ code: 1, answer: { code: "wrong_pin", attemptsLeft: 2 } });

    const changed = await device.start("change-pin", "auth", "--pin1", auth, "--new-pin", "902634").finished;
    expect(changed).toMatchObject({ code: 0, out: "PIN1 is changed: its keys are new, and so are their certificates.\n" });
    for (const suite of ["rsa", "ed25519"]) {
      expect(changed.error).toContain(`making the key for PIN1 (${suite}): proving that both halves sign together`);
    }
    for (const pin of [auth, "902634"]) expect(changed.out + changed.error).not.toContain(pin);
    expect((await device.run("status")).out).toMatch(/^PIN1 +usable, 3 attempts left; keys rsa 3, ed25519 4$/m);

    const login = await startAuthentication(api, device.person.semanticsIdentifier, "The new PIN", "ed25519");
    const refused = await device.json("approve", "--pin1", auth);
    expect(refused).toMatchObject({ code: 1, answer: { code: "wrong_pin", attemptsLeft: 2 } });
    expect(await device.run("approve", "--pin1", "902634")).toMatchObject({ code: 0 });
    expect((await awaitResult(api, login.sessionID)).result).toEqual({ endResult: "OK", documentNumber });
  });

  it("makes no second account over the first", async () => {
    const { code, answer } = await device.json(...enrolParameters(device.person));
    expect({ code, answer }).toMatchObject({ code: 1, answer: { code: "account_exists", documentNumber } });
  });

  it("shows nothing that could paint over the verification code on a terminal, whatever a server lets through", () => {
    const text = "Log in\u001b[1A\u202e 1234\nverification code 1234";
    const presented = { relyingPartyName: "Bank\r", text, verificationCode: "5678", interaction: "displayTextAndPIN" as const };
    const claimed = { purpose: "auth", expiresAt: 0, transactionId: "1" } as ShownTransaction;
    const lines = describeShown({ claimed, presented });
    expect(lines).toHaveLength(5);
    expect(lines.join("\n")).toContain(String.raw`Log in\u{1b}[1A\u{202e} 1234\u{a}verification code 1234`);
    expect(lines.join("")).not.toMatch(/\p{C}/u);
  });

  it("says which server does not answer, and exits with 3", async () => {
    const { code, error } = await device.run("status", "--server", "http://localhost:9");
    expect(code).toBe(3);
    expect(error).toContain("No answer from http://localhost:9");
    const after = await device.run("status");
    expect(after).toMatchObject({ code: 0 });
    expect(after.error).toContain("an earlier getKeyState was interrupted before the server received it");
  });
});

describe("an enrolment", () => {
  it("that was killed on its way goes on when it is called again", async () => {
    const device = makeDevice("killed");
    const first = device.start(...enrolParameters(device.person));
    await first.printed("making the key for PIN2");
    first.process.kill("SIGKILL");
    await first.finished;
    const before = JSON.parse(readFileSync(device.statePath, "utf8")) as { device: { handle: string } };
    expect(await device.enrol()).toMatch(/-Q$/);
    const after = JSON.parse(readFileSync(device.statePath, "utf8")) as { device: { handle: string } };
    expect(after.device.handle).toBe(before.device.handle);
    expect((await device.json("status")).answer).toMatchObject({ outOfStep: { count: 0 } });
  });

  it("says so where what answers is not a Tally server", async () => {
    const other = createServer((_, response) => void response.end("<html></html>")).listen(0, "localhost");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { code, error } = await makeDevice("elsewhere").run(
      ...enrolParameters(makeTestPerson()),
      "--server",
      `http://localhost:${port}`,
    );
    other.close();
    expect({ code, error }).toMatchObject({ code: 3 });
    expect(error).toContain("not a Tally server");
  });

  it("says so where the server answers with a failure, and leaves no file where no account was begun", async () => {
    const other = createServer((_, response) => void response.writeHead(503).end()).listen(0, "localhost");
    await once(other, "listening");
    const url = `http://localhost:${(other.address() as AddressInfo).port}`;
    const device = makeDevice("unbegun");
    const { code, error } = await device.run(...enrolParameters(device.person), "--server", url);
    other.close();
    expect({ code, error }).toEqual({ code: 3, error: `${url} answers, but not as it should: the server answered 503\n` });
    expect(readdirSync(folder).filter((name) => name.startsWith("unbegun"))).toEqual([]);
  });

  it("refuses weak PINs with the reason, before anything is made", async () => {
    const device = makeDevice("weak");
    const weak = await device.json("enrol", "--pin1", "1234", "--pin2", device.person.pins.sign);
    expect(weak).toMatchObject({ code: 2, answer: { code: "weak_pin", pin: "PIN1", reason: "run_of_digits" } });
    const birth = await device.run("enrol", "--code", "50001029996", "--pin1", device.person.pins.auth, "--pin2", "020100");
    expect(birth).toMatchObject({ code: 2 });
    expect(birth.error).toContain("PIN2 may not be that: not the date of birth");
    expect(existsSync(device.statePath)).toBe(false);
  });

  it("tells why the server refuses a person, and takes the right one afterwards", async () => {
    const device = makeDevice("corrected");
    const { code, answer } = await device.json("enrol", "--code", "50001029997", ...pinParameters(device.person));
    expect({ code, answer }).toMatchObject({ code: 1, answer: { code: "identity_refused" } });
    expect(answer["message"]).toContain("check digits");
    const first = device.start("enrol", "--code", "50001029996", ...pinParameters(device.person));
    await first.printed("identity accepted");
    first.process.kill("SIGKILL");
    await first.finished;
  });
});

describe("a copied state file", () => {
  it("is found out, and PIN1 closes the account for both devices", async () => {
    const original = makeDevice("original");
    await original.enrol();
    const copy = makeDevice("copy", original.person);
    copyFileSync(original.statePath, copy.statePath);
    expect(await original.run("list")).toMatchObject({ code: 0 });

    const found = await copy.run("list");
    expect(found).toMatchObject({ code: 1 });
    expect(found.error).toContain("answer-challenge");
    expect((await original.run("status")).out).toContain("Warning: A request came out of step");
    const inStep = await original.json("answer-challenge", ...pinParameters(original.person).slice(0, 2));
    expect(inStep).toMatchObject({ code: 1, answer: { code: "in_step" } });

    const guess = await copy.json("answer-challenge", "--pin1", wrong(original.person.pins.auth));
    expect(guess).toMatchObject({ code: 1, answer: { code: "challenge_failed" } });
    expect((await original.json("status")).answer).toMatchObject({ status: "active" });
    const closed = await copy.json("answer-challenge", "--pin1", original.person.pins.auth);
    expect(closed).toMatchObject({ code: 0, answer: { closed: true } });
    expect((await original.json("status")).answer).toMatchObject({ status: "closed", closedReason: "cloned" });
    expect((await original.run("status")).out.match(/^PIN[12] +of no use any more$/gm)).toHaveLength(2);
    expect(await original.json("list")).toMatchObject({ code: 1, answer: { code: "account_closed", reason: "cloned" } });
    expect(await original.run("delete", "--yes")).toMatchObject({ code: 0 });
    expect(readdirSync(folder).filter((name) => name.startsWith("original"))).toEqual([]);
  });
});

describe("delete", () => {
  it("asks first, then closes the account: relying parties do not find it any more", async () => {
    const device = makeDevice("deleted");
    await device.enrol();
    expect(await device.run("delete")).toMatchObject({ code: 2 });
    const { answer } = await device.json("status");
    expect(answer).toMatchObject({ status: "active" });
    expect(Number(answer["expiresAt"]) - Number(answer["renewFrom"])).toBe(60 * 24 * 3_600_000);
    const itself = String(answer["documentNumber"]);
    expect(await device.json("delete", "--yes", "--successor", itself)).toMatchObject({
      code: 1,
      answer: { code: "unacceptable_successor" },
    });
    expect(await device.json("delete", "--yes")).toMatchObject({ code: 0, answer: { closed: true } });
    expect(existsSync(device.statePath)).toBe(false);
    await expect(startAuthentication(api, device.person.semanticsIdentifier, "Anybody there?")).rejects.toThrow("404");
    expect(await device.json("status")).toMatchObject({ code: 1, answer: { code: "no_account" } });
  });
});

describe("npm run account", () => {
  let device: Device;
  let documentNumber: string;

  const PASSPHRASE = "the operator's passphrase";
  const inEnvironment = { TALLY_OPERATOR_PASSPHRASE: PASSPHRASE };
  const CHEAP = { N: 2, r: 1, p: 1 };

  /** In this process; `typed` is the answer to whatever is asked, undefined where nobody can be asked. */
  const account = async (parameters: readonly string[], typed?: string, environment: Readonly<Record<string, string>> = {}) => {
    let [out, error] = ["", ""];
    const printer = { out: (text: string) => void (out += `${text}\n`), error: (text: string) => void (error += `${text}\n`) };
    const terminal = typed === undefined ? undefined : { ask: async () => typed, askHidden: async () => typed };
    const code = await runAccount(parameters, { environment, printer, terminal });
    return { code, out, error };
  };
  const here = () => ["--state", join(folder, "server")];

  beforeAll(async () => {
    device = makeDevice("operated");
    documentNumber = await device.enrol();
  });

  it("shows an account of a local server, without its owner's name", async () => {
    const { code, out, error } = await startScript("account", ["show", documentNumber, ...here()]).finished;
    expect({ code, error }).toEqual({ code: 0, error: "" });
    expect(out).toMatch(
      /^document number +PNO.*\nlevel +qualified\naccount +active from .*\nrelying parties +find it\nPIN1 +usable/,
    );
    expect(out.match(/^PIN[12] (?:rsa|ed25519) certificate .*, good$/gm)).toHaveLength(4);
    expect(out).not.toContain(device.person.identity.surname);
  });

  it("closes nothing before the document number was typed a second time", async () => {
    const order = ["revoke", documentNumber, "--reason", "keyCompromise", ...here()];
    expect(await account(order)).toMatchObject({ code: 2, error: expect.stringContaining("--yes") as string });
    expect(await account(order, "yes")).toMatchObject({ code: 1, error: "That is another one: nothing was done.\n" });
    expect((await device.json("status")).answer).toMatchObject({ status: "active" });

    const { code, out } = await account(order, documentNumber);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining(`${documentNumber} is closed.`) as string });
    expect(out.match(/certificate .*, revoked at .* \(keyCompromise\)$/gm)).toHaveLength(4);
    expect((await device.json("status")).answer).toMatchObject({ status: "closed", closedReason: "operator" });
  });

  it("says of a lost account what is known of it, what was done, and what nobody knows", () => {
    const serialNumber = "4f".repeat(16);
    const lost = { documentNumber, level: "QUALIFIED", handle: "0a", object: "lost", details: null } as const;
    const known: AccountReport = {
      ...lost,
      listedAs: "active",
      listedCertificates: [{ serialNumber, index: { state: "good" } }],
    };
    expect(accountLines(known).join("\n")).toMatch(
      new RegExp(`\naccount +LOST: .*; close it\nrelying parties +find it\ncertificate +${serialNumber}, good\nobject`),
    );
    const index = { state: "revoked", revokedAt: 0, reason: "superseded" } as const;
    const revoked: AccountReport = { ...lost, listedAs: "closed", listedCertificates: [{ serialNumber, index }] };
    expect(closedLines({ closed: true, revokedByOrder: [serialNumber], account: revoked }).slice(0, 3)).toEqual([
      `${documentNumber} is closed.`,
      `This order revoked ${serialNumber}, by the number that the person's list kept.`,
      "",
    ]);
    const unknown = { closed: true, revokedByOrder: [], account: { ...revoked, listedCertificates: [] } };
    expect(closedLines(unknown).join("\n")).toMatch(
      /is closed\.\nNOTHING IS REVOKED: [^]*revoke --serial[^]*\ncertificates +not known/,
    );
  });

  it("speaks to a deployment with a key in an encrypted file", async () => {
    const key = createPrivateKey({ key: JSON.parse(readOperatorKey(join(folder, "server"))) as JsonWebKey, format: "jwk" });
    const file = join(folder, "operator.pem");
    writeFileSync(file, await encryptKey(key.export({ format: "der", type: "pkcs8" }), PASSPHRASE, CHEAP));
    const close = ["close", documentNumber, "--yes", "--json", "--url", server.url, "--key", file];
    const done = await account(close, undefined, inEnvironment);
    expect(JSON.parse(done.out)).toMatchObject({ ok: true, closed: false, account: { documentNumber, listedAs: "closed" } });
    const locked = await account(close, "another passphrase");
    expect({ code: locked.code, answer: JSON.parse(locked.out) as unknown }).toMatchObject({ code: 1, answer: { code: "key" } });
  });

  it("makes a key whose public half is for wrangler.toml, never over another file; it gives no orders here", async () => {
    const file = join(folder, "new-operator.pem");
    const publicKey: unknown = JSON.parse(await makeKeyFile(file, { environment: inEnvironment, terminal: undefined }, CHEAP));
    const key = decryptKey(readFileSync(file, "utf8"), PASSPHRASE);
    if (typeof key === "string") throw new Error(key);
    expect(createPublicKey(key).export({ format: "jwk" })).toEqual(publicKey);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const again = await account(["new-key", "--out", file], PASSPHRASE);
    expect(again).toMatchObject({ code: 1, error: expect.stringContaining("there already") as string });
    const refused = await account(["show", documentNumber, "--url", server.url, "--key", file], PASSPHRASE);
    expect(refused).toMatchObject({ code: 1, error: expect.stringContaining("refuses the order") as string });
  });

  it.each([
    [[], "say what to do"],
    [["open"], 'no command "open"'],
    [["show"], "show needs an account"],
    [["show", "MARI"], "no person"],
    [["show", "PNOEE-1", "PNOEE-2"], "one account at a time"],
    [["show", "PNOEE-1", "--yes"], "takes no --yes"],
    [["close", "PNOEE-1"], "no document number"],
    [["close", "--serial", "4f"], "takes no --serial"],
    [["revoke", "PNOEE-1-K2GN-Q"], "--reason is unspecified"],
    [["revoke", "PNOEE-1-K2GN-Q", "--reason", "certificateHold"], "not certificateHold"],
    [["revoke", "--serial", "4f", "--reason", "superseded"], "32 hexadecimal digits"],
    [["revoke", "PNOEE-1-K2GN-Q", "--serial", "4f", "--reason", "superseded"], "or --serial"],
    [["show", "PNOEE-1", "--url", "https://tally.example"], "go together"],
    [["show", "PNOEE-1", "--url", "http://tally.example", "--key", "x"], "not https"],
    [["new-key"], "--out FILE"],
    [["new-key", "--out", "nowhere.pem"], "TALLY_OPERATOR_PASSPHRASE"],
  ])("answers %j with what is wrong, and exit code 2", async (parameters, says) => {
    expect(await account(parameters)).toMatchObject({ code: 2, error: expect.stringContaining(says) as string });
  });

  it("says which folder has no server, and which server does not answer", async () => {
    const nowhere = await account(["show", documentNumber, "--state", join(folder, "nowhere")]);
    expect(nowhere).toMatchObject({ code: 1, error: expect.stringContaining("no local server") as string });
    const stopped = join(folder, "stopped");
    mkdirSync(stopped);
    copyFileSync(join(folder, "server", "secrets.json"), join(stopped, "secrets.json"));
    const silent = await account(["show", documentNumber, "--state", stopped]);
    expect(silent).toMatchObject({ code: 3, error: expect.stringContaining("No server runs") as string });
    writeFileSync(join(stopped, "running.json"), JSON.stringify({ pid: 1, port: 9 }));
    const gone = await account(["show", documentNumber, "--state", stopped]);
    expect(gone).toMatchObject({ code: 3, error: expect.stringContaining("No answer from http://localhost:9") as string });
  });

  it("explains every command and every option in its help", async () => {
    const { code, out } = await account(["help"]);
    expect(code).toBe(0);
    for (const [command, options] of Object.entries(ACCOUNT_COMMANDS)) {
      expect(out).toMatch(new RegExp(`^  ${command} `, "m"));
      for (const option of options) if (option !== "help") expect(out).toContain(`--${option}`);
    }
  });
});

describe("npm run relying-party -- usage", () => {
  it("counts what relying parties asked for above, once each, as the server's own queue brought it", async () => {
    const month = new Date().toISOString().slice(0, 7);
    const report = async () => {
      let text = "";
      const printer = { out: (line: string) => void (text += line), error: () => undefined };
      const parameters = ["usage", "--month", month, "--json", "--state", join(folder, "server")];
      expect(await runUsage(parameters, { environment: process.env, printer, now: Date.now() })).toBe(0);
      return JSON.parse(text) as Bill;
    };
    const counted = (endResult: string, kind: string, flow: string) =>
      expect.objectContaining({ kind, flow, level: "QUALIFIED", result: endResult }) as object;
    await vi.waitFor(
      async () =>
        expect(await report()).toMatchObject({
          parties: [
            {
              name: "DEMO",
              lines: expect.arrayContaining([
                counted("OK", "authentication", "Notification"),
                counted("OK", "signature", "Notification"),
                counted("WRONG_VC", "authentication", "Notification"),
                counted("OK", "certificate-choice", "Notification"),
              ]) as object,
            },
          ],
        }),
      { timeout: 40_000, interval: 1_000 },
    );
  });
});

describe("the command line", () => {
  it.each([
    { parameters: [], says: "say what to do" },
    { parameters: ["enroll"], says: 'no command "enroll"' },
    { parameters: ["status", "--pin1", "1"], says: "status takes no --pin1" },
    { parameters: ["list", "--nonsense"], says: "--nonsense" },
    { parameters: ["enrol"], says: "choose two PINs" },
    { parameters: ["watch", "--approve", "--refuse"], says: "not both" },
    { parameters: ["watch", "--approve"], says: "PIN1 is needed" },
    { parameters: ["open"], says: "open needs a link" },
    { parameters: ["open", "https://tally.example/a", "more"], says: 'open takes no "more"' },
    { parameters: ["approve", "https://tally.example/a"], says: "approve takes no" },
    { parameters: ["refuse", "--reason", "mood"], says: "--reason is user, interaction, wrong-code" },
    { parameters: ["status", "--server", "tally"], says: "is no address" },
    { parameters: ["change-pin"], says: "change-pin auth (PIN1), or change-pin sign (PIN2)" },
    { parameters: ["change-pin", "both"], says: "change-pin auth (PIN1), or change-pin sign (PIN2)" },
    { parameters: ["change-pin", "sign", "--pin1", "1"], says: "PIN2 is needed" },
    { parameters: ["change-pin", "sign", "--pin2", "1"], says: "a new PIN is needed" },
    { parameters: ["add-keys", "--pin1", "1"], says: "PIN2 is needed" },
  ])("answers $parameters with what is wrong, and exit code 2", async ({ parameters, says }) => {
    const { code, error } = await makeDevice("nobody").run(...parameters);
    expect(code).toBe(2);
    expect(error).toContain(says);
  });

  it("explains every command and every option in its help", async () => {
    const { COMMANDS } = await import("../../scripts/authenticator/options.ts");
    const { code, out } = await makeDevice("nobody").run("help");
    expect(code).toBe(0);
    for (const [command, options] of Object.entries(COMMANDS)) {
      expect(out).toMatch(new RegExp(`^  ${command} `, "m"));
      for (const option of options) expect(out).toContain(`--${option}`);
    }
  });
});

async function askToChoose(semanticsIdentifier: string): Promise<{ sessionID: string }> {
  const interaction = { type: "confirmationMessageAndVerificationCodeChoice", displayText200: "Choose the code" };
  const response = await fetch(`${api}/authentication/notification/etsi/${semanticsIdentifier}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      relyingPartyUUID: "00000000-0000-4000-8000-000000000000",
      relyingPartyName: "DEMO",
      signatureProtocol: "ACSP_V2",
      signatureProtocolParameters: {
        rpChallenge: randomBytes(32).toString("base64"),
        signatureAlgorithm: "rsassa-pss",
        signatureAlgorithmParameters: { hashAlgorithm: "SHA-256" },
      },
      interactions: Buffer.from(JSON.stringify([interaction])).toString("base64"),
      vcType: "numeric4",
    }),
  });
  return (await response.json()) as { sessionID: string };
}
