// The status service of a running server, asked by the openssl command line, which knows nothing of this project: OCSP, CRLs, and the
// addresses that stand in certificates.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enrolAccount } from "../../scripts/authenticator/enrolment.ts";
import { fetchSigningCertificate } from "../../scripts/demo/relying-party.ts";
import { makeTestPerson } from "../../scripts/demo/test-person.ts";
import { type LocalServer, startServer } from "../../scripts/server.ts";
import { ChannelClient } from "../../src/authenticator/channel-client.ts";
import { MemoryStorage } from "../support/memory-storage.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
if (!hasOpenssl) console.error("SKIPPED, NOT PASSED: there is no openssl on this machine to judge OCSP answers and CRLs.");

const folder = mkdtempSync(join(tmpdir(), "tally-status-"));
const stateFolder = join(folder, "state");
const file = (name: string): string => join(folder, name);
const anchor = (name: string): string => join(stateFolder, "pki", `${name}.pem`);

let server: LocalServer;
/** A certificate that stays good, and one whose account its owner deletes. */
let good: string;
let deleted: string;

afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

interface Account {
  readonly certificate: string;
  readonly client: ChannelClient;
}

async function makeAccount(name: string): Promise<Account> {
  const client = new ChannelClient({ url: server.url, fetch }, new MemoryStorage());
  const { identity, pins } = makeTestPerson();
  const { documentNumber } = await enrolAccount(client, identity, pins, () => undefined);
  const base64 = await fetchSigningCertificate(`${server.url}/v3`, documentNumber);
  const lines = base64.match(/.{1,64}/g)!.join("\n");
  writeFileSync(file(`${name}.pem`), `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`);
  return { certificate: file(`${name}.pem`), client };
}

const openssl = (...parameters: string[]): string => execFileSync("openssl", parameters, { encoding: "utf8", stdio: "pipe" });

/** Status and everything printed, whatever openssl thinks of it. */
function run(...parameters: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync("openssl", parameters, { encoding: "utf8" });
  return { status, said: stdout + stderr };
}

/** Asks the server by POST, as `openssl ocsp` does, and verifies the answer through the chain. */
const ocsp = (...parameters: string[]) =>
  run("ocsp", "-url", `${server.url}/pki/ocsp`, "-CAfile", file("chain.pem"), "-issuer", anchor("eid-q"), ...parameters);

const download = async (path: string, init?: RequestInit): Promise<Buffer> => {
  const response = await fetch(`${server.url}/pki/${path}`, init);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
};

async function downloadList(name: string): Promise<string> {
  writeFileSync(file(`${name}.crl`), await download(`crl/${name}.crl`));
  openssl("crl", "-inform", "DER", "-in", file(`${name}.crl`), "-out", file(`${name}.crl.pem`));
  return file(`${name}.crl.pem`);
}

const numberOf = (list: string): bigint => BigInt(openssl("crl", "-in", list, "-noout", "-crlnumber").trim().split("=")[1]!);

/** The whole path against the lists that the server gives now. */
async function verifyWithLists(certificate: string) {
  const lists = [await downloadList("eid-q"), await downloadList("root")].flatMap((list) => ["-CRLfile", list]);
  const chain = ["-CAfile", anchor("root"), "-untrusted", anchor("eid-q")];
  return run("verify", "-x509_strict", "-crl_check_all", ...lists, ...chain, certificate);
}

