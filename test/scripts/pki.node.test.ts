// The operator's certificate tool, from the ceremony to a Worker that runs on what it published, judged by the openssl command line.
// One hierarchy for all tests, in the order of its life: keys are slow to make and wrangler is slow to start.
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PassThrough, Writable } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runWorker } from "../../scripts/local-runtime.ts";
import { configurationSchema } from "../../scripts/pki/configuration.ts";
import type { Context } from "../../scripts/pki/context.ts";
import { type Deployment, issuerKeyFiles, livingIssuers, ocspKeyFiles } from "../../scripts/pki/deployment.ts";
import { readDeployment } from "../../scripts/pki/folder.ts";
import { HELP } from "../../scripts/pki/help.ts";
import { SCRYPT_COST } from "../../scripts/pki/key-encryption.ts";
import { openIssuer } from "../../scripts/pki/keys.ts";
import { COMMANDS } from "../../scripts/pki/options.ts";
import { withoutPassphrases } from "../../scripts/pki/passphrase.ts";
import { checkValidity } from "../../scripts/pki/publish.ts";
import { rowsAsSql } from "../../scripts/pki/rows.ts";
import { runPki } from "../../scripts/pki/run.ts";
import { checkSecretSizes, MAXIMUM_SECRET_LENGTH, secretValues } from "../../scripts/pki/secrets.ts";
import { terminalOn } from "../../scripts/pki/terminal.ts";
import { checkAuthorities, checkStored, revokesMore } from "../../scripts/pki/stored-rows.ts";
import { commandsOf, querySql } from "../../scripts/pki/wrangler.ts";
import { issueCertificate } from "../../src/certificates/issue.ts";
import { DEFAULT_POLICIES } from "../../src/certificates/policies.ts";
import { COMPOSITE_PUBLIC_KEYS } from "../certificates/composite-public-keys.ts";
import { hasOpensslFor } from "../support/openssl.ts";

const hasOpenssl = hasOpensslFor("an operator's hierarchy and what a Worker publishes of it");

const PROJECT = join(import.meta.dirname, "../..");
const ROOT_PASSPHRASE = "the root's own passphrase";
const KEYS_PASSPHRASE = "all others' passphrase";
const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;
const now = Date.now();
/** Milliseconds, for what starts wrangler a dozen times on a machine that does other things as well. */
const TIME_LIMIT = 300_000;

const place = mkdtempSync(join(tmpdir(), "tally-pki-test-"));
const folder = join(place, "deployment");
const rootKey = join(place, "stick", "root.pem");
const storage = join(place, "storage");
const wranglerConfig = join(place, "wrangler.toml");
const file = (name: string): string => join(place, name);

let configuration: Record<string, unknown>;
let port: number;

afterAll(() => rmSync(place, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));

interface Said {
  readonly code: number;
  readonly out: string;
  readonly notes: string;
}

const PASSPHRASES = { TALLY_ROOT_PASSPHRASE: ROOT_PASSPHRASE, TALLY_KEYS_PASSPHRASE: KEYS_PASSPHRASE };

async function pki(parameters: readonly string[], changes: Partial<Context> = {}): Promise<Said> {
  const [out, notes]: [string[], string[]] = [[], []];
  const code = await runPki(parameters, {
    environment: { PATH: process.env["PATH"], ...PASSPHRASES },
    terminal: undefined,
    out: (text) => void out.push(text),
    note: (text) => void notes.push(text),
    now,
    cost: { N: 16, r: 8, p: 1 },
    ...changes,
  });
  return { code, out: out.join("\n"), notes: notes.join("\n") };
}

const ours = (command: string, ...more: readonly string[]): string[] => [command, "--folder", folder, ...more];
/** With an answer for who asks whether the clock is right. */
const withRoot = (command: string, ...more: readonly string[]): string[] =>
  ours(command, "--root-key", rootKey, ...(command === "show" ? [] : ["--yes"]), ...more);
const publish = (changes: Partial<Context> = {}) =>
  pki(ours("publish", "--local", "--persist-to", storage, "--wrangler-config", wranglerConfig), changes);

function writeConfiguration(name: string, changes: object = {}): string {
  writeFileSync(file(name), JSON.stringify({ ...configuration, ...changes }));
  return file(name);
}

const openssl = (...parameters: string[]): string => execFileSync("openssl", parameters, { encoding: "utf8", stdio: "pipe" });
function judge(...parameters: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync("openssl", parameters, { encoding: "utf8" });
  return { status, said: stdout + stderr };
}

function writePem(name: string, der: Uint8Array): string {
  writeFileSync(file(`${name}.pem`), new X509Certificate(der).toString());
  return file(`${name}.pem`);
}
const authority = (name: string): string => file(`${name}.pem`);

