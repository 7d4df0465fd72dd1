// An operator's hierarchy of one test file: made before its tests in a temporary folder of its own, gone after them.
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import type { Deployment } from "../../../scripts/pki/deployment.ts";
import { readDeployment } from "../../../scripts/pki/folder.ts";
import { rowsAsSql } from "../../../scripts/pki/rows.ts";
import { HOUR, KEYS_PASSPHRASE, now, pki, PROJECT, ROOT_PASSPHRASE } from "./command.ts";
import { filesIn, searchFor } from "./key-search.ts";

/** Where the operator keeps what, and the commands with it. */
export interface Hierarchy {
  /** The folder of everything below. */
  readonly place: string;
  readonly folder: string;
  readonly rootKey: string;
  /** A wrangler.toml that suits the hierarchy. */
  readonly wranglerConfig: string;
  readonly file: (name: string) => string;
  readonly ours: (command: string, ...more: readonly string[]) => string[];
  /** With an answer for who asks whether the clock is right. */
  readonly withRoot: (command: string, ...more: readonly string[]) => string[];
  /** The configuration of this hierarchy with changes, as a file: its path. */
  readonly writeConfiguration: (name: string, changes?: object) => string;
  readonly deployment: () => Deployment;
  /** Path of a certificate that was written; those of the first authorities are. */
  readonly authority: (name: string) => string;
  readonly writePem: (name: string, der: Uint8Array) => string;
  readonly openedRootKey: () => KeyObject;
  /** Everything that was written, the root's own file too: nothing has its key in the clear, nor a passphrase. */
  readonly expectNoRootKey: () => void;
}

export function hierarchy(pkiBaseUrl = "http://naidis.example/pki"): Hierarchy {
  const place = mkdtempSync(join(tmpdir(), "tally-pki-test-"));
  const file = (name: string): string => join(place, name);
  const [folder, rootKey, wranglerConfig] = [file("deployment"), file("stick/root.pem"), file("wrangler.toml")];
  const configuration = {
    country: "EE",
    organisation: "Näidis AS",
    organizationIdentifier: "NTREE-12345678",
    commonNames: { root: "Näidis Root", qualified: "Näidis EID-Q", nonQualified: "Näidis EID-NQ" },
    rootCurve: "P-521",
    pkiBaseUrl,
    authorityPolicy: { identifier: "1.3.6.1.4.1.99999.1", cps: "https://naidis.example/cps" },
  };

  const ours = (command: string, ...more: readonly string[]): string[] => [command, "--folder", folder, ...more];
  const withRoot = (command: string, ...more: readonly string[]): string[] =>
    ours(command, "--root-key", rootKey, ...(command === "show" ? [] : ["--yes"]), ...more);
  const writeConfiguration = (name: string, changes: object = {}): string => {
    writeFileSync(file(name), JSON.stringify({ ...configuration, ...changes }));
    return file(name);
  };
  const deployment = (): Deployment => readDeployment(folder);
  const authority = (name: string): string => file(`${name}.pem`);
  const writePem = (name: string, der: Uint8Array): string => {
    writeFileSync(file(`${name}.pem`), new X509Certificate(der).toString());
    return file(`${name}.pem`);
  };
  const openedRootKey = () => createPrivateKey({ key: readFileSync(rootKey), passphrase: ROOT_PASSPHRASE });
  const expectNoRootKey = (): void => {
    const has = searchFor(openedRootKey());
    for (const [path, text] of [...filesIn(place), ["SQL", rowsAsSql(deployment())] as const]) {
      expect(has(text), path).toBe(false);
      for (const passphrase of [ROOT_PASSPHRASE, KEYS_PASSPHRASE]) expect(text.includes(passphrase), path).toBe(false);
    }
  };

  beforeAll(async () => {
    mkdirSync(file("stick"));
    const toml = readFileSync(join(PROJECT, "wrangler.toml"), "utf8");
    writeFileSync(wranglerConfig, toml.replace(/^PKI_BASE_URL = .*$/m, `PKI_BASE_URL = "${pkiBaseUrl}"`));
    // Hours apart, so that what is made later is valid from later on.
    const config = writeConfiguration("configuration.json");
    const { code, notes } = await pki(withRoot("init", "--config", config), { now: now - 3 * HOUR });
    if (code !== 0) throw new Error(notes);
    for (const holder of [deployment().root, ...deployment().issuers]) {
      writePem(holder.name, Buffer.from(holder.certificate, "base64"));
    }
  });
  afterAll(() => rmSync(place, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));

  return {
    place,
    folder,
    rootKey,
    wranglerConfig,
    file,
    ours,
    withRoot,
    writeConfiguration,
    deployment,
    authority,
    writePem,
    openedRootKey,
    expectNoRootKey,
  };
}
