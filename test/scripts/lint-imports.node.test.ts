// The linter's rule on which folder may import which: the table, and that a wrong import makes the linter fail.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { importFault } from "../../scripts/lint-imports.ts";

const PROJECT = join(import.meta.dirname, "../..");

const refused: readonly (readonly [rule: string, from: string, to: string])[] = [
  ["protocol/ imports nothing of ours", "src/protocol/x.ts", "src/account/result.ts"],
  ["account/ imports protocol/ only", "src/account/x.ts", "src/split-key/scheme.ts"],
  ["split-key/ imports account/ and protocol/ only", "src/split-key/rsa/x.ts", "src/vault/wrapping.ts"],
  ["channel/ imports account/ and protocol/ only", "src/channel/x.ts", "src/http/body.ts"],
  ["vault/ does not import routes", "src/vault/x.ts", "src/device/routes.ts"],
  ["certificates/ do not import http/", "src/certificates/x.ts", "src/http/problem.ts"],
  ["routes never import durable/", "src/relying-party/x.ts", "durable/session/session-object.ts"],
  ["routes never import other routes", "src/relying-party/x.ts", "src/device/routes.ts"],
  ["routes never import the authenticator", "src/device/x.ts", "src/authenticator/enrol.ts"],
  ["durable/ never imports routes", "durable/account/x.ts", "src/device/routes.ts"],
  ["durable/ never imports http/", "durable/account/operations/x.ts", "src/http/failures.ts"],
  ["durable/ never holds a device half", "durable/account/x.ts", "src/split-key/rsa/device-half.ts"],
  ["the authenticator never holds a server half", "src/authenticator/x.ts", "src/split-key/rsa/server-half.ts"],
  ["nor all of them", "src/authenticator/x.ts", "src/split-key/server-halves.ts"],
  ["the PWA never holds a server half", "src/pwa/x.ts", "src/split-key/server-halves.ts"],
  ["a server half never imports a device half", "src/split-key/rsa/server-half.ts", "src/split-key/rsa/device-half.ts"],
  ["a device half never imports a server half", "src/split-key/rsa/device-half.ts", "src/split-key/rsa/server-half.ts"],
  ["the authenticator never imports http/", "src/authenticator/x.ts", "src/http/body.ts"],
  ["the Worker never imports scripts", "src/registration/x.ts", "scripts/local-secrets.ts"],
  ["the client imports nothing of the server", "src/client/x.ts", "src/protocol/encoding.ts"],
  ["the demo bank imports nothing but the client", "src/demo-bank/x.ts", "src/protocol/encoding.ts"],
  ["the Worker never imports tests", "durable/person/x.ts", "test/support/x.ts"],
];

describe("which folder may import which", () => {
  it.each(refused)("%s", (_, from, to) => {
    expect(importFault(from, to)).toBeTypeOf("string");
  });

  it("only src/index.ts imports durable/", () => {
    expect(importFault("src/index.ts", "durable/account/account-object.ts")).toBeUndefined();
    expect(importFault("src/environment.ts", "durable/account/account-object.ts")).toBeTypeOf("string");
  });

  it("allows what the layers are for", () => {
    expect(importFault("durable/account/x.ts", "src/split-key/server-halves.ts")).toBeUndefined();
    expect(importFault("src/authenticator/x.ts", "src/split-key/rsa/device-half.ts")).toBeUndefined();
    expect(importFault("src/device/routes.ts", "src/http/failures.ts")).toBeUndefined();
    expect(importFault("test/durable/x.test.ts", "src/split-key/rsa/device-half.ts")).toBeUndefined();
  });
});

describe("the linter", () => {
  const folder = mkdtempSync(join(tmpdir(), "tally-lint-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  const lint = (files: Record<string, string>): { status: number | null; output: string } => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const configuration = ["-c", join(PROJECT, ".oxlintrc.json"), "-f", "unix"];
    const run = spawnSync(join(PROJECT, "node_modules/.bin/oxlint"), [...configuration, ...Object.keys(files)], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, PATH: `${join(PROJECT, "node_modules/.bin")}:${process.env["PATH"]}` },
    });
    return { status: run.status, output: run.stdout + run.stderr };
  };

  it.each([
    ["a value", 'import { body } from "../http/body.ts";\n\nexport const x = body;\n'],
    ["a type", 'import type { Body } from "../http/body.ts";\n\nexport const x: Body | undefined = undefined;\n'],
    ["a re-export", 'export { body } from "../http/body.ts";\n'],
    ["a star", 'export * from "../http/body.ts";\n'],
    ["a dynamic import", 'export const x = await import("../http/body.ts");\n'],
    ["a type in place", 'export type X = import("../http/body.ts").Body;\n'],
  ])("fails for a wrong import of %s", (_, text) => {
    const { status, output } = lint({ "src/protocol/wrong.ts": text });
    expect(output).toContain("tally(may-import)");
    expect(status).not.toBe(0);
  });

  it("fails for a cycle", () => {
    const { status, output } = lint({
      "src/account/one.ts": 'import { two } from "./two.ts";\n\nexport const one = () => two;\n',
      "src/account/two.ts": 'import { one } from "./one.ts";\n\nexport const two = () => one;\n',
    });
    expect(output).toContain("import(no-cycle)");
    expect(status).not.toBe(0);
  });

  it("passes where every import is right", () => {
    const { status, output } = lint({
      "src/account/right.ts": 'import { utf8 } from "../protocol/utf8.ts";\n\nexport const x = utf8;\n',
    });
    expect(output).toBe("");
    expect(status).toBe(0);
  });
});
