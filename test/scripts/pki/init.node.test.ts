// The ceremony: the keys and certificates that it makes, judged by the openssl command line, whom it asks what, and what of it can be
// read without a passphrase.
import { spawnSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { configurationSchema } from "../../../scripts/pki/configuration.ts";
import { readDeployment } from "../../../scripts/pki/folder.ts";
import { HELP } from "../../../scripts/pki/help.ts";
import { SCRYPT_COST } from "../../../scripts/pki/key-encryption.ts";
import { COMMANDS } from "../../../scripts/pki/options.ts";
import { trustAnchors } from "../../../src/client/index.ts";
import { withoutOurs } from "../../../scripts/wrangler/run.ts";
import { terminalOn } from "../../../scripts/pki/terminal.ts";
import { hasOpensslFor } from "../../support/openssl.ts";
import { HOUR, KEYS_PASSPHRASE, now, PASSPHRASES, pki, PROJECT, ROOT_PASSPHRASE, YEAR } from "./command.ts";
import { hierarchy } from "./hierarchy.ts";
import { filesIn, searchFor } from "./key-search.ts";
import { openssl } from "./openssl.ts";

const hasOpenssl = hasOpensslFor("an operator's hierarchy");

const { place, folder, rootKey, file, ours, withRoot, deployment, authority, openedRootKey, expectNoRootKey } = hierarchy();

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
    expect(withoutOurs({ ...PASSPHRASES, PATH: "/bin" })).toEqual({ PATH: "/bin" });
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

  it("export-trust: the bundle, the same as files in PEM and DER, and that of a local server", async () => {
    const { out } = await pki(ours("export-trust"), { environment: {} });
    expect(out.match(/-----BEGIN CERTIFICATE-----/g)).toHaveLength(3);
    await pki(ours("export-trust", "--out", file("trust.pem"), "--der", file("der")), { environment: {} });
    expect(readFileSync(file("trust.pem"), "utf8")).toBe(`${out}\n`);
    expect(readdirSync(file("der")).toSorted()).toEqual(["eid-nq.cer", "eid-q.cer", "root.cer"]);
    // Each by itself, under the names that the guides give to a program.
    const separate = ours("export-trust", "--pem", file("trust"));
    expect(await pki(separate, { environment: {} })).toMatchObject({ code: 0, out: "" });
    expect(readdirSync(file("trust")).toSorted()).toEqual(["eid-nq.pem", "eid-q.pem", "root.pem"]);
    const [rootPem = "", qualified = "", other = ""] = ["root", "eid-q", "eid-nq"].map((name) =>
      readFileSync(join(file("trust"), `${name}.pem`), "utf8"),
    );
    expect(rootPem + qualified + other).toBe(`${out}\n`);
    expect((await trustAnchors({ roots: rootPem, intermediates: qualified })).intermediates).toHaveLength(1);
    writeFileSync(join(file("trust"), "eid-q.pem"), "no certificate");
    expect((await pki(separate, { environment: {} })).notes).toContain("it is not overwritten");
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

describe("at the end of all of it", () => {
  it("the root key and the passphrases are in the clear nowhere", () => expectNoRootKey());
});
