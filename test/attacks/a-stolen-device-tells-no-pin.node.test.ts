// The same rule as in a-stolen-device-tells-no-pin.test.ts for the command-line authenticator, whose storage is a real file:
// every byte that its processes ever write, a killed one included, and all traffic. Its files are read raw, and it is kept
// from writing anywhere else.
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { awaitResult, startAuthentication, startSignature } from "../../scripts/demo/relying-party.ts";
import { makeTestPerson } from "../../scripts/demo/test-person.ts";
import { type LocalServer, startServer } from "../../scripts/server.ts";
import type { DeviceRecord } from "../../src/authenticator/device-record.ts";
import type { Purpose } from "../../src/account/purpose.ts";
import { toBase64Url } from "../../src/protocol/encoding.ts";
import { powerModulo } from "../../src/split-key/rsa/exponentiation.ts";
import { toBigInt, toFixedBytes } from "../../src/split-key/rsa/modular-arithmetic.ts";
import { startScript } from "../scripts/run-script.ts";
import { type Haul, ransack } from "./ransacking.ts";
import { storedRecordSchema, textsIn } from "./stored-record.ts";
import { maskedShares, messagesOf, publicKeysIn, representativesOf, Thief } from "./thief.ts";

const TIME_LIMIT = 120_000;
const fileSchema = z.strictObject({ version: z.literal(2), server: z.url(), device: storedRecordSchema });

/**
 * Runs before the authenticator's own code: keeps a copy of whatever it writes, and kills it where that was asked for. A process
 * that is kept from writing elsewhere may not call fsync.
 */
const WATCH = `
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const { writeFileSync, renameSync } = fs;
let count = 0;
let last = "";
const keep = (data) => {
  last = String(data);
  writeFileSync(process.env.KEPT + "/" + process.pid + "-" + count++, data);
};
const watch = (owner, name) => {
  const write = owner[name];
  owner[name] = (target, data, ...rest) => { if (target !== 1 && target !== 2) keep(data); return write.call(owner, target, data, ...rest); };
};
for (const name of ["writeFileSync", "writeFile", "appendFileSync", "appendFile", "writeSync", "write"]) watch(fs, name);
for (const name of ["writeFile", "appendFile"]) watch(fs.promises, name);
for (const [owner, name] of [[fs, "writev"], [fs, "writevSync"], [fs, "createWriteStream"], [fs.promises, "open"]]) {
  owner[name] = () => { keep("a way of writing that nobody watches: " + name); throw new Error(name); };
}
fs.fsyncSync = () => {};
fs.renameSync = (...names) => {
  if (process.env.KILLED_WITH && last.includes(process.env.KILLED_WITH)) process.kill(process.pid, "SIGKILL");
  renameSync(...names);
};
syncBuiltinESMExports();
`;

const person = makeTestPerson();
const WRONG: Readonly<Record<Purpose, string>> = { auth: other(person.pins.auth), sign: other(person.pins.sign) };
const thief = new Thief({
  auth: [other(WRONG.auth), person.pins.auth, WRONG.auth],
  sign: [WRONG.sign, other(WRONG.sign), person.pins.sign],
});
const traffic: string[] = [];
/** What lay in the state's folder after each command, by name. */
const seen: { readonly name: string; readonly content: string }[] = [];
let answersToLose = 0;
let folder: string;
let server: LocalServer;
let wire: Server;
let haul: Haul;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tally-thief-"));
  for (const name of ["kept", "state"]) mkdirSync(join(folder, name));
  server = await startServer({ port: 0, stateFolder: join(folder, "server"), variables: { SHARE_POOL_SIZE: "0" } });
  wire = await tapped(server.url);
  await live();
  haul = await ransack([...written(), ...seen.map(({ content }) => content), ...traffic]);
}, TIME_LIMIT);

afterAll(async () => {
  wire.close();
  await server.stop();
  rmSync(folder, { recursive: true });
}, TIME_LIMIT);

function other(pin: string): string {
  return `${pin.slice(0, -1)}${(Number(pin.at(-1)) + 1) % 10}`;
}

