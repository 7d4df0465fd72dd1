// `export-trust`: the certificates that a relying party puts into its trust store: the root, and the issuing authorities that are not
// revoked. Ended ones too: what they issued is still to be validated.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { z } from "zod";
import { pem } from "../state-folder.ts";
import type { Context } from "./context.ts";
import { isWithin, readDeployment } from "./folder.ts";
import type { Options } from "./options.ts";
import { PkiFailure } from "./pki-failure.ts";
import { replaceFile, saying } from "./whole-file.ts";

interface NamedCertificate {
  readonly name: string;
  /** DER in base64. */
  readonly certificate: string;
}

export function exportTrust(context: Context, { folder, state, out, der, pem: pemFolder }: Options): Promise<void> {
  const certificates = state === undefined ? ofDeployment(folder) : ofLocalServer(state);
  const bundle = certificates.map(({ certificate }) => pem(certificate)).join("");
  const files = new Map<string, string | Uint8Array>();
  for (const { name, certificate } of certificates) {
    if (der !== undefined) files.set(join(der, `${name}.cer`), Buffer.from(certificate, "base64"));
    if (pemFolder !== undefined) files.set(join(pemFolder, `${name}.pem`), pem(certificate));
  }
  if (out !== undefined) files.set(out, bundle);
  for (const file of files.keys()) checkPlace(file, state ?? folder);
  for (const made of [der, pemFolder]) if (made !== undefined) saying(made, () => mkdirSync(made, { recursive: true }));
  for (const [file, content] of files) replaceFile(file, content, 0o644);
  // Without a line break of its own: the bundle has one.
  if (files.size === 0) context.out(bundle.trimEnd());
  const [root] = certificates;
  if (root !== undefined) {
    const { fingerprint256 } = new X509Certificate(Buffer.from(root.certificate, "base64"));
    context.note(`${certificates.map(({ name }) => name).join(", ")}; SHA-256 of the root: ${fingerprint256}`);
  }
  return Promise.resolve();
}

/** A slip in a path must not cost a key: only certificates are ever replaced, and nothing where keys live. */
function checkPlace(file: string, kept: string): void {
  if (isWithin(file, kept)) throw new PkiFailure(`${file} is inside ${kept}, where keys are kept: name another place`);
  if (existsSync(file) && !isCertificate(saying(file, () => readFileSync(file)))) {
    throw new PkiFailure(`${file} exists and is no certificate: it is not overwritten`);
  }
}

/** DER, or one or more in PEM: of those the first is looked at. */
function isCertificate(content: Buffer): boolean {
  try {
    return (
      (content[0] === 0x30 || content.toString("latin1").startsWith("-----BEGIN CERTIFICATE-----")) &&
      new X509Certificate(content).raw.length > 0
    );
  } catch {
    return false;
  }
}

function ofDeployment(folder: string): readonly NamedCertificate[] {
  const { root, issuers } = readDeployment(folder);
  return [root, ...issuers.filter(({ revocation }) => revocation === null)];
}

const localState = z.looseObject({
  authorities: z.array(z.looseObject({ name: z.string().regex(/^[a-z0-9-]{1,64}$/), certificate: z.base64().min(1) })).min(1),
});

/** Of `npm start`; reads nothing but the certificates. */
function ofLocalServer(state: string): readonly NamedCertificate[] {
  const file = join(state, "secrets.json");
  if (!existsSync(file)) throw new PkiFailure(`there is no local server in ${state}: npm start makes one`);
  try {
    return localState.parse(JSON.parse(saying(file, () => readFileSync(file, "utf8")))).authorities;
  } catch (error) {
    if (error instanceof PkiFailure) throw error;
    throw new PkiFailure(`${file} is damaged`);
  }
}
