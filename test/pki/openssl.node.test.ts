// The status service of a running server, asked by the openssl command line, which knows nothing of this project: OCSP, CRLs, the
// addresses that stand in certificates, and time stamps.
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
import { hasOpensslFor } from "../support/openssl.ts";

const hasOpenssl = hasOpensslFor("OCSP answers, CRLs and time stamps");

const folder = mkdtempSync(join(tmpdir(), "tally-status-"));
const stateFolder = join(folder, "state");
const file = (name: string): string => join(folder, name);
const anchor = (name: string): string => join(stateFolder, "pki", `${name}.pem`);

let server: LocalServer;
const variables = { SHARE_POOL_SIZE: "0" };
/** A certificate that stays good, and one whose account its owner deletes. */
let good: string;
let deleted: string;
/** What is stamped, and its first time stamp. */
const data = file("contract.txt");
let first: { readonly request: string; readonly reply: string };

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

/** Asks by GET, which openssl does not; what it reads in the answer to its own request, nonce included. */
async function ocspByGet(certificate: string, ...parameters: string[]): Promise<string> {
  const [request, response] = [file("request.der"), file("get.der")];
  openssl("ocsp", ...parameters, "-issuer", anchor("eid-q"), "-cert", certificate, "-reqout", request);
  const path = encodeURIComponent(readFileSync(request).toString("base64"));
  writeFileSync(response, await download(`ocsp/${path}`));
  const { said } = run("ocsp", "-reqin", request, "-respin", response, "-CAfile", file("chain.pem"), "-resp_text");
  expect(said).toContain("Response verify OK");
  // Of one that is missing or another.
  expect(said).not.toMatch(/no nonce|nonce verify/i);
  return said;
}

async function downloadList(name: string): Promise<string> {
  writeFileSync(file(`${name}.crl`), await download(`crl/${name}.crl`));
  openssl("crl", "-inform", "DER", "-in", file(`${name}.crl`), "-out", file(`${name}.crl.pem`));
  return file(`${name}.crl.pem`);
}

const numberOf = (list: string): bigint => BigInt(openssl("crl", "-in", list, "-noout", "-crlnumber").trim().split("=")[1]!);

/** Makes a query with the parameters given, has it answered, and names the files of both. */
async function timeStamp(name: string, ...parameters: string[]): Promise<typeof first> {
  const [request, reply] = [file(`${name}.tsq`), file(`${name}.tsr`)];
  openssl("ts", "-query", ...parameters, "-out", request);
  const headers = { "content-type": "application/timestamp-query" };
  writeFileSync(reply, await download("tsa", { method: "POST", headers, body: readFileSync(request) }));
  return { request, reply };
}

/** What openssl reads in an answer. */
const readTimeStamp = (reply: string): string => run("ts", "-reply", "-in", reply, "-text").said;

/** Through the chain; `against`: the data, or the query. */
const verifyTimeStamp = (reply: string, ...against: string[]) =>
  run("ts", "-verify", "-in", reply, ...against, "-CAfile", anchor("root"), "-untrusted", anchor("eid-nq"));

/** The certificate that an answer brings along, and the name of its file. */
function signerIn(reply: string): string {
  openssl("ts", "-reply", "-in", reply, "-token_out", "-out", file("token.der"));
  openssl("pkcs7", "-inform", "DER", "-in", file("token.der"), "-print_certs", "-out", file("signer.pem"));
  return file("signer.pem");
}

/** By the address in it. */
function statusOfSigner(signer: string): string {
  const uri = openssl("x509", "-in", signer, "-noout", "-ocsp_uri").trim();
  const chain = ["-CAfile", anchor("root"), "-verify_other", anchor("eid-nq"), "-issuer", anchor("eid-nq")];
  return run("ocsp", "-url", uri, ...chain, "-cert", signer).said;
}

const serialIn = (text: string): string => /Serial number: 0x([0-9A-F]+)/.exec(text)?.[1] ?? "";

/** The whole path against the lists that the server gives now. */
async function verifyWithLists(certificate: string) {
  const lists = [await downloadList("eid-q"), await downloadList("root")].flatMap((list) => ["-CRLfile", list]);
  const chain = ["-CAfile", anchor("root"), "-untrusted", anchor("eid-q")];
  return run("verify", "-x509_strict", "-crl_check_all", ...lists, ...chain, certificate);
}