/** A wire between authenticator and server that keeps what goes over it, and loses answers. */
async function tapped(target: string): Promise<Server> {
  const proxy = createServer((request, response) => {
    void (async () => {
      const chunks = (await request.toArray()) as Buffer[];
      const body = Buffer.concat(chunks).toString();
      const { method = "GET", url = "/" } = request;
      const headers = { "content-type": request.headers["content-type"] ?? "text/plain" };
      const answer = await fetch(`${target}${url}`, { method, headers, ...(method === "POST" && { body }) });
      const text = await answer.text();
      traffic.push(body, text);
      if (answersToLose > 0) {
        answersToLose--;
        response.destroy();
      } else {
        response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" }).end(text);
      }
    })();
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return proxy;
}

/** One command as a process of its own, which may write into its state's folder alone. */
async function run(parameters: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const [state, kept] = [join(folder, "state"), join(folder, "kept")];
  const permissions = ["--permission", "--allow-fs-read=*", `--allow-fs-write=${state}`, `--allow-fs-write=${kept}`];
  const watcher = `--import data:text/javascript;base64,${Buffer.from(WATCH).toString("base64")}`;
  const { port } = wire.address() as AddressInfo;
  const finished = await startScript("authenticator", parameters, {
    // With what its thief stretches PINs by (test/setup/ready-keys-in-node.ts).
    NODE_OPTIONS: [process.env["NODE_OPTIONS"], ...permissions, watcher].join(" "),
    KEPT: kept,
    TALLY_STATE: join(state, "authenticator.json"),
    TALLY_SERVER: `http://127.0.0.1:${port}`,
    TALLY_PIN1: person.pins.auth,
    TALLY_PIN2: person.pins.sign,
    ...environment,
  }).finished;
  for (const name of readdirSync(state)) seen.push({ name, content: readFileSync(join(state, name), "latin1") });
  return finished;
}

const written = (): string[] => {
  const kept = join(folder, "kept");
  const contents = readdirSync(kept).map((name) => readFileSync(join(kept, name), "latin1"));
  // The lock's file is made by writing nothing.
  return contents.filter((content) => content !== "");
};

async function live(): Promise<void> {
  const { givenName, surname, country, personalCode } = person.identity;
  const enrol = ["enrol", "--given-name", givenName, "--surname", surname, "--code", personalCode];
  // Killed between writing the temporary file with the first masked share and putting it in its place.
  expect(await run(enrol, { KILLED_WITH: '"masked"' })).toMatchObject({ code: null });
  expect(seen.find(({ name }) => name.endsWith(".new"))?.content).toContain('"masked"');
  const { out, error, code } = await run([...enrol, "--json"]);
  expect({ code, error }).toMatchObject({ code: 0 });
  const { documentNumber } = JSON.parse(out) as { documentNumber: string };

  const api = `${server.url}/v3`;
  const sign = () => startSignature(api, documentNumber, createHash("sha512").update(randomBytes(8)).digest(), "Sign?");
  const first = await sign();
  expect((await run(["approve"], { TALLY_PIN2: WRONG.sign })).code).toBe(1);
  expect((await run(["approve"])).code).toBe(0);
  const login = await startAuthentication(api, `PNO${country}-${personalCode}`, "Log in?", "ed25519");
  expect((await run(["approve"])).code).toBe(0);
  for (const { sessionID } of [first, login]) traffic.push(JSON.stringify(await awaitResult(api, sessionID)));
  await sign();
  expect((await run(["refuse"])).code).toBe(0);
  // No answer at all: the request stays in the file, and the next command finds out what became of it.
  await sign();
  answersToLose = Number.POSITIVE_INFINITY;
  expect((await run(["list"])).code).toBe(3);
  answersToLose = 0;
  expect((await run(["status"])).code).toBe(0);
}

const recordsIn = (contents: readonly string[]): readonly DeviceRecord[] =>
  contents.flatMap((content) => (content.startsWith("{") ? [(JSON.parse(content) as { device: DeviceRecord }).device] : []));

describe("the command-line authenticator", () => {
  it("leaves its state file, its temporary file where it was killed, and a lock that is empty", () => {
    expect(new Set(seen.map(({ name }) => name.replace("authenticator.json", "")))).toEqual(new Set(["", ".new", ".lock"]));
    for (const { name, content } of seen) if (name.endsWith(".lock")) expect(content).toBe("");
  });

  it("wrote records of the known form, byte for byte, and nothing else", () => {
    const contents = [...written(), ...seen.filter(({ name }) => !name.endsWith(".lock")).map(({ content }) => content)];
    expect(written().length).toBeGreaterThan(25);
    for (const content of contents) {
      const text = Buffer.from(content, "latin1").toString();
      const value: unknown = JSON.parse(text);
      fileSchema.parse(value);
      expect(text).toBe(`${JSON.stringify(value, null, 2)}\n`);
    }
    expect(recordsIn(contents).filter(({ pending }) => pending?.operation === "performSignature").length).toBeGreaterThan(1);
  });

  it("wrote nothing that was not in its traffic, save the channel's keys, the secret of returns, the salts and the masked shares; public keys may be in both", () => {
    const records = recordsIn(written());
    const sent = [...traffic, ...haul.messages.open.values()].join("\n");
    const publicKeys = publicKeysIn(haul);
    const unseen = new Set(
      records
        .flatMap((record) => textsIn({ ...record, owner: undefined }))
        .filter((text) => !sent.includes(text) && !publicKeys.has(text)),
    );
    const secrets = records.flatMap(({ deviceToServer, serverToDevice, returnSecret }) => [
      deviceToServer,
      serverToDevice,
      returnSecret,
    ]);
    const masks = maskedShares(haul).flatMap(({ key }) => [key.salt, key.masked]);
    expect([...unseen].toSorted()).toEqual([...new Set([...secrets, ...masks])].toSorted());
  });

  it(
    "tells a thief no PIN",
    async () => {
      expect(haul.messages.closed.size).toBe(0);
      expect(haul.envelopes.open.size).toBe(0);
      expect(haul.envelopes.closed.size).toBeGreaterThanOrEqual(12);
      expect(await thief.pinsTold(haul)).toEqual([]);
    },
    TIME_LIMIT,
  );

  it("would tell a PIN by a contribution in a temporary file", async () => {
    const candidate = (await thief.candidates(haul)).findLast(
      ({ purpose, pin, key }) => purpose === "sign" && pin === person.pins.sign && key.suite === "rsa",
    );
    const message = messagesOf(haul).findLast(({ purpose, suite }) => purpose === "sign" && suite === "rsa");
    const [representative] = message === undefined ? [] : representativesOf(message);
    if (candidate === undefined || representative === undefined) throw new Error("nothing was signed");
    const stored = Buffer.from(candidate.key.stored, "base64url");
    const contribution = toFixedBytes(powerModulo(representative, candidate.share, toBigInt(stored)), 384);
    const leaking = await ransack([JSON.stringify({ body: { contribution: toBase64Url(contribution) } })], haul);
    expect(await thief.pinsTold(leaking)).toEqual([
      { way: "a contribution", suite: "rsa", purpose: "sign", pin: person.pins.sign },
    ]);
  });
});
