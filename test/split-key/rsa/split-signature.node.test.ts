// What the two halves make together, held against the openssl command line.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HASH_LENGTHS } from "../../../src/protocol/algorithms.ts";
import { ALGORITHMS, PAIRS, messageOf, sign } from "./fixtures.ts";

const TEXT = "a document";
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "split-signature-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(PAIRS)("two halves of a key of $modulusBits bits", ({ modulusBits, ...pair }) => {
  test("have one public key that openssl reads", () => {
    writeFileSync(join(folder, "key.der"), pair.publicKey);
    const text = execFileSync("openssl", ["pkey", "-pubin", "-inform", "DER", "-in", join(folder, "key.der"), "-noout", "-text"]);
    expect(text.toString()).toContain(`Public-Key: (${modulusBits} bit)`);
    expect(text.toString()).toContain("Exponent: 65537");
  });

  test.each(ALGORITHMS)("sign %s with %s so that openssl accepts it, and nothing else of it", (algorithm, hash) => {
    const path = (name: string): string => join(folder, name);
    writeFileSync(path("key.der"), pair.publicKey);
    writeFileSync(path("signature"), sign({ modulusBits, ...pair }, messageOf(TEXT, algorithm, hash)));
    writeFileSync(path("document"), TEXT);
    writeFileSync(path("other"), `${TEXT}.`);

    const digest = hash.startsWith("SHA3") ? hash.toLowerCase() : hash.replace("-", "").toLowerCase();
    const padding = ["rsa_padding_mode:pss", `rsa_pss_saltlen:${HASH_LENGTHS[hash]}`, `rsa_mgf1_md:${digest}`];
    const options = algorithm === "rsassa-pss" ? padding.flatMap((option) => ["-sigopt", option]) : [];
    const verify = (document: string): string => {
      const key = ["-verify", path("key.der"), "-keyform", "DER", "-signature", path("signature")];
      return spawnSync("openssl", ["dgst", `-${digest}`, ...options, ...key, path(document)])
        .stdout.toString()
        .trim();
    };
    expect(verify("document")).toBe("Verified OK");
    expect(verify("other")).not.toBe("Verified OK");
  });
});