describe.skipIf(!hasOpenssl)("openssl, with a server whose state folder is new,", () => {
  let account: Account;
  beforeAll(async () => {
    server = await startServer({ port: 0, stateFolder, variables });
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

  it("verifies answers that came by GET, with a nonce and without", async () => {
    const text = await ocspByGet(good, "-no_nonce");
    expect(text).toContain("Cert Status: good");
    expect(text).toContain("OCSP Archive Cutoff");
    expect(text).toContain("OCSP No Check");
    expect(text).toContain("Responder Id: ");
    expect(text).not.toContain("OCSP Nonce");
    const [, update = "", next = ""] = /This Update: (.+)\n\s*Next Update: (.+)\n/.exec(text) ?? [];
    expect(Date.parse(next) - Date.parse(update)).toBe(300_000);
    const withNonce = await ocspByGet(good, "-nonce", "-sha256");
    expect(withNonce).toContain("Cert Status: good");
    expect(withNonce).toContain("Hash Algorithm: sha256");
    expect(withNonce).toContain("OCSP Nonce");
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

  describe("with time stamps,", () => {
    beforeAll(async () => {
      writeFileSync(data, "what was agreed\n");
      writeFileSync(file("altered.txt"), "what was agreed!\n");
      first = await timeStamp("first", "-data", data, "-sha256", "-cert", "-tspolicy", "2.999.3161.1");
    });

    it("verifies one of a file, and none of an altered file or to another query", async () => {
      expect(verifyTimeStamp(first.reply, "-data", data)).toMatchObject({
        status: 0,
        said: expect.stringContaining("Verification: OK"),
      });
      // Nonce, policy and imprint of the query.
      expect(verifyTimeStamp(first.reply, "-queryfile", first.request)).toMatchObject({ status: 0 });
      expect(verifyTimeStamp(first.reply, "-data", file("altered.txt")).said).toContain("message imprint mismatch");
      const other = await timeStamp("other", "-data", data, "-sha3-512", "-cert");
      expect(verifyTimeStamp(other.reply, "-data", data)).toMatchObject({ status: 0 });
      expect(verifyTimeStamp(first.reply, "-queryfile", other.request).said).toContain("mismatch");
    });

    it("reads policy, serial number, time and accuracy in it", () => {
      const text = readTimeStamp(first.reply);
      expect(text).toContain("Status: Granted.");
      expect(text).toContain("Policy OID: 2.999.3161.1");
      expect(serialIn(text)).toMatch(/^[4-7][0-9A-F]{31}$/);
      expect(text).toContain("Accuracy: 0x01 seconds");
      expect(text).toContain("Ordering: no");
      expect(text).toMatch(/TSA: DirName:.*TEST Tally TSA/);
      const time = Date.parse(/Time stamp: (.+)/.exec(text)?.[1] ?? "");
      expect(time).toBeGreaterThan(Date.now() - 300_000);
      expect(time).toBeLessThanOrEqual(Date.now());
    });

    it("needs the certificate from elsewhere where the query did not ask for it", async () => {
      const { reply } = await timeStamp("bare", "-data", data, "-sha256");
      expect(verifyTimeStamp(reply, "-data", data).said).toContain("Verification: FAILED");
      writeFileSync(file("both.pem"), readFileSync(signerIn(first.reply), "utf8") + readFileSync(anchor("eid-nq"), "utf8"));
      const chain = ["-CAfile", anchor("root"), "-untrusted", file("both.pem")];
      expect(run("ts", "-verify", "-in", reply, "-data", data, ...chain)).toMatchObject({ status: 0 });
    });

    it("is told why a query is refused", async () => {
      const sha1 = await timeStamp("refused", "-data", data, "-sha1");
      expect(readTimeStamp(sha1.reply)).toContain("Failure info: unrecognized or unsupported algorithm identifier");
      const policy = await timeStamp("refused", "-data", data, "-sha256", "-tspolicy", "1.2.3.4");
      expect(readTimeStamp(policy.reply)).toContain("Failure info: the requested TSA policy is not supported by the TSA");
    });

    it("finds the signer's certificate fit for time stamps alone, and good by OCSP and CRL", async () => {
      const signer = signerIn(first.reply);
      const chain = ["-CAfile", anchor("root"), "-untrusted", anchor("eid-nq")];
      const lists = [await downloadList("eid-nq"), await downloadList("root")].flatMap((list) => ["-CRLfile", list]);
      const fit = ["-x509_strict", "-purpose", "timestampsign", "-crl_check_all", ...lists];
      expect(run("verify", ...fit, ...chain, signer)).toEqual({ status: 0, said: `${signer}: OK\n` });
      expect(run("verify", "-purpose", "smimesign", ...chain, signer)).not.toMatchObject({ status: 0 });
      expect(statusOfSigner(signer)).toContain(`${signer}: good`);
    });
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
      const byGet = await ocspByGet(deleted, "-no_nonce", "-sha256");
      expect(byGet).toContain("Cert Status: revoked");
      expect(byGet).toContain("Revocation Reason: cessationOfOperation (0x5)");
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
      expect(text.match(/Cessation Of Operation/g)).toHaveLength(4);
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
    const {
      ocspSigners: _s,
      revocationLists: _l,
      operatorKey: _o,
      timeStampSigner: _t,
      ...rest
    } = content as unknown as Record<string, unknown>;
    writeFileSync(secrets, JSON.stringify({ ...rest, version: 2, secrets: old }));
    const record = join(stateFolder, "v3", "made-with.json");
    const {
      OCSP_KEY_QUALIFIED: _fq,
      OCSP_KEY_NON_QUALIFIED: _fnq,
      ...recorded
    } = JSON.parse(readFileSync(record, "utf8")) as Record<string, string>;
    writeFileSync(record, JSON.stringify(recorded));
    // The same port: it stands in the certificates.
    server = await startServer({ port: Number(new URL(server.url).port), stateFolder, variables });
  });

  it("gets answers of new signers for what was issued and revoked before", () => {
    expect(ocsp("-cert", good)).toMatchObject({ status: 0, said: expect.stringContaining(`${good}: good`) });
    expect(ocsp("-cert", deleted, "-no_nonce").said).toContain(`${deleted}: revoked`);
  });

  it("gets time stamps with other serial numbers, of a new signer, and verifies those of before", async () => {
    const next = await timeStamp("next", "-data", data, "-sha256", "-cert");
    for (const { reply } of [first, next]) expect(verifyTimeStamp(reply, "-data", data)).toMatchObject({ status: 0 });
    const serials = [first, next].map(({ reply }) => serialIn(readTimeStamp(reply)));
    expect(serials[0]).not.toBe(serials[1]);
    const [before, after] = [first, next].map(({ reply }) => readFileSync(signerIn(reply), "utf8"));
    expect(after).not.toBe(before);
    for (const { reply } of [first, next]) expect(statusOfSigner(signerIn(reply))).toContain(": good");
  });
});
