// What needs wrangler: a Worker that runs on what the operator's certificate tool published, judged by the openssl command line. In the
// order of a hierarchy's life, and all in this file: wrangler is slow to load and to start.
import { createPrivateKey, type KeyObject, randomBytes, X509Certificate } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { runWorker } from "../../../scripts/local-runtime.ts";
import type { Context } from "../../../scripts/pki/context.ts";
import { type Deployment, issuerKeyFiles, ocspKeyFiles } from "../../../scripts/pki/deployment.ts";
import { readDeployment } from "../../../scripts/pki/folder.ts";
import { checkValidity } from "../../../scripts/pki/publish.ts";
import { checkStored, revokesMore } from "../../../scripts/pki/stored-rows.ts";
import { commandsOf, querySql } from "../../../scripts/wrangler/database.ts";
import { putSecret } from "../../../scripts/wrangler/secrets-store.ts";
import { hasOpensslFor } from "../../support/openssl.ts";
import { HOUR, KEYS_PASSPHRASE, now, PASSPHRASES, pki, PROJECT, ROOT_PASSPHRASE, YEAR } from "./command.ts";
import { hierarchy } from "./hierarchy.ts";
import { filesIn, searchFor } from "./key-search.ts";
import { judge, openssl, relyingParty } from "./openssl.ts";
import { issueFrom, serial } from "./person-certificate.ts";

const hasOpenssl = hasOpensslFor("what a Worker publishes of an operator's hierarchy");

/** Milliseconds, for what starts wrangler a dozen times on a machine that does other things as well. */
const TIME_LIMIT = 300_000;

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "localhost", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

const port = await freePort();
const pkiBaseUrl = `http://localhost:${port}/pki`;
const operator = hierarchy(pkiBaseUrl);
const { folder, rootKey, wranglerConfig, file, ours, withRoot, deployment, authority, writePem, expectNoRootKey } = operator;
const { download, verifies, status } = relyingParty(operator, pkiBaseUrl);
const storage = file("storage");

const publish = (changes: Partial<Context> = {}) =>
  pki(ours("publish", "--local", "--persist-to", storage, "--wrangler-config", wranglerConfig), changes);

/** Path of a person's certificate; what the index has to know of it is there already. */
const issueTo = async (name: string, issuer: string, serialNumber: Uint8Array, at: number): Promise<string> =>
  writePem(name, await issueFrom(folder, issuer, serialNumber, at));

describe("what is no good is refused in one sentence, and nothing is made:", () => {
  it("a wrangler.toml that says otherwise, with the lines to put there", async () => {
    const publishWith = (path: string) => pki(ours("publish", "--remote", "--wrangler-config", path));
    const wrong = await publishWith(join(PROJECT, "wrangler.toml"));
    expect(wrong.code).toBe(1);
    expect(wrong.notes).toContain(`\n[vars]\nPKI_BASE_URL = "${pkiBaseUrl}"`);
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
    // Of the other secrets the one without which no Worker says that it is well.
    await putSecret(wrangler(), { store: "tally", name: "kek", id: undefined, value: randomBytes(32).toString("base64") });
  });

  async function withWorker(action: () => Promise<void>): Promise<void> {
    const variables = { LOCAL_MODE: "false", PKI_BASE_URL: pkiBaseUrl };
    mkdirSync(file("assets"), { recursive: true });
    const worker = await runWorker({ folder: storage, assets: file("assets"), port, variables });
    try {
      await action();
    } finally {
      await worker.stop();
    }
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