/** Everything in the folder, as one text, by path. */
const filesIn = (where: string): [path: string, text: string][] =>
  readdirSync(where, { recursive: true, encoding: "utf8" })
    .map((name) => join(where, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => [path, readFileSync(path, "latin1")]);

const deployment = (): Deployment => readDeployment(folder);

const openedRootKey = () => createPrivateKey({ key: readFileSync(rootKey), passphrase: ROOT_PASSPHRASE });

/** A search for a part of a private key: as it is, hexadecimal, base64 and base64url wherever they begin, on however many lines. */
function searchFor(key: KeyObject): (text: string) => boolean {
  const secret = Buffer.from(key.export({ format: "jwk" }).d!, "base64url").subarray(8, 40);
  const forms = [0, 1, 2].flatMap((shift) => {
    const part = secret.subarray(shift, shift + 30);
    return [part.toString("base64"), part.toString("base64url")];
  });
  return (text) => {
    const solid = text.replace(/\\n|[\s:]/g, "");
    return (
      text.includes(secret.toString("latin1")) ||
      solid.toLowerCase().includes(secret.toString("hex")) ||
      forms.some((form) => solid.includes(form))
    );
  };
}

/** Everything that was written, the root's own file too: nothing has its key in the clear, nor a passphrase. */
function expectNoRootKey(): void {
  const has = searchFor(openedRootKey());
  for (const [path, text] of [...filesIn(place), ["SQL", rowsAsSql(deployment())] as const]) {
    expect(has(text), path).toBe(false);
    for (const passphrase of [ROOT_PASSPHRASE, KEYS_PASSPHRASE]) expect(text.includes(passphrase), path).toBe(false);
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "localhost", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

beforeAll(async () => {
  for (const name of ["stick", "assets"]) mkdirSync(file(name));
  port = await freePort();
  configuration = {
    country: "EE",
    organisation: "Näidis AS",
    organizationIdentifier: "NTREE-12345678",
    commonNames: { root: "Näidis Root", qualified: "Näidis EID-Q", nonQualified: "Näidis EID-NQ" },
    rootCurve: "P-521",
    pkiBaseUrl: `http://localhost:${port}/pki`,
    authorityPolicy: { identifier: "1.3.6.1.4.1.99999.1", cps: "https://naidis.example/cps" },
  };
  const toml = readFileSync(join(PROJECT, "wrangler.toml"), "utf8");
  writeFileSync(wranglerConfig, toml.replace(/^PKI_BASE_URL = .*$/m, `PKI_BASE_URL = "http://localhost:${port}/pki"`));
  // Hours apart, so that what is made later is valid from later on.
  const config = writeConfiguration("configuration.json");
  const { code, notes } = await pki(withRoot("init", "--config", config), { now: now - 3 * HOUR });
  if (code !== 0) throw new Error(notes);
  for (const holder of [deployment().root, ...deployment().issuers]) {
    writePem(holder.name, Buffer.from(holder.certificate, "base64"));
  }
});

describe("init", () => {
  it("writes keys that only their passphrase opens, and nothing of the root key anywhere else", async () => {
    const pem = readFileSync(rootKey, "utf8");
    expect(pem).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    expect(() => createPrivateKey(pem)).toThrow();
    expect(() => createPrivateKey({ key: pem, passphrase: KEYS_PASSPHRASE })).toThrow();
    const key = createPrivateKey({ key: pem, passphrase: ROOT_PASSPHRASE });
    const root = new X509Certificate(Buffer.from(deployment().root.certificate, "base64"));
    expect(root.checkPrivateKey(key)).toBe(true);
    expect(key.asymmetricKeyDetails?.namedCurve).toBe("secp521r1");

    const der = key.export({ format: "der", type: "pkcs8" });
    const inTheClear = [
      key.export({ format: "pem", type: "pkcs8" }),
      key.export({ format: "pem", type: "sec1" }),
      JSON.stringify(key.export({ format: "jwk" })),
      JSON.stringify({ pem: key.export({ format: "pem", type: "pkcs8" }) }),
      ...["latin1", "hex", "base64", "base64url"].map((encoding) => der.toString(encoding as BufferEncoding)),
    ];
    // The search finds what it is for.
    expect(inTheClear.map((text) => searchFor(openedRootKey())(text.toString()))).toEqual(inTheClear.map(() => true));
    expectNoRootKey();
    for (const [path, text] of filesIn(join(folder, "keys"))) {
      expect(text, path).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
      expect(() => createPrivateKey({ key: text, passphrase: ROOT_PASSPHRASE })).toThrow();
      expect(createPrivateKey({ key: text, passphrase: KEYS_PASSPHRASE }).asymmetricKeyType).toBe("ec");
      expect(statSync(path).mode & 0o077).toBe(0);
    }
    expect(statSync(folder).mode & 0o077).toBe(0);
    expect(statSync(rootKey).mode & 0o077).toBe(0);
    expect(readdirSync(place).filter((name) => name.endsWith(".new"))).toEqual([]);
  });

  it("tells wrangler no passphrase", () => {
    expect(withoutPassphrases({ ...PASSPHRASES, PATH: "/bin" })).toEqual({ PATH: "/bin" });
  });

  it("derives keys at a cost that a guesser feels", () => {
    expect(SCRYPT_COST).toEqual({ N: 2 ** 14, r: 8, p: 16 });
  });

  it("asks one by one on a terminal, again where an answer is wrong, and makes nothing without a yes", async () => {
    const asked: string[] = [];
    const terminal = (answers: string[]) => ({
      ask: (question: string) => {
        asked.push(question);
        return Promise.resolve(answers.shift() ?? "");
      },
      askHidden: (question: string) => {
        asked.push(question);
        return Promise.resolve(answers.shift() ?? "");
      },
      close: () => undefined,
    });
    const where = ["init", "--folder", file("asked"), "--root-key", file("asked-root.pem")];
    const answers = [
      "ee",
      "Asked OÜ",
      "12345678",
      "NTREE-12345678",
      "",
      "",
      "",
      "",
      "http://a.example/pki/",
      "http://a.example/pki",
    ];
    const rest = ["", "", "", "", "", "", "", ""];
    const date = new Date(now).toISOString().slice(0, 10);
    const none = await pki(where, { environment: {}, terminal: terminal([...answers, ...rest, "no"]) });
    expect(none).toMatchObject({ code: 1, notes: expect.stringContaining("nothing was made") });
    expect(none.notes).toContain("That is not of the form NTREE-12345678");
    expect(none.notes).toContain("That ends with a slash");
    const tomorrow = [...answers, ...rest, "yes", new Date(now + 24 * HOUR).toISOString().slice(0, 10)];
    expect((await pki(where, { environment: {}, terminal: terminal(tomorrow) })).notes).toContain("not the date of the clock");
    const typo = [...answers, ...rest, "yes", date, ROOT_PASSPHRASE, "another one, by mistake"];
    expect((await pki(where, { environment: {}, terminal: terminal(typo) })).notes).toContain("not the same");
    expect(existsSync(file("asked"))).toBe(false);
    // The same letter as different keyboards give it.
    const [decomposed, composed] = ["mo\u0303ne teise mo\u0303te", "m\u00f5ne teise m\u00f5te"];
    const right = [...answers, ...rest, "yes", date, ROOT_PASSPHRASE, ROOT_PASSPHRASE, decomposed, composed];
    expect(await pki(where, { environment: {}, terminal: terminal(right) })).toMatchObject({ code: 0 });
    const sealed = readFileSync(join(file("asked"), "keys", readDeployment(file("asked")).issuers[0]!.keyFile), "utf8");
    expect(createPrivateKey({ key: sealed, passphrase: composed }).type).toBe("private");
    expect(readDeployment(file("asked")).configuration).toMatchObject({
      country: "EE",
      commonNames: { root: "Asked OÜ Root CA", qualified: "Asked OÜ EID-Q", nonQualified: "Asked OÜ EID-NQ" },
      rootCurve: "P-384",
      pkiBaseUrl: "http://a.example/pki",
    });
    expect(asked.filter((question) => question.includes("again"))).toHaveLength(3);
    expect(asked.filter((question) => question.includes(`clock says ${date} `))).toHaveLength(3);
  });
});

describe("what is no good is refused in one sentence, and nothing is made:", () => {
  const fresh = (): string[] => ["init", "--folder", file("refused"), "--root-key", file("refused.pem"), "--yes"];
  const withConfig = (changes: object): string[] => [...fresh(), "--config", writeConfiguration("refused.json", changes)];

  it.each<[string, () => string[], Record<string, string>, string]>([
    [
      "a folder in the project",
      () => ["init", "--folder", join(PROJECT, "pki")],
      PASSPHRASES,
      "is inside the folder of this project",
    ],
    [
      "a root key in the project",
      () => ["init", "--folder", file("refused"), "--root-key", join(PROJECT, "src/../root.pem")],
      PASSPHRASES,
      "is inside the folder of this project",
    ],
    ["a folder with a hierarchy", () => ours("init"), PASSPHRASES, "holds a hierarchy already"],
    ["a folder with other things", () => ["init", "--folder", place], PASSPHRASES, "is not empty"],
    [
      "a root key file that exists",
      () => ["init", "--folder", file("refused"), "--root-key", rootKey],
      PASSPHRASES,
      "no key is ever overwritten",
    ],
    ["nobody to ask", fresh, PASSPHRASES, "name a configuration with --config"],
    ["TEST in a name", () => withConfig({ organisation: "A TEST" }), PASSPHRASES, "has the word TEST"],
    ["--test without TEST", () => [...withConfig({}), "--test"], PASSPHRASES, "does not have the word TEST"],
    ["a slash too many", () => withConfig({ pkiBaseUrl: "http://a.example/" }), PASSPHRASES, "pkiBaseUrl ends with a slash"],
    ["a mistyped member", () => withConfig({ organization: "A" }), PASSPHRASES, "has no member organization"],
    ["a missing member", () => withConfig({ country: undefined }), PASSPHRASES, "country is missing"],
    ["policies that are none", () => withConfig({ certificatePolicies: { auth: {}, sing: {} } }), PASSPHRASES, "sing"],
    ["issuers that outlive their root", () => withConfig({ validity: { rootYears: 5, issuerYears: 5 } }), PASSPHRASES, "outlive"],
    [
      "one name for two",
      () => withConfig({ commonNames: { root: "A", qualified: "A", nonQualified: "B" } }),
      PASSPHRASES,
      "alike",
    ],
    [
      "an object identifier that DER cannot tell from another",
      () => withConfig({ authorityPolicy: { identifier: "1.50.3" } }),
      PASSPHRASES,
      "authorityPolicy.identifier is no object identifier",
    ],
    ["a root's CRL for years", () => withConfig({ validity: { rootListDays: 366 } }), PASSPHRASES, "is more than 365"],
    [
      "a clock that nobody vouches for",
      () => withConfig({}).filter((parameter) => parameter !== "--yes"),
      PASSPHRASES,
      "say --yes",
    ],
    [
      "new keys in place of keys that are not lost",
      () => withRoot("rotate-issuer", "--level", "qualified", "--new-keys-passphrase"),
      PASSPHRASES,
      "leave --new-keys-passphrase out",
    ],
    [
      "the root's passphrase for new keys",
      () => withRoot("rotate-issuer", "--level", "qualified", "--new-keys-passphrase"),
      { TALLY_ROOT_PASSPHRASE: ROOT_PASSPHRASE, TALLY_KEYS_PASSPHRASE: ROOT_PASSPHRASE },
      "these are the same",
    ],
    ["trust in place of pki.json", () => ours("export-trust", "--out", join(folder, "pki.json")), {}, "where keys are kept"],
    ["trust in place of a key", () => ours("export-trust", "--out", rootKey), {}, "is no certificate"],
    ["trust in the folder of keys", () => ours("export-trust", "--der", join(folder, "keys/new")), {}, "where keys are kept"],
    ["a short passphrase", () => withConfig({}), { TALLY_ROOT_PASSPHRASE: "eleven char" }, "shorter than 12"],
    ["no passphrase", () => withConfig({}), {}, "set TALLY_ROOT_PASSPHRASE"],
    [
      "one passphrase for both",
      () => withConfig({}),
      { TALLY_ROOT_PASSPHRASE: ROOT_PASSPHRASE, TALLY_KEYS_PASSPHRASE: ROOT_PASSPHRASE },
      "these are the same",
    ],
    [
      "the other passphrase",
      () => withRoot("renew-root-crl"),
      { TALLY_ROOT_PASSPHRASE: KEYS_PASSPHRASE },
      "wrong passphrase for",
    ],
    ["a wrong passphrase of keys", () => ours("rotate-ocsp"), { TALLY_KEYS_PASSPHRASE: ROOT_PASSPHRASE }, "wrong passphrase for"],
    ["no root key", () => ours("renew-root-crl", "--yes"), PASSPHRASES, "say where it is with --root-key"],
    [
      "the revocation of who issues",
      () => withRoot("renew-root-crl", "--revoke", "eid-q", "--reason", "superseded"),
      PASSPHRASES,
      "first rotate-issuer",
    ],
    ["the revocation of nobody", () => withRoot("renew-root-crl", "--revoke", "eid-x"), PASSPHRASES, "there are: eid-q, eid-nq"],
    ["a reason for nothing", () => withRoot("renew-root-crl", "--reason", "superseded"), PASSPHRASES, "goes with --revoke"],
    ["an unknown reason", () => withRoot("renew-root-crl", "--reason", "mood"), PASSPHRASES, "--reason is cACompromise"],
    ["no level", () => withRoot("rotate-issuer"), PASSPHRASES, "--level qualified or --level non-qualified"],
    ["no folder", () => ["show"], PASSPHRASES, "--folder DIR"],
    ["a folder with nothing", () => ["show", "--folder", file("nothing")], PASSPHRASES, "there is no pki.json"],
    ["no target", () => ours("publish"), PASSPHRASES, "--remote, or --local"],
    ["an option of another command", () => ours("show", "--remote"), PASSPHRASES, "show takes no --remote"],
    ["no command", () => [], PASSPHRASES, "say what to do"],
  ])("%s", async (_, parameters, environment, says) => {
    const before = JSON.stringify(deployment());
    const { code, out, notes } = await pki(parameters(), { environment });
    expect({ code, out, notes }).toEqual({ code: 1, out: "", notes: expect.stringContaining(says) });
    expect(notes).toMatch(/^Tally: [^\n]+$/);
    expect(existsSync(file("refused")) || existsSync(file("refused.pem"))).toBe(false);
    expect(JSON.stringify(deployment())).toBe(before);
  });

  it("a key that is another's, and a file that was written by a newer Tally", async () => {
    const copy = file("copy");
    cpSync(folder, copy, { recursive: true });
    const [qualified, nonQualified] = deployment().issuers;
    cpSync(join(folder, "keys", nonQualified!.keyFile), join(copy, "keys", qualified!.keyFile));
    const swapped = await pki(["rotate-ocsp", "--folder", copy]);
    expect(swapped).toMatchObject({ code: 1, notes: expect.stringContaining("does not belong to the certificate of eid-q") });
    const other = await pki(["renew-root-crl", "--folder", folder, "--root-key", file("asked-root.pem"), "--yes"]);
    expect(other).toMatchObject({ code: 1, notes: expect.stringContaining("does not belong to the certificate of this root") });
    writeFileSync(join(copy, "pki.json"), JSON.stringify({ ...deployment(), version: 2 }));
    expect((await pki(["show", "--folder", copy])).notes).toContain("newer version");
    writeFileSync(
      join(copy, "pki.json"),
      JSON.stringify({ ...deployment(), issuers: [{ ...qualified, keyFile: "../../key.pem" }] }),
    );
    expect((await pki(["show", "--folder", copy])).notes).toContain("is damaged (issuers.0.keyFile");
  });

  it("a database that has another hierarchy, or one that this folder does not know all of", () => {
    const { root, issuers } = deployment();
    const found = [{ ...root, level: null }, ...issuers];
    expect(() => checkAuthorities(found, { root, issuers })).not.toThrow();
    const another = readDeployment(file("asked"));
    expect(() => checkAuthorities(found, another)).toThrow("another authority named root");
    expect(() => checkAuthorities(found, { root, issuers: issuers.slice(0, 1) })).toThrow("an authority eid-nq of this root");
    expect(() => checkAuthorities([{ ...another.issuers[0]!, name: "other" }], { root, issuers })).not.toThrow();
  });

  it("a secret that the store would not take", () => {
    const found = deployment();
    expect(() => checkSecretSizes(found, now)).not.toThrow();
    expect(() => checkSecretSizes(found, now, 247)).toThrow(/ISSUER_KEY_QUALIFIED would hold 1 keys in 248 bytes.*takes 247/);
    expect(() => checkSecretSizes(found, now, 183)).toThrow(/OCSP_KEY_QUALIFIED/);
    const [first] = found.issuers;
    const years = Array.from({ length: 300 }, (_, index) => ({ ...first!, name: `eid-q-${index + 2}`, succeededAt: now }));
    expect(() => checkSecretSizes({ ...found, issuers: years }, now)).toThrow(`takes ${MAXIMUM_SECRET_LENGTH}`);
  });

  it("a wrangler.toml that says otherwise, with the lines to put there", async () => {
    const publishWith = (path: string) => pki(ours("publish", "--remote", "--wrangler-config", path));
    const wrong = await publishWith(join(PROJECT, "wrangler.toml"));
    expect(wrong.code).toBe(1);
    expect(wrong.notes).toContain(`\n[vars]\nPKI_BASE_URL = "http://localhost:${port}/pki"`);
    expect(wrong.notes).not.toContain("CERTIFICATE_POLICIES");
    const noStore = await publishWith(wranglerConfig);
    expect(noStore.notes).toContain(`[[secrets_store_secrets]]\nbinding = "OCSP_KEY_QUALIFIED"\nstore_id = `);
    const policies = readFileSync(wranglerConfig, "utf8").replace(
      'CERTIFICATE_POLICIES = ""',
      `CERTIFICATE_POLICIES = '{"auth":{"QUALIFIED":["1.2.3"]}}'`,
    );
    writeFileSync(file("policies.toml"), policies);
    expect((await publishWith(file("policies.toml"))).notes).toContain("CERTIFICATE_POLICIES = ''");
  });
});

describe("what stays readable without a passphrase", () => {
  it("show: authorities, fingerprints, keys, what issues and what is due", async () => {
    const { code, out } = await pki(withRoot("show"), { environment: {} });
    expect(code).toBe(0);
    for (const { name, certificate, keyFile } of deployment().issuers) {
      expect(out).toMatch(new RegExp(`^${name} .* issues +keys/${keyFile}$`, "m"));
      expect(out).toContain(new X509Certificate(Buffer.from(certificate, "base64")).fingerprint256);
    }
    expect(out).toMatch(/^DUE\n  NOW +publish: nothing [^\n]+\n  \d{4}-\d\d-\d\d  (?:rotate-ocsp|renew-root-crl), then publish/m);
    const late = await pki(withRoot("show"), { environment: {}, now: now + YEAR });
    expect(late.out).toMatch(/NOW +rotate-ocsp/);
    expect(late.out).toMatch(/NOW +renew-root-crl/);
  });

  it("export-trust: the bundle, the same as files in DER, and that of a local server", async () => {
    const { out } = await pki(ours("export-trust"), { environment: {} });
    expect(out.match(/-----BEGIN CERTIFICATE-----/g)).toHaveLength(3);
    await pki(ours("export-trust", "--out", file("trust.pem"), "--der", file("der")), { environment: {} });
    expect(readFileSync(file("trust.pem"), "utf8")).toBe(`${out}\n`);
    expect(readdirSync(file("der")).toSorted()).toEqual(["eid-nq.cer", "eid-q.cer", "root.cer"]);
    // Again, over certificates alone, all or nothing; a link into the folder is no way around.
    const again = ours("export-trust", "--out", file("trust.pem"), "--der", file("der"));
    expect(await pki(again, { environment: {} })).toMatchObject({ code: 0 });
    rmSync(file("trust.pem"));
    writeFileSync(join(file("der"), "root.cer"), "no certificate");
    expect((await pki(again, { environment: {} })).notes).toContain("it is not overwritten");
    expect(existsSync(file("trust.pem"))).toBe(false);
    symlinkSync(folder, file("link"));
    expect((await pki(ours("export-trust", "--out", join(file("link"), "a.pem")))).notes).toContain("where keys are kept");
    rmSync(file("link"));
    mkdirSync(file("state"));
    const { root } = deployment();
    writeFileSync(join(file("state"), "secrets.json"), JSON.stringify({ version: 9, secrets: {}, authorities: [root] }));
    expect((await pki(["export-trust", "--state", file("state")], { environment: {} })).out).toBe(
      out.slice(0, out.indexOf("-----END")) + "-----END CERTIFICATE-----",
    );
  });

  it("help: every command and every option; and the guide's example is a configuration", () => {
    for (const [command, options] of Object.entries(COMMANDS)) {
      expect(HELP).toMatch(new RegExp(`^  ${command} `, "m"));
      for (const option of options) expect(HELP).toContain(`--${option}`);
    }
    const [, example = ""] = /```json\n([^`]+)```/.exec(readFileSync(join(PROJECT, "docs/pki.md"), "utf8")) ?? [];
    expect(configurationSchema.safeParse(JSON.parse(example)).error).toBeUndefined();
  });

  it("the program itself: one sentence and exit code 1, without a stack trace", () => {
    const parameters = [
      "--disable-warning=ExperimentalWarning",
      join(PROJECT, "scripts/pki.ts"),
      "show",
      "--folder",
      file("nothing"),
    ];
    const { status, stdout, stderr } = spawnSync(process.execPath, parameters, { encoding: "utf8" });
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: "",
      stderr: expect.stringMatching(/^Tally: there is no pki\.json [^\n]+\n$/),
    });
  });
});

describe("on a copy of the folder,", () => {
  const copy = file("later");
  const later = () => readDeployment(copy);
  const onCopy = (command: string, more: readonly string[] = [], changes: Partial<Context> = {}) =>
    pki([command, "--folder", copy, ...(command === "rotate-ocsp" ? [] : ["--root-key", rootKey, "--yes"]), ...more], changes);
  beforeEach(() => {
    rmSync(copy, { recursive: true, force: true });
    cpSync(folder, copy, { recursive: true });
  });

  it("a clock that was set back makes nothing", async () => {
    const before = later();
    for (const command of ["renew-root-crl", "rotate-ocsp", "rotate-issuer"]) {
      const parameters = command === "rotate-issuer" ? ["--level", "qualified"] : [];
      for (const at of [now - 3 * YEAR, before.rootList.thisUpdate - 1]) {
        expect((await onCopy(command, parameters, { now: at })).notes).toContain("set the clock; nothing was changed");
      }
    }
    expect(later()).toEqual(before);
    expect(await onCopy("rotate-ocsp")).toMatchObject({ code: 0 });
    expect((await onCopy("renew-root-crl", [], { now: now - 2 * HOUR })).notes).toContain("set the clock");
  });

  it("a stolen issuing authority is revoked and succeeded by the root's key alone, and others' keys have one passphrase again", async () => {
    const stolen = ["--revoke", "eid-q", "--reason", "cACompromise"];
    const revoked = await onCopy("renew-root-crl", stolen, { environment: { TALLY_ROOT_PASSPHRASE: ROOT_PASSPHRASE } });
    expect(revoked).toMatchObject({ code: 0, notes: expect.stringContaining("Nobody issues qualified certificates") });
    rmSync(join(copy, "keys"), { recursive: true });
    mkdirSync(join(copy, "keys"));
    const environment = { ...PASSPHRASES, TALLY_KEYS_PASSPHRASE: "a passphrase of their own" };
    expect(await onCopy("rotate-issuer", ["--level", "qualified"], { environment })).toMatchObject({ code: 1 });
    const again = ["--level", "qualified", "--new-keys-passphrase"];
    expect(await onCopy("rotate-issuer", again, { environment })).toMatchObject({
      code: 0,
      out: expect.stringContaining("eid-q has no key any more"),
    });
    expect((await onCopy("rotate-issuer", again, { environment })).notes).toContain("leave --new-keys-passphrase out");
    // The other level's keys had the passphrase that is lost.
    expect(issuerKeyFiles(later(), "ADVANCED", now)).toEqual([]);
    expect((await onCopy("rotate-issuer", ["--level", "non-qualified"])).notes).toContain("wrong passphrase");
    expect(await onCopy("rotate-issuer", ["--level", "non-qualified"], { environment })).toMatchObject({ code: 0 });
    expect(await onCopy("rotate-ocsp", [], { environment })).toMatchObject({
      code: 0,
      out: expect.stringMatching(/non-qualified status, for eid-nq-2\.\n.* qualified status, for eid-q-2\./),
    });
    const found = later();
    const values = secretValues(copy, found, { passphrase: environment.TALLY_KEYS_PASSPHRASE, now, inUse: new Map() });
    expect([...values.values()].map((value) => value.split("\n").length)).toEqual([2, 2, 1, 1]);
    expectNoRootKey();
  });

  it("OCSP signers of a revoked authority are renewed, unless its key may be stolen", async () => {
    const early = ["--revoke", "eid-q", "--reason", "superseded"];
    expect(await onCopy("rotate-issuer", ["--level", "qualified"])).toMatchObject({ code: 0 });
    expect(await onCopy("renew-root-crl", early)).toMatchObject({ code: 0 });
    expect((await onCopy("rotate-ocsp")).out).toContain("qualified status, for eid-q, eid-q-2.");
    const [first, ...others] = later().issuers;
    const revocation = { revokedAt: now, reason: "cACompromise" as const };
    const compromised = { ...later(), issuers: [{ ...first!, revocation }, ...others] };
    expect(livingIssuers(compromised, "QUALIFIED", now).map(({ name }) => name)).toEqual(["eid-q-2"]);
  });

  it("who rotates is told where the root cuts the new authority short", async () => {
    const at = now + 14 * YEAR;
    expect((await onCopy("rotate-issuer", ["--level", "qualified"])).notes).not.toContain("short");
    const cut = await onCopy("rotate-issuer", ["--level", "qualified"], { now: at });
    expect(cut).toMatchObject({ code: 0, notes: expect.stringContaining("cuts eid-q-3 short") });
  });
});

describe("a second hierarchy of a deployment", () => {
  const second = file("second");
  const secondKey = file("second-root.pem");

  it("has other names and addresses, and goes beside the first", async () => {
    const commonNames = { root: "Näidis Root R2", qualified: "Näidis EID-Q R2", nonQualified: "Näidis EID-NQ R2" };
    const config = writeConfiguration("second.json", { generation: 2, commonNames });
    const where = ["--folder", second, "--root-key", secondKey, "--yes"];
    expect(await pki(["init", ...where, "--config", config])).toMatchObject({ code: 0 });
    for (const level of ["qualified", "non-qualified"]) {
      expect(await pki(["rotate-issuer", ...where, "--level", level])).toMatchObject({ code: 0 });
    }
    expect(await pki(["renew-root-crl", ...where])).toMatchObject({ code: 0 });
    const { root, issuers, rootList } = readDeployment(second);
    expect([root, ...issuers].map(({ name }) => name)).toEqual(["root-2", "eid-q-r2", "eid-nq-r2", "eid-q-r2-2", "eid-nq-r2-2"]);
    expect(rootList.authority).toBe("root-2");
    expect(new X509Certificate(Buffer.from(issuers[0]!.certificate, "base64")).raw.toString("latin1")).toContain(
      "/pki/crl/root-2.crl",
    );
    const rows = ({ root: top, issuers: below }: Deployment) => [{ ...top, level: null }, ...below];
    expect(() => checkAuthorities(rows(deployment()), { root, issuers })).not.toThrow();
    expect(() => checkAuthorities([...rows(deployment()), ...rows(readDeployment(second))], deployment())).not.toThrow();
  });
});

describe("the terminal", () => {
  const opened = () => {
    const input = new PassThrough();
    const shown: string[] = [];
    const output = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        shown.push(chunk.toString());
        done();
      },
    });
    const interrupted: true[] = [];
    const terminal = terminalOn(input, output, () => void interrupted.push(true));
    return { input, terminal, interrupted, shown: () => shown.join("") };
  };
  const soon = () => new Promise((resolve) => setImmediate(resolve));

  it("keeps what was pasted on several lines, and shows no passphrase", async () => {
    const { input, terminal, shown } = opened();
    const first = terminal.askHidden("Passphrase: ");
    input.write("the first one\nthe second\nvisi");
    expect(await first).toBe("the first one");
    expect(await terminal.askHidden("The same again: ")).toBe("the second");
    const third = terminal.ask("Name: ");
    input.write("ble\n");
    expect(await third).toBe("visible");
    expect(shown()).toMatch(/^Passphrase: \nThe same again: \n[^]*Name: /);
    expect(shown()).not.toMatch(/first|second/);
    terminal.close();
  });

  it("gives Ctrl-C back to the system also after an answer, and cancels a question", async () => {
    const asked = opened();
    const cancelled = asked.terminal.askHidden("Passphrase: ").catch((error: unknown) => String(error));
    asked.input.write("half\u0003");
    expect(await cancelled).toContain("cancelled");
    expect(asked.interrupted).toEqual([]);
    const busy = opened();
    const answer = busy.terminal.askHidden("Passphrase: ");
    busy.input.write("whole\n");
    await answer;
    busy.input.write("\u0003");
    await soon();
    expect(busy.interrupted).toEqual([true]);
  });
});

/** A person's certificate by an authority of the folder; what the index has to know of it is there already. */
async function issueTo(name: string, issuerName: string, serialNumber: Uint8Array, at: number): Promise<string> {
  const found = deployment().issuers.find((issuer) => issuer.name === issuerName)!;
  const issuer = await openIssuer(folder, found, KEYS_PASSPHRASE);
  const identity = {
    givenName: "MARI",
    surname: "TAMM",
    country: "EE",
    semanticsIdentifier: "PNOEE-50001029996",
    level: issuer.level,
  };
  const { der } = await issueCertificate({
    purpose: "sign",
    identity: { ...identity, method: "self-asserted" },
    documentNumber: "PNOEE-50001029996-AAAA-Q",
    publicKey: new Uint8Array(Buffer.from(COMPOSITE_PUBLIC_KEYS[6144], "base64")),
    issuer,
    serialNumber,
    now: at,
    policies: DEFAULT_POLICIES,
    pkiBaseUrl: `http://localhost:${port}/pki`,
    test: false,
  });
  return writePem(name, der);
}

/** 16 bytes, as a serial number has them. */
const serial = (last: number): Uint8Array => Uint8Array.of(0x40, ...Array.from({ length: 14 }, () => 7), last);

describe.skipIf(!hasOpenssl)("openssl", () => {
  it("opens the root key with its passphrase, and with no other", () => {
    const open = (passphrase: string) =>
      spawnSync("openssl", ["pkey", "-in", rootKey, "-passin", "stdin", "-pubout"], { input: passphrase, encoding: "utf8" });
    const key = openssl("x509", "-in", authority("root"), "-noout", "-pubkey");
    expect(open(ROOT_PASSPHRASE)).toMatchObject({ status: 0, stdout: key });
    expect(open(KEYS_PASSPHRASE).status).not.toBe(0);
    const parameters = openssl("asn1parse", "-in", rootKey);
    for (const part of [":PBES2", ":scrypt", ":aes-256-cbc"]) expect(parameters).toContain(part);
  });

  it("reads the names, the policy and the curve of the configuration", () => {
    const text = openssl("x509", "-in", authority("eid-q"), "-noout", "-text", "-nameopt", "RFC2253,utf8,-esc_msb");
    expect(text).toContain("Subject: CN=Näidis EID-Q,organizationIdentifier=NTREE-12345678,O=Näidis AS,C=EE");
    expect(text).toContain("Policy: 1.3.6.1.4.1.99999.1");
    expect(text).toContain("CPS: https://naidis.example/cps");
    expect(text).toContain("Policy: X509v3 Any Policy");
    expect(text).toContain("Signature Algorithm: ecdsa-with-SHA512");
    expect(openssl("x509", "-in", authority("root"), "-noout", "-text")).toContain("NIST CURVE: P-521");
  });
});

describe.skipIf(!hasOpenssl)("a Worker outside local mode, on what was published,", { timeout: TIME_LIMIT }, () => {
  const wrangler = () => ({
    target: { kind: "local" as const, folder: storage },
    configuration: wranglerConfig,
    environment: { PATH: process.env["PATH"] },
  });

  const issuerKey = (name: string): KeyObject => {
    const { keyFile } = deployment().issuers.find((issuer) => issuer.name === name)!;
    return createPrivateKey({ key: readFileSync(join(folder, "keys", keyFile), "utf8"), passphrase: KEYS_PASSPHRASE });
  };

  it("needs its tables first, and publish says which command makes them", async () => {
    expect((await publish()).notes).toContain("npx wrangler d1 migrations apply DATABASE --local");
    const migrations = readdirSync(join(PROJECT, "migrations")).toSorted();
    const tables = migrations.map((name) => readFileSync(join(PROJECT, "migrations", name), "utf8"));
    const index = [
      ["eid-q", 1],
      ["eid-q-2", 2],
    ] as const;
    const rows = index.map(([issuer, last]) => {
      const number = Buffer.from(serial(last)).toString("hex");
      return `INSERT INTO certificates (serial_number, issuer, not_before, not_after) VALUES ('${number}', '${issuer}', ${now}, ${now + YEAR});\n`;
    });
    await querySql(wrangler(), [...tables, ...rows].join("\n"));
  });

  async function withWorker(action: () => Promise<void>): Promise<void> {
    const variables = { LOCAL_MODE: "false", PKI_BASE_URL: `http://localhost:${port}/pki` };
    const worker = await runWorker({ folder: storage, assets: file("assets"), port, variables });
    try {
      await action();
    } finally {
      await worker.stop();
    }
  }

  const download = async (path: string): Promise<Buffer> => {
    const response = await fetch(`http://localhost:${port}/pki/${path}`);
    expect(response.status, path).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  };

  async function list(name: string): Promise<string> {
    writeFileSync(file(`${name}.crl`), await download(`crl/${name}.crl`));
    openssl("crl", "-inform", "DER", "-in", file(`${name}.crl`), "-out", file(`${name}.crl.pem`));
    return file(`${name}.crl.pem`);
  }

  /** The whole path, with the lists that the Worker gives. */
  async function verifies(certificate: string, issuer: string) {
    const lists = [await list(issuer), await list("root")].flatMap((path) => ["-CRLfile", path]);
    return judge(
      "verify",
      "-x509_strict",
      "-crl_check_all",
      ...lists,
      "-CAfile",
      authority("root"),
      "-untrusted",
      authority(issuer),
      certificate,
    );
  }

  /** Status by OCSP, and who signed it. */
  async function status(certificate: string, issuer: string) {
    writeFileSync(file("chain.pem"), readFileSync(authority("root"), "utf8") + readFileSync(authority(issuer), "utf8"));
    const url = openssl("x509", "-in", certificate, "-noout", "-ocsp_uri").trim();
    const trust = ["-CAfile", file("chain.pem"), "-issuer", authority(issuer)];
    // Not blocking: the Worker's server lives in this process.
    const said = await new Promise<string>((resolve) => {
      execFile("openssl", ["ocsp", "-url", url, ...trust, "-cert", certificate, "-resp_text"], (_error, out, error) =>
        resolve(out + error),
      );
    });
    return {
      good: said.includes(`${certificate}: good`) && said.includes("Response verify OK"),
      signer: /\n {8}Serial Number:\s+(\S+)/.exec(said)?.[1],
    };
  }

  const newestSigner = (name: string): string => {
    const signer = deployment().ocspSigners.findLast((one) => one.authority === name)!;
    return new X509Certificate(Buffer.from(signer.certificate, "base64")).serialNumber.toLowerCase().match(/../g)!.join(":");
  };

  it("serves status, CRLs and certificates of the first authorities", async () => {
    const old = await issueTo("old", "eid-q", serial(1), now - 1000);
    // Every process of wrangler writes down what it was given.
    writeFileSync(
      file("probe.mjs"),
      `import { appendFileSync } from "node:fs";
       appendFileSync(${JSON.stringify(file("given.jsonl"))}, JSON.stringify([process.argv, process.env]) + "\\n");`,
    );
    const probe = { NODE_OPTIONS: `--import=${pathToFileURL(file("probe.mjs")).href}` };
    const { code, out, notes } = await publish({ environment: { PATH: process.env["PATH"], ...PASSPHRASES, ...probe } });
    expect({ code, out }).toEqual({ code: 0, out: `Published in ${storage}. The Worker takes it up within a minute.` });
    // What must be there before something is issued by it comes first.
    expect(notes).toMatch(/D1: [^]*ocsp-key-qualified, [^]*ocsp-key-non-qualified, [^]*issuer-key-qualified, /);
    const given = readFileSync(file("given.jsonl"), "utf8");
    expect(given.match(/"secrets-store","secret","create"/g)?.length).toBeGreaterThanOrEqual(4);
    for (const passphrase of [ROOT_PASSPHRASE, KEYS_PASSPHRASE]) expect(given).not.toContain(passphrase);
    const hasIssuerKey = searchFor(issuerKey("eid-q"));
    expect(hasIssuerKey(given)).toBe(false);
    // Everybody may look into the files of the local store, which are in a folder that nobody else may enter.
    expect(statSync(storage).mode & 0o077).toBe(0);
    expect(filesIn(storage).some(([, text]) => hasIssuerKey(text))).toBe(true);
    expectNoRootKey();
    await withWorker(async () => {
      expect(await verifies(old, "eid-q")).toEqual({ status: 0, said: `${old}: OK\n` });
      expect(await status(old, "eid-q")).toEqual({ good: true, signer: newestSigner("eid-q") });
      for (const name of ["root", "eid-q", "eid-nq"]) {
        expect(await download(`certificates/${name}.cer`)).toEqual(new X509Certificate(readFileSync(authority(name))).raw);
      }
    });
  });

  it("serves those of before and the new ones after both rotations, each by its own signers", async () => {
    const first = deployment();
    expect(await pki(withRoot("rotate-issuer", "--level", "qualified"), { now: now - 2 * HOUR })).toMatchObject({ code: 0 });
    expect(await pki(ours("rotate-ocsp"), { now: now - HOUR })).toMatchObject({ code: 0 });
    const stolen = withRoot("renew-root-crl", "--revoke", "eid-nq", "--reason", "cACompromise");
    expect(await pki(stolen)).toMatchObject({ code: 0 });
    expect((await pki(ours("show"))).out).toMatch(/^  NOW +publish --local: [^\n]* has what there was on /m);
    const after = deployment();
    expect(after.issuers.map(({ name }) => name)).toEqual(["eid-q", "eid-nq", "eid-q-2"]);
    // The new key issues, the old one stays behind it for three years and not for ever; no key is lost.
    const [before, , successor] = after.issuers;
    expect(issuerKeyFiles(after, "QUALIFIED", now)).toEqual([successor!.keyFile, before!.keyFile]);
    expect(issuerKeyFiles(after, "QUALIFIED", now + 3 * YEAR)).toEqual([successor!.keyFile, before!.keyFile]);
    expect(issuerKeyFiles(after, "QUALIFIED", now + 4 * YEAR)).toEqual([successor!.keyFile]);
    expect(issuerKeyFiles(after, "QUALIFIED", now + 4 * YEAR, new Map([["eid-q", now + 5 * YEAR]]))).toHaveLength(2);
    expect(ocspKeyFiles(after, "QUALIFIED", now)).toHaveLength(3);
    expect(ocspKeyFiles(after, "QUALIFIED", now + 2 * YEAR)).toHaveLength(0);
    for (const { keyFile } of [...first.issuers, ...first.ocspSigners])
      expect(existsSync(join(folder, "keys", keyFile))).toBe(true);

    writePem("eid-q-2", Buffer.from(successor!.certificate, "base64"));
    const old = file("old.pem");
    const later = await issueTo("later", "eid-q-2", serial(2), now - 1000);
    const below = await issueTo("below", "eid-nq", serial(3), now - 1000);
    const { code, notes } = await publish();
    expect({ code, notes }).toEqual({ code: 0, notes: expect.stringContaining("issuer-key-qualified, 2 keys") });
    // What revokes an authority comes when another one's key is there.
    expect(notes).toMatch(
      /D1: authorities, OCSP signers …\n[^]*issuer-key-non-qualified, [^]*\nD1: the root's CRL, which revokes …$/,
    );
    expect((await pki(ours("show"))).out).not.toMatch(/NOW +publish/);
    await withWorker(async () => {
      expect(await verifies(old, "eid-q")).toEqual({ status: 0, said: `${old}: OK\n` });
      expect(await verifies(later, "eid-q-2")).toEqual({ status: 0, said: `${later}: OK\n` });
      expect((await verifies(below, "eid-nq")).said).toContain("certificate revoked");
      expect(openssl("crl", "-in", file("root.crl.pem"), "-noout", "-crlnumber")).toContain(
        after.rootList.number.toString(16).toUpperCase(),
      );
      expect(await status(old, "eid-q")).toEqual({ good: true, signer: newestSigner("eid-q") });
      expect(await status(later, "eid-q-2")).toEqual({ good: true, signer: newestSigner("eid-q-2") });
      expect(newestSigner("eid-q")).not.toBe(newestSigner("eid-q-2"));
    });
  });

  it("refuses the path below an issuing authority that the root revoked", async () => {
    cpSync(folder, file("old-copy"), { recursive: true });
    const revoke = withRoot("renew-root-crl", "--revoke", "eid-q", "--reason", "cACompromise");
    expect(await pki(revoke, { now: now + 1000 })).toMatchObject({ code: 0, out: expect.stringContaining("revokes eid-q") });
    writeFileSync(file("root.crl"), Buffer.from(deployment().rootList.list, "base64"));
    openssl("crl", "-inform", "DER", "-in", file("root.crl"), "-out", file("root.crl.pem"));
    expect(openssl("crl", "-in", file("root.crl.pem"), "-noout", "-text")).toContain("CA Compromise");
    const lists = ["eid-q", "root"].flatMap((name) => ["-CRLfile", file(`${name}.crl.pem`)]);
    const chain = ["-CAfile", authority("root"), "-untrusted", authority("eid-q")];
    const verdict = judge(
      "verify",
      "-x509_strict",
      "-crl_check_all",
      "-attime",
      String(Math.floor(now / 1000) + 60),
      ...lists,
      ...chain,
      file("old.pem"),
    );
    expect(verdict.said).toContain("certificate revoked");
    // Of what is left after the other level's was revoked as well.
    expect((await pki(ours("export-trust"))).out.match(/BEGIN/g)).toHaveLength(2);
    expect((await pki(ours("show"))).out).toMatch(/^eid-q .* revoked \d{4}-\d\d-\d\d, cACompromise/m);
  });

  it("gets nothing from an old copy of the folder that would undo a revocation or a rotation", async () => {
    const old = ["--folder", file("old-copy")];
    const inDatabase = ({ root, issuers, ocspSigners, rootList }: Deployment) => ({
      authorities: [{ ...root, level: null }, ...issuers],
      signers: ocspSigners,
      lists: [{ ...rootList, list: Buffer.from(rootList.list, "base64").toString("hex").toUpperCase() }],
    });
    const copy = readDeployment(file("old-copy"));
    const stored = inDatabase(deployment());
    expect(() => checkStored(stored, deployment(), now)).not.toThrow();
    expect(() => checkStored(inDatabase(copy), deployment(), now)).not.toThrow();
    expect([revokesMore(inDatabase(copy), deployment()), revokesMore(stored, deployment())]).toEqual([true, false]);
    expect(() => checkStored(stored, copy, now)).toThrow("a CRL that revokes eid-q, which this folder does not know");
    // Not even with a number above that of the list that is there.
    expect(await pki(["renew-root-crl", ...old, "--root-key", rootKey, "--yes"], { now: now + 2000 })).toMatchObject({ code: 0 });
    const renewed = readDeployment(file("old-copy"));
    expect(renewed.rootList.number).toBeGreaterThan(deployment().rootList.number);
    expect(() => checkStored(stored, renewed, now)).toThrow("a CRL that revokes eid-q, which");
    expect(() => checkStored({ ...stored, lists: inDatabase(renewed).lists }, copy, now)).toThrow("the root's CRL number");
    expect(() => checkStored({ ...stored, lists: [{ ...stored.lists[0]!, list: "3000" }] }, copy, now)).toThrow("is no CRL");
    expect(await pki(["rotate-ocsp", ...old], { now: now + 2000 })).toMatchObject({ code: 0 });
    const signers = inDatabase(readDeployment(file("old-copy"))).signers;
    expect(() => checkStored({ ...stored, signers }, deployment(), now)).toThrow("an OCSP signer of eid-q");
    expect(() => checkStored({ ...stored, signers }, deployment(), now + 2 * YEAR)).not.toThrow();
  });

  it("gets nothing that nobody would accept now, and no key where others may look", async () => {
    const found = deployment();
    expect(() => checkValidity(found, now + 2000)).not.toThrow();
    expect(() => checkValidity(found, now - HOUR)).toThrow(/the root's CRL is valid only from .* clock right/);
    expect(() => checkValidity(found, now + 2 * YEAR)).toThrow(/the root's CRL ended on .*: renew-root-crl first/);
    const lasting = { ...found, rootList: { ...found.rootList, thisUpdate: 0, nextUpdate: now + 30 * YEAR } };
    expect(() => checkValidity(lasting, now - 4 * HOUR)).toThrow(/eid-n?q(?:-2)? is valid only from/);
    expect(() => checkValidity(lasting, now + 13 * YEAR)).toThrow(/eid-n?q(?:-2)? ended on .*: rotate-issuer first/);
    const publishTo = (to: string) =>
      pki(ours("publish", "--local", "--persist-to", to, "--wrangler-config", wranglerConfig), { now: now + 2000 });
    expect((await publishTo(join(PROJECT, ".state"))).notes).toContain("is inside the folder of this project");
    mkdirSync(file("open"), { mode: 0o755 });
    expect((await publishTo(file("open"))).notes).toContain(`chmod 700 ${file("open")}`);
    expect(readdirSync(file("open"))).toEqual([]);
    // One command line holds so much and no more.
    expect(commandsOf(["a", "b", "cc"], 6)).toEqual(["a;\nb;", "cc;"]);
    expect(commandsOf([])).toEqual([]);
  });
});

describe("at the end of all of it", () => {
  it("the root key and the passphrases are in the clear nowhere, what was published included", () => expectNoRootKey());
});
