// The openssl command line as it judges certificates, and as it asks a running Worker for their status.
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import type { Hierarchy } from "./hierarchy.ts";

/** What it printed; throws where it fails. */
export const openssl = (...parameters: string[]): string =>
  execFileSync("openssl", parameters, { encoding: "utf8", stdio: "pipe" });

export function judge(...parameters: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync("openssl", parameters, { encoding: "utf8" });
  return { status, said: stdout + stderr };
}

/** Who relies on the hierarchy and asks a Worker on this machine about its certificates. */
export function relyingParty({ file, authority }: Hierarchy, pkiBaseUrl: string) {
  const download = async (path: string): Promise<Buffer> => {
    const response = await fetch(`${pkiBaseUrl}/${path}`);
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

  return { download, verifies, status };
}
