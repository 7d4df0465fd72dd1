// Nine projects: *.test.ts runs inside workerd with the bindings of wrangler.toml, each file with a workerd of its own or, where nobody is
// enrolled (`shared`), in one that others had before, emptied between them; *.unit.test.ts inside workerd too, and in
// the same one, because what it tests keeps nothing; *.node.test.ts in Node, each file in a process of its own, or, where it starts
// nothing, in one that others had before (`light`); *.browser.test.ts in Node with a real server and a
// real Chromium; *.long.test.ts inside workerd, *.campaign.test.ts in Node, and some of the browser's at every place (`everywhere`),
// only when asked for (`npm run test:long`).
import { join } from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { buildClient } from "./scripts/client-build.ts";
import { localVariables, makeLocalSecrets } from "./scripts/local-secrets.ts";
import { LongestFirst } from "./test/runner/longest-first.ts";
import { makeReadyKeys } from "./test/runner/make-ready-keys.ts";

// Servers, scripts and workers of tests are started a hundred times: compiled code is kept for the next one. They inherit this.
process.env["NODE_COMPILE_CACHE"] ??= join(import.meta.dirname, "node_modules/.cache/compiled");

// wrangler.toml names the folder that it makes.
await buildClient();

/** More than most files use; each takes a third of a second to make. In Node a server fills its pool with some. */
const READY_KEYS = 32;

const pkiBaseUrl = "http://localhost:8787/pki";

// What test/setup puts into the secrets store and into D1, and gives for new keys: the plugin has no option for any of it.
const secrets = await makeLocalSecrets({ pkiBaseUrl, now: Date.now() });
const readyKeys = await makeReadyKeys(READY_KEYS);
const seed = {
  migrations: await readD1Migrations("migrations"),
  readyKeys,
  ...secrets,
};
const variables = { LOCAL_MODE: "true", SHARE_POOL_SIZE: "0", PKI_BASE_URL: pkiBaseUrl, ...localVariables(secrets) };

const insideWorkerd = () =>
  cloudflareTest({
    main: "./test/setup/checked-worker.ts",
    wrangler: { configPath: "./wrangler.toml" },
    miniflare: {
      bindings: { ...variables, TEST_SEED: JSON.stringify(seed) },
      // In place of the queues that the Worker reads: seconds later it would write into another test's database.
      queueProducers: { METERING: "read-by-nobody", AUDIT: "read-by-nobody" },
    },
  });

/**
 * Starting a workerd costs more than most of these take. Accounts go on working after a test has ended, and outlive its
 * emptying, so that none may be there. Nor may be here what looks at all that is stored.
 */
const SHARED = [
  "test/{authenticator,certificates,http,metering,openapi,push}/**/*.test.ts",
  "test/{registration,relying-party}/!(fuzz).test.ts",
  "test/durable/{person,session}/**/*.test.ts",
  "test/pki/{fuzz,ocsp,ocsp-signers,revocation-lists,time-stamps}.test.ts",
  "test/attacks/{a-body-is-neither-unpacked-nor-waited-for,a-session-answers-its-own-party-alone}.test.ts",
];
/** In Node: they start no process and stub nothing that outlasts them, and loading takes longer than running. */
const LIGHT = [
  "test/pwa/**/*.node.test.ts",
  "test/{api/exact-bytes,docs/security,{audit,metering}/*,certificates/{index-migration,status-conformance}}.node.test.ts",
];
const ELSEWHERE = "test/**/*.{unit,node,long,campaign,browser}.test.ts";

export default defineConfig({
  test: {
    // One more than the two cores of a small machine: browsers, servers and locks are waited for as often as a core is.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        plugins: [insideWorkerd()],
        test: {
          name: "workerd",
          include: ["test/**/*.test.ts"],
          exclude: [ELSEWHERE, ...SHARED],
          setupFiles: [
            "./test/setup/workerd.ts",
            "./test/setup/ready-keys.ts",
            "./test/setup/quick-pins.ts",
            "./test/setup/contract.ts",
          ],
          // An enrolment takes seconds on a busy machine.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        plugins: [insideWorkerd()],
        test: {
          name: "shared",
          include: SHARED,
          exclude: [ELSEWHERE],
          setupFiles: ["./test/setup/emptied.ts", "./test/setup/workerd.ts", "./test/setup/contract.ts"],
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        plugins: [insideWorkerd()],
        test: {
          name: "unit",
          include: ["test/**/*.unit.test.ts"],
          setupFiles: ["reflect-metadata"],
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        plugins: [insideWorkerd()],
        test: {
          name: "long",
          include: ["test/**/*.long.test.ts"],
          setupFiles: ["./test/setup/workerd.ts", "./test/setup/contract.ts"],
        },
      },
      {
        test: {
          name: "campaign",
          include: ["test/**/*.campaign.test.ts"],
          // Of the keys of test/kill: more than a short run takes.
          env: { KILL_KEYS: "48" },
        },
      },
      {
        test: {
          name: "node",
          include: ["test/**/*.node.test.ts"],
          exclude: LIGHT,
          setupFiles: ["./test/setup/ready-keys-in-node.ts", "./test/setup/checked-fetch.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "light",
          include: LIGHT,
          setupFiles: ["./test/setup/unstubbed.ts", "./test/pwa/support/english.ts"],
          isolate: false,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "browser",
          include: ["test/browser/**/*.browser.test.ts"],
          setupFiles: ["./test/setup/ready-keys-in-node.ts", "./test/setup/checked-fetch.ts"],
          // By themselves and two at a time: a third browser on two cores makes people wait who give up after 40 s.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          // Whole stories, with keys made in them; the first file of a checkout also unpacks the browser.
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: "everywhere",
          include: ["test/browser/interrupted-enrolment.browser.test.ts"],
          setupFiles: ["./test/setup/ready-keys-in-node.ts", "./test/setup/checked-fetch.ts"],
          // Of the places at which a story is cut.
          env: { CUT_EVERY: "1" },
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
