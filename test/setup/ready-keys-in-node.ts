// Runs before every test file in Node: it and what it starts get RSA keys that were made before the tests and stretch PINs by one round,
// because these two are most of what an enrolment costs (test/runner/ready-keys-preload.mjs). How keys are made and PINs stretched in Node
// is tested by the files named here.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect } from "vitest";
import { READY_KEYS_CACHE } from "../runner/make-ready-keys.ts";

const MAKES_ITS_OWN = /\/(?:demo|share-maker|pin-mask)\.node\.test\.ts$/;

if (!MAKES_ITS_OWN.test(expect.getState().testPath ?? "")) {
  const claims = mkdtempSync(join(tmpdir(), "tally-ready-keys-"));
  const preload = pathToFileURL(join(import.meta.dirname, "../runner/ready-keys-preload.mjs")).href;
  Object.assign(process.env, { READY_KEYS_FILE: READY_KEYS_CACHE, READY_KEYS_CLAIMS: claims });
  process.env["NODE_OPTIONS"] = `${process.env["NODE_OPTIONS"] ?? ""} --import=${preload}`.trim();
  await import(preload);
  afterAll(() => rmSync(claims, { recursive: true, force: true }));
}
