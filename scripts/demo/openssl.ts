// The judge: certificates and signatures as the openssl command line sees them, which knows nothing of this project.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Throws an Error where there is no openssl; otherwise its version. */
export async function opensslVersion(): Promise<string> {
  const { output } = await run(["version"]);
  const [name = "openssl", version = ""] = output.split(" ");
  return `${name} ${version}`;
}

/**
 * From the root to this certificate, in openssl's strictest mode. `trustAnchors`: the folder with root.pem and the issuing CA's
 * eid-q.pem. Throws an Error with openssl's reason.
 */
export async function verifyChain(certificatePath: string, trustAnchors: string): Promise<void> {
  const chain = ["-CAfile", join(trustAnchors, "root.pem"), "-untrusted", join(trustAnchors, "eid-q.pem")];
  await check(["verify", "-x509_strict", "-no-CApath", "-no-CAstore", ...chain, certificatePath]);
}

/** The subject's serialNumber attribute: who the certificate is about. */
export async function subjectOf(certificatePath: string): Promise<string> {
  const subject = await check(["x509", "-in", certificatePath, "-noout", "-subject", "-nameopt", "multiline"]);
  return /serialNumber\s*= (.+)/.exec(subject)?.[1] ?? "nobody";
}

/** Base64 of the DER form into a PEM file, and its public key into another. */
export async function writeCertificate(base64: string, certificatePath: string, publicKeyPath: string): Promise<void> {
  const lines = base64.match(/.{1,64}/g) ?? [];
  writeFileSync(certificatePath, `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`);
  await check(["x509", "-in", certificatePath, "-noout", "-pubkey", "-out", publicKeyPath]);
}

/** RSASSA-PSS with SHA-512 everywhere and a salt of its length. */
const PSS_SHA512 = ["rsa_padding_mode:pss", "rsa_pss_saltlen:64", "rsa_mgf1_md:sha512"].flatMap((option) => ["-sigopt", option]);

/** Parameters of openssl that verify a signature over a whole file. */
export const verifyParameters = (publicKeyPath: string, signaturePath: string, signedPath: string): readonly string[] => [
  "dgst",
  "-sha512",
  ...PSS_SHA512,
  "-verify",
  publicKeyPath,
  "-signature",
  signaturePath,
  signedPath,
];

/** Throws an Error where the signature is not over exactly these bytes by exactly this key. */
export async function verifySignature(publicKeyPath: string, signaturePath: string, signedPath: string): Promise<void> {
  await check(verifyParameters(publicKeyPath, signaturePath, signedPath));
}

/** The same for Ed25519, whose message is the file's SHA-512: the bytes in `digestPath`. */
export async function verifyEd25519(publicKeyPath: string, signaturePath: string, digestPath: string): Promise<void> {
  const over = ["-rawin", "-in", digestPath, "-sigfile", signaturePath];
  await check(["pkeyutl", "-verify", "-pubin", "-inkey", publicKeyPath, ...over]);
}

/** What openssl printed. Throws an Error with its reason where it says no. */
async function check(parameters: readonly string[]): Promise<string> {
  const { status, output } = await run(parameters);
  if (status === 0) return output;
  const reason = output
    .split("\n")
    .map((line) => line.trim())
    .find((line) => /^error \d+ at|failure|unable|error/i.test(line));
  throw new Error(`openssl ${parameters[0]} says no: ${reason ?? output.trim()}`);
}

function run(parameters: readonly string[]): Promise<{ readonly status: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn("openssl", parameters, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "ENOENT" ? new Error("the openssl command is missing: install OpenSSL 3 and try again") : error);
    });
    child.once("close", (status) => resolve({ status, output }));
  });
}
