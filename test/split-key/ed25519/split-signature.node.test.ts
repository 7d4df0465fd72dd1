// What the two halves make together, held against those who know nothing of halves: Node, jose and the openssl command line.
import { spawnSync } from "node:child_process";
import { createPublicKey, verify } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ed25519, ed25519_FROST as library } from "@noble/curves/ed25519.js";
import { compactVerify, importSPKI } from "jose";
import { expect, test, vi } from "vitest";
import { randomBytes } from "../../../src/authenticator/pin-key.ts";
import { type HashAlgorithm, HASH_LENGTHS } from "../../../src/protocol/algorithms.ts";
import { toBase64Url, utf8 } from "../../../src/protocol/encoding.ts";
import { DEVICE, SERVER } from "../../../src/split-key/ed25519/common.ts";
import { drawLine, joinLines, parseKeyMessage } from "../../../src/split-key/ed25519/key-generation.ts";
import { hasOpensslFor } from "../../support/openssl.ts";
import { messageOf, sign, SUITES_UNDER_TEST } from "../suites.ts";

const suite = SUITES_UNDER_TEST.find((each) => each.suite === "ed25519");
if (suite === undefined) throw new Error("the suite is missing");
const { pair } = suite;
const key = createPublicKey({ key: Buffer.from(pair.publicKey), format: "der", type: "spki" });
const openssl = hasOpensslFor("signatures of suite ed25519");

test("Node takes the signature over a digest of every hash, and over nothing else", () => {
  for (const hash of Object.keys(HASH_LENGTHS) as HashAlgorithm[]) {
    const message = messageOf("a document", "ed25519", hash);
    const signature = sign(suite, pair, message);
    expect(verify(null, message.digest, key, signature)).toBe(true);
    expect(verify(null, messageOf("a document.", "ed25519", hash).digest, key, signature)).toBe(false);
    // Ed25519 over the digest is not Ed25519 over the document.
    expect(verify(null, utf8("a document"), key, signature)).toBe(false);
  }
});

test("jose takes it for a JWS: a signing input of 64 bytes has a digest's length", async () => {
  const signingInput = `${toBase64Url(utf8('{"alg":"EdDSA"}'))}.${toBase64Url(utf8("a payload of thirty-two bytes ok"))}`;
  const message = { signatureAlgorithm: "ed25519", hashAlgorithm: "SHA-512", digest: utf8(signingInput) } as const;
  expect(message.digest).toHaveLength(64);
  const jws = `${signingInput}.${toBase64Url(sign(suite, pair, message))}`;
  const publicKey = await importSPKI(key.export({ format: "pem", type: "spki" }).toString(), "EdDSA");
  const { payload } = await compactVerify(jws, publicKey);
  expect(new TextDecoder().decode(payload)).toBe("a payload of thirty-two bytes ok");
});

test.skipIf(!openssl)("openssl reads the key and takes the signature over the digest, and nothing else of it", () => {
  const folder = mkdtempSync(join(tmpdir(), "split-signature-"));
  const path = (name: string): string => join(folder, name);
  try {
    const message = messageOf("a document", "ed25519", "SHA-384");
    writeFileSync(path("key.der"), pair.publicKey);
    writeFileSync(path("digest"), message.digest);
    writeFileSync(path("other"), messageOf("a document.", "ed25519", "SHA-384").digest);
    writeFileSync(path("signature"), sign(suite, pair, message));
    const run = (command: string, ...options: string[]) =>
      spawnSync("openssl", [command, "-pubin", ...options]).stdout.toString();
    expect(run("pkey", "-inform", "DER", "-in", path("key.der"), "-noout", "-text")).toContain("ED25519 Public-Key:");
    const verdict = (file: string): string =>
      run(
        "pkeyutl",
        "-verify",
        "-inkey",
        path("key.der"),
        "-keyform",
        "DER",
        "-rawin",
        "-in",
        path(file),
        "-sigfile",
        path("signature"),
      );
    expect(verdict("digest")).toContain("Verified Successfully");
    expect(verdict("other")).not.toContain("Verified Successfully");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a library that keeps its numbers elsewhere makes no key: shares would be 0 in their place", async () => {
  const other = parseKeyMessage(drawLine(SERVER, randomBytes).message);
  if (other === undefined) throw new Error("not a message");
  const line = drawLine(DEVICE, randomBytes);
  const { coefficients: _, ...secret } = line.secret;
  expect(() => joinLines({ ...line, secret }, other)).toThrow("somewhere else");
  vi.resetModules();
  vi.doMock("@noble/curves/ed25519.js", () => ({
    ed25519,
    ed25519_FROST: { ...library, DKG: { ...library.DKG, round1: renamed(library.DKG.round1) } },
  }));
  const updated = await import("../../../src/split-key/ed25519/key-generation.ts");
  vi.doUnmock("@noble/curves/ed25519.js");
  expect(() => updated.drawLine(DEVICE, randomBytes)).toThrow("somewhere else");
});

/** As an update of the library might have it. */
function renamed(round1: typeof library.DKG.round1): typeof library.DKG.round1 {
  return (...of) => {
    const drawn = round1(...of);
    const { coefficients, ...secret } = drawn.secret;
    return { ...drawn, secret: { ...secret, polynomial: coefficients } };
  };
}