describe.skipIf(!hasOpenssl)("openssl, with a server whose state folder is new,", () => {
  let account: Account;
  beforeAll(async () => {
    server = await startServer({ port: 0, stateFolder });
    writeFileSync(file("chain.pem"), readFileSync(anchor("root"), "utf8") + readFileSync(anchor("eid-q"), "utf8"));
    good = (await makeAccount("good")).certificate;
    account = await makeAccount("deleted");
    deleted = account.certificate;
  });

  it.each([["SHA-1"], ["SHA-256"]])("gets good for a new certificate by certIDs of %s, with a nonce and without", (hash) => {
    const digest = hash === "SHA-1" ? "-sha1" : "-sha256";
    const asked = ocsp(digest, "-cert", good);
    expect(asked).toMatchObject({ status: 0, said: expect.stringContaining(`${good}: good`) });
    expect(asked.said).toContain("Response verify OK");
    // What openssl says of a nonce that is missing or another.
    expect(asked.said).not.toMatch(/nonce/i);
    const without = ocsp(digest, "-no_nonce", "-cert", good);
    expect(without).toMatchObject({ status: 0, said: expect.stringContaining(`${good}: good`) });
    expect(without.said).toContain("Response verify OK");
  });

  it("gets unknown for a serial number that was never issued, and the states of several at once", () => {
    const several = ocsp("-cert", good, "-serial", "0x4f000000000000000000000000000001", "-sha256", "-cert", deleted);
    expect(several.said).toContain(`${good}: good`);
    expect(several.said).toContain("0x4f000000000000000000000000000001: unknown");
    expect(several.said).toContain(`${deleted}: good`);
    expect(several.said).toContain("Response verify OK");
  });

  it("is told that it is unauthorized where it asks for another's certificates", () => {
    const foreign = run("ocsp", "-url", `${server.url}/pki/ocsp`, "-issuer", anchor("root"), "-cert", anchor("eid-q"));
    expect(foreign.said).toContain("Responder Error: unauthorized (6)");
  });

  it("refuses the answer under the authority of the other level: each signer speaks for one", () => {
    const response = file("response.der");
    ocsp("-cert", good, "-respout", response);
    const other = ["-issuer", anchor("eid-nq"), "-cert", good, "-CAfile", file("chain.pem")];
    expect(run("ocsp", "-respin", response, ...other).said).not.toContain(": good");
  });

  it("verifies an answer that came by GET, made by hand", async () => {
    const [request, response] = [file("request.der"), file("get.der")];
    openssl("ocsp", "-no_nonce", "-issuer", anchor("eid-q"), "-cert", good, "-reqout", request);
    const path = encodeURIComponent(readFileSync(request).toString("base64"));
    writeFileSync(response, await download(`ocsp/${path}`));
    const chain = ["-CAfile", file("chain.pem"), "-issuer", anchor("eid-q"), "-cert", good];
    const read = run("ocsp", "-respin", response, ...chain, "-no_nonce", "-resp_text");
    expect(read).toMatchObject({ status: 0, said: expect.stringContaining("Response verify OK") });
    expect(read.said).toContain(`${good}: good`);
    expect(read.said).toContain("OCSP Archive Cutoff");
    expect(read.said).toContain("OCSP No Check");
    expect(read.said).toContain("Responder Id: ");
    const [, update = "", next = ""] = /This Update: (.+)\n\s*Next Update: (.+)\n/.exec(read.said) ?? [];
    expect(Date.parse(next) - Date.parse(update)).toBe(300_000);
  });

  it("verifies the whole path with downloaded CRLs, which list nothing yet", async () => {
    expect(await verifyWithLists(good)).toMatchObject({ status: 0, said: `${good}: OK\n` });
    const text = openssl("crl", "-in", file("eid-q.crl.pem"), "-noout", "-text");
    expect(text).toContain("Version 2 (0x1)");
    expect(text).toContain("ecdsa-with-SHA384");
    expect(text).toContain("No Revoked Certificates");
    expect(text).toContain("X509v3 Authority Key Identifier");
    for (const name of ["eid-q", "root"]) {
      const checked = run("crl", "-in", file(`${name}.crl.pem`), "-noout", "-CAfile", anchor(name));
      expect(checked.said).toContain("verify OK");
    }
  });

  it("finds CRLs and authorities by the addresses in the certificates", async () => {
    // Not -crl_check_all: it wants a CRL for the root itself, which names no address.
    const verifyOnline = (...parameters: string[]) =>
      run("verify", "-x509_strict", "-crl_check", "-crl_download", "-CAfile", anchor("root"), ...parameters);
    expect(verifyOnline("-untrusted", anchor("eid-q"), good)).toEqual({ status: 0, said: `${good}: OK\n` });
    expect(verifyOnline(anchor("eid-q"))).toEqual({ status: 0, said: `${anchor("eid-q")}: OK\n` });
    const named = openssl("x509", "-in", good, "-noout", "-text");
    const address = /CA Issuers - URI:(\S+)/.exec(named)?.[1] ?? "";
    const issuer = Buffer.from(await (await fetch(address)).arrayBuffer());
    writeFileSync(file("issuer.cer"), issuer);
    openssl("x509", "-inform", "DER", "-in", file("issuer.cer"), "-out", file("issuer.pem"));
    expect(openssl("x509", "-in", file("issuer.pem"), "-noout", "-subject", "-fingerprint")).toBe(
      openssl("x509", "-in", anchor("eid-q"), "-noout", "-subject", "-fingerprint"),
    );
    openssl("x509", "-in", good, "-outform", "DER", "-out", file("good.der"));
    const uri = openssl("x509", "-in", good, "-noout", "-ocsp_uri").trim();
    expect(run("ocsp", "-url", uri, "-CAfile", file("chain.pem"), "-issuer", anchor("eid-q"), "-cert", good).status).toBe(0);
    const [statement] = /http:[ -~]+?\/disclosure\/en/.exec(readFileSync(file("good.der"), "latin1")) ?? [];
    expect((await fetch(statement ?? "")).status).toBe(200);
  });

  describe("after the owner of an account deleted it,", () => {
    let number: bigint;
    beforeAll(async () => {
      number = numberOf(await downloadList("eid-q"));
    });

    it("gets revoked for the very next request, with time and reason, and good for the other", async () => {
      // Asked before, so that an answer is there to be given again.
      for (const nonce of [[], ["-no_nonce"]]) expect(ocsp("-cert", deleted, ...nonce).said).toContain(`${deleted}: good`);
      const before = Math.floor(Date.now() / 1000) * 1000;
      expect(await account.client.call("revokeKey", () => ({}))).toMatchObject({ ok: true });
      for (const nonce of [["-no_nonce"], []]) {
        const { said } = ocsp("-cert", deleted, ...nonce);
        expect(said).toContain("Response verify OK");
        expect(said).toContain(`${deleted}: revoked`);
        expect(said).toContain("Reason: cessationOfOperation");
        const time = Date.parse(/Revocation Time: (.+)/.exec(said)?.[1] ?? "");
        expect(time).toBeGreaterThanOrEqual(before);
        expect(time).toBeLessThanOrEqual(Date.now());
      }
      expect(ocsp("-cert", good).said).toContain(`${good}: good`);
    });

    it("finds it in the next CRL, which has a higher number, and refuses the path", async () => {
      // At most one list in five seconds.
      await expect
        .poll(async () => numberOf(await downloadList("eid-q")), { timeout: 15_000, interval: 500 })
        .toBeGreaterThan(number);
      expect((await verifyWithLists(deleted)).said).toContain("certificate revoked");
      expect(await verifyWithLists(good)).toMatchObject({ status: 0 });
      const text = openssl("crl", "-in", file("eid-q.crl.pem"), "-noout", "-text");
      const serial = openssl("x509", "-in", deleted, "-noout", "-serial").trim().split("=")[1]!;
      expect(text).toContain(`Serial Number: ${serial}`);
      expect(text.match(/Cessation Of Operation/g)).toHaveLength(2);
      const [, update = "", next = ""] = /Last Update: (.+)\n\s*Next Update: (.+)\n/.exec(text) ?? [];
      expect(Date.parse(next) - Date.parse(update)).toBe(86_400_000);
    });
  });
});

