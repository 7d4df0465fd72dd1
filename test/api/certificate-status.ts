// Asks whether a certificate is still good, as clients that check it do: at the address that it names, with a nonce. openssl makes the
// request and judges the answer.
import type { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { chainOf, type Judge } from "./judge.ts";
import { openssl, write } from "./openssl-command.ts";

const FIVE_MINUTES = 300_000;

/** Throws unless the answer says good and has everything that clients insist on. */
export async function acceptStatus(judge: Judge, leaf: X509Certificate): Promise<void> {
  const [, address = ""] = /^OCSP - URI:(\S+)$/m.exec(leaf.infoAccess ?? "") ?? [];
  expect(address).toMatch(/^http:\/\/localhost:\d+\//);
  if (!judge.openssl) return;
  const { folder } = judge;
  const { issuer, root } = chainOf(judge, leaf);
  const [certificate, question] = [write(folder, "leaf.pem", leaf.toString()), join(folder, "request.der")];
  expect(openssl("ocsp", "-sha256", "-issuer", issuer.file, "-cert", certificate, "-reqout", question).status).toBe(0);
  const headers = { "content-type": "application/ocsp-request" };
  const response = await fetch(address, { method: "POST", headers, body: new Uint8Array(readFileSync(question)) });
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/ocsp-response"]);
  const answer = write(folder, "response.der", Buffer.from(await response.arrayBuffer()));
  const trust = ["-respin", answer, "-CAfile", root.file, "-verify_other", issuer.file];
  // The signature, and that the nonce is the one of this request.
  const whole = openssl("ocsp", "-issuer", issuer.file, "-reqin", question, ...trust, "-resp_text");
  expect(whole).toMatchObject({ status: 0, remarks: "Response verify OK\n" });
  expect(whole.output.match(/Cert Status:/g)).toHaveLength(1);
  for (const present of ["OCSP Archive Cutoff", "OCSP Nonce", "OCSP Signing", "-----BEGIN CERTIFICATE-----"]) {
    expect(whole.output).toContain(present);
  }
  // About this certificate.
  const single = openssl("ocsp", "-sha256", "-issuer", issuer.file, "-cert", certificate, "-no_nonce", ...trust);
  const [, updated = ""] = /: good\n\s*This Update: (.+)\n/.exec(single.output) ?? [];
  expect(Math.abs(Date.now() - Date.parse(updated))).toBeLessThan(FIVE_MINUTES);
}
