// The operator's certificate tool, from the ceremony to a Worker that runs on what it published, judged by the openssl command line.
// One hierarchy for all tests, in the order of its life: keys are slow to make and wrangler is slow to start.
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runWorker } from "../../scripts/local-runtime.ts";
import { configurationSchema } from "../../scripts/pki/configuration.ts";
import type { Context } from "../../scripts/pki/context.ts";
import { type Deployment, issuerKeyFiles, ocspKeyFiles } from "../../scripts/pki/deployment.ts";
import { readDeployment } from "../../scripts/pki/folder.ts";
import { HELP } from "../../scripts/pki/help.ts";
import { SCRYPT_COST } from "../../scripts/pki/key-encryption.ts";
import { openIssuer } from "../../scripts/pki/keys.ts";
import { COMMANDS } from "../../scripts/pki/options.ts";
import { withoutPassphrases } from "../../scripts/pki/passphrase.ts";
import { checkAuthorities } from "../../scripts/pki/publish.ts";
import { rowsAsSql } from "../../scripts/pki/rows.ts";
import { runPki } from "../../scripts/pki/run.ts";
import { checkSecretSizes, MAXIMUM_SECRET_LENGTH } from "../../scripts/pki/secrets.ts";
import { runSqlFile } from "../../scripts/pki/wrangler.ts";
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
const withRoot = (command: string, ...more: readonly string[]): string[] => ours(command, "--root-key", rootKey, ...more);
const publish = (...more: readonly string[]) =>
  pki(ours("publish", "--local", "--persist-to", storage, "--wrangler-config", wranglerConfig, ...more));

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

    const secret = Buffer.from(key.export({ format: "jwk" }).d!, "base64url").subarray(8, 40);
    const forms = [secret.toString("latin1"), secret.toString("hex")];
    const der = key.export({ format: "der", type: "pkcs8" });
    // In base64 wherever it begins.
    forms.push(
      ...[0, 1, 2].map((shift) =>
        der
          .subarray(30 + shift, 60 + shift)
          .toString("base64")
          .slice(2, -4),
      ),
    );
    const everything: [string, string][] = [...filesIn(place), ["SQL", rowsAsSql(deployment())]];
    for (const [path, text] of everything) {
      for (const form of forms) expect(text.includes(form), path).toBe(false);
      for (const passphrase of [ROOT_PASSPHRASE, KEYS_PASSPHRASE]) expect(text.includes(passphrase), path).toBe(false);
    }
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
    const rest = ["", "", "", "", "", "", ""];
    const none = await pki(where, { environment: {}, terminal: terminal([...answers, ...rest, "no"]) });
    expect(none).toMatchObject({ code: 1, notes: expect.stringContaining("nothing was made") });
    expect(none.notes).toContain("That is not of the form NTREE-12345678");
    expect(none.notes).toContain("That ends with a slash");
    const typo = [...answers, ...rest, "yes", ROOT_PASSPHRASE, "another one, by mistake"];
    expect((await pki(where, { environment: {}, terminal: terminal(typo) })).notes).toContain("not the same");
    expect(existsSync(file("asked"))).toBe(false);
    const right = [...answers, ...rest, "yes", ROOT_PASSPHRASE, ROOT_PASSPHRASE, KEYS_PASSPHRASE, KEYS_PASSPHRASE];
    expect(await pki(where, { environment: {}, terminal: terminal(right) })).toMatchObject({ code: 0 });
    expect(readDeployment(file("asked")).configuration).toMatchObject({
      country: "EE",
      commonNames: { root: "Asked OÜ Root CA", qualified: "Asked OÜ EID-Q", nonQualified: "Asked OÜ EID-NQ" },
      rootCurve: "P-384",
      pkiBaseUrl: "http://a.example/pki",
    });
    expect(asked.filter((question) => question.includes("again"))).toHaveLength(3);
  });
});

describe("what is no good is refused in one sentence, and nothing is made:", () => {
  const fresh = (): string[] => ["init", "--folder", file("refused"), "--root-key", file("refused.pem")];
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
    ["no root key", () => ours("renew-root-crl"), PASSPHRASES, "say where it is with --root-key"],
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
    const other = await pki(["renew-root-crl", "--folder", folder, "--root-key", file("asked-root.pem")]);
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
    expect(out).toMatch(/^DUE\n  \d{4}-\d\d-\d\d  (?:rotate-ocsp|renew-root-crl), then publish/m);
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
    writeFileSync(file("tables.sql"), [...tables, ...rows].join("\n"));
    await runSqlFile(wrangler(), file("tables.sql"));
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
    const { code, out, notes } = await publish();
    expect({ code, out }).toEqual({ code: 0, out: `Published in ${storage}. The Worker takes it up within a minute.` });
    // What must be there before something is issued by it comes first.
    expect(notes).toMatch(/D1: [^]*ocsp-key-qualified, [^]*ocsp-key-non-qualified, [^]*issuer-key-qualified, /);
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
    expect(await pki(withRoot("renew-root-crl"))).toMatchObject({ code: 0 });
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
    expect(await publish()).toMatchObject({ code: 0, notes: expect.stringContaining("issuer-key-qualified, 2 keys") });
    await withWorker(async () => {
      expect(await verifies(old, "eid-q")).toEqual({ status: 0, said: `${old}: OK\n` });
      expect(await verifies(later, "eid-q-2")).toEqual({ status: 0, said: `${later}: OK\n` });
      expect(openssl("crl", "-in", file("root.crl.pem"), "-noout", "-crlnumber")).toContain(
        after.rootList.number.toString(16).toUpperCase(),
      );
      expect(await status(old, "eid-q")).toEqual({ good: true, signer: newestSigner("eid-q") });
      expect(await status(later, "eid-q-2")).toEqual({ good: true, signer: newestSigner("eid-q-2") });
      expect(newestSigner("eid-q")).not.toBe(newestSigner("eid-q-2"));
    });
  });

  it("refuses the path below an issuing authority that the root revoked", async () => {
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
    expect((await pki(ours("export-trust"))).out.match(/BEGIN/g)).toHaveLength(3);
    expect((await pki(ours("show"))).out).toMatch(/^eid-q .* revoked \d{4}-\d\d-\d\d, cACompromise/m);
  });
});