describe.skipIf(!hasOpenssl)("openssl, with a server whose state folder is of before there was OCSP,", () => {
  beforeAll(async () => {
    await server.stop();
    const secrets = join(stateFolder, "secrets.json");
    const content = JSON.parse(readFileSync(secrets, "utf8")) as { version: number; secrets: Record<string, string> };
    const { OCSP_KEY_QUALIFIED: _q, OCSP_KEY_NON_QUALIFIED: _nq, ...old } = content.secrets;
    const { ocspSigners: _s, revocationLists: _l, ...rest } = content as unknown as Record<string, unknown>;
    writeFileSync(secrets, JSON.stringify({ ...rest, version: 2, secrets: old }));
    const record = join(stateFolder, "v3", "made-with.json");
    const {
      OCSP_KEY_QUALIFIED: _fq,
      OCSP_KEY_NON_QUALIFIED: _fnq,
      ...recorded
    } = JSON.parse(readFileSync(record, "utf8")) as Record<string, string>;
    writeFileSync(record, JSON.stringify(recorded));
    // The same port: it stands in the certificates.
    server = await startServer({ port: Number(new URL(server.url).port), stateFolder });
  });

  it("gets answers of new signers for what was issued and revoked before", () => {
    expect(ocsp("-cert", good)).toMatchObject({ status: 0, said: expect.stringContaining(`${good}: good`) });
    expect(ocsp("-cert", deleted, "-no_nonce").said).toContain(`${deleted}: revoked`);
  });
});
