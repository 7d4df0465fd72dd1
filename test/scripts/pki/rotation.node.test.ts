// What comes after the ceremony: clocks, rotations, revocations, and a second hierarchy beside the first.
import { X509Certificate } from "node:crypto";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { Context } from "../../../scripts/pki/context.ts";
import { type Deployment, issuerKeyFiles, livingIssuers } from "../../../scripts/pki/deployment.ts";
import { readDeployment } from "../../../scripts/pki/folder.ts";
import { secretValues } from "../../../scripts/pki/secrets.ts";
import { checkAuthorities } from "../../../scripts/pki/stored-rows.ts";
import { HOUR, now, PASSPHRASES, pki, ROOT_PASSPHRASE, YEAR } from "./command.ts";
import { hierarchy } from "./hierarchy.ts";

const { folder, rootKey, file, writeConfiguration, deployment, expectNoRootKey } = hierarchy();

describe("on a copy of the folder,", () => {
  const copy = file("later");
  const later = () => readDeployment(copy);
  const onCopy = (command: string, more: readonly string[] = [], changes: Partial<Context> = {}) =>
    pki([command, "--folder", copy, ...(command === "rotate-ocsp" ? [] : ["--root-key", rootKey, "--yes"]), ...more], changes);
  beforeEach(() => {
    rmSync(copy, { recursive: true, force: true });
    cpSync(folder, copy, { recursive: true });
  });

  it("a clock that was set back makes nothing", async () => {
    const before = later();
    for (const command of ["renew-root-crl", "rotate-ocsp", "rotate-issuer"]) {
      const parameters = command === "rotate-issuer" ? ["--level", "qualified"] : [];
      for (const at of [now - 3 * YEAR, before.rootList.thisUpdate - 1]) {
        expect((await onCopy(command, parameters, { now: at })).notes).toContain("set the clock; nothing was changed");
      }
    }
    expect(later()).toEqual(before);
    expect(await onCopy("rotate-ocsp")).toMatchObject({ code: 0 });
    expect((await onCopy("renew-root-crl", [], { now: now - 2 * HOUR })).notes).toContain("set the clock");
  });

  it("a stolen issuing authority is revoked and succeeded by the root's key alone, and others' keys have one passphrase again", async () => {
    const stolen = ["--revoke", "eid-q", "--reason", "cACompromise"];
    const revoked = await onCopy("renew-root-crl", stolen, { environment: { TALLY_ROOT_PASSPHRASE: ROOT_PASSPHRASE } });
    expect(revoked).toMatchObject({ code: 0, notes: expect.stringContaining("Nobody issues qualified certificates") });
    rmSync(join(copy, "keys"), { recursive: true });
    mkdirSync(join(copy, "keys"));
    const environment = { ...PASSPHRASES, TALLY_KEYS_PASSPHRASE: "a passphrase of their own" };
    expect(await onCopy("rotate-issuer", ["--level", "qualified"], { environment })).toMatchObject({ code: 1 });
    const again = ["--level", "qualified", "--new-keys-passphrase"];
    expect(await onCopy("rotate-issuer", again, { environment })).toMatchObject({
      code: 0,
      out: expect.stringContaining("eid-q has no key any more"),
    });
    expect((await onCopy("rotate-issuer", again, { environment })).notes).toContain("leave --new-keys-passphrase out");
    // The other level's keys had the passphrase that is lost.
    expect(issuerKeyFiles(later(), "ADVANCED", now)).toEqual([]);
    expect((await onCopy("rotate-issuer", ["--level", "non-qualified"])).notes).toContain("wrong passphrase");
    expect(await onCopy("rotate-issuer", ["--level", "non-qualified"], { environment })).toMatchObject({ code: 0 });
    expect(await onCopy("rotate-ocsp", [], { environment })).toMatchObject({
      code: 0,
      out: expect.stringMatching(/non-qualified status, for eid-nq-2\.\n.* qualified status, for eid-q-2\./),
    });
    const found = later();
    const values = secretValues(copy, found, { passphrase: environment.TALLY_KEYS_PASSPHRASE, now, inUse: new Map() });
    expect([...values.values()].map((value) => value.split("\n").length)).toEqual([2, 2, 1, 1]);
    expectNoRootKey();
  });

  it("OCSP signers of a revoked authority are renewed, unless its key may be stolen", async () => {
    const early = ["--revoke", "eid-q", "--reason", "superseded"];
    expect(await onCopy("rotate-issuer", ["--level", "qualified"])).toMatchObject({ code: 0 });
    expect(await onCopy("renew-root-crl", early)).toMatchObject({ code: 0 });
    expect((await onCopy("rotate-ocsp")).out).toContain("qualified status, for eid-q, eid-q-2.");
    const [first, ...others] = later().issuers;
    const revocation = { revokedAt: now, reason: "cACompromise" as const };
    const compromised = { ...later(), issuers: [{ ...first!, revocation }, ...others] };
    expect(livingIssuers(compromised, "QUALIFIED", now).map(({ name }) => name)).toEqual(["eid-q-2"]);
  });

  it("who rotates is told where the root cuts the new authority short", async () => {
    const at = now + 14 * YEAR;
    expect((await onCopy("rotate-issuer", ["--level", "qualified"])).notes).not.toContain("short");
    const cut = await onCopy("rotate-issuer", ["--level", "qualified"], { now: at });
    expect(cut).toMatchObject({ code: 0, notes: expect.stringContaining("cuts eid-q-3 short") });
  });
});

describe("a second hierarchy of a deployment", () => {
  const second = file("second");
  const secondKey = file("second-root.pem");

  it("has other names and addresses, and goes beside the first", async () => {
    const commonNames = { root: "Näidis Root R2", qualified: "Näidis EID-Q R2", nonQualified: "Näidis EID-NQ R2" };
    const config = writeConfiguration("second.json", { generation: 2, commonNames });
    const where = ["--folder", second, "--root-key", secondKey, "--yes"];
    expect(await pki(["init", ...where, "--config", config])).toMatchObject({ code: 0 });
    for (const level of ["qualified", "non-qualified"]) {
      expect(await pki(["rotate-issuer", ...where, "--level", level])).toMatchObject({ code: 0 });
    }
    expect(await pki(["renew-root-crl", ...where])).toMatchObject({ code: 0 });
    const { root, issuers, rootList } = readDeployment(second);
    expect([root, ...issuers].map(({ name }) => name)).toEqual(["root-2", "eid-q-r2", "eid-nq-r2", "eid-q-r2-2", "eid-nq-r2-2"]);
    expect(rootList.authority).toBe("root-2");
    expect(new X509Certificate(Buffer.from(issuers[0]!.certificate, "base64")).raw.toString("latin1")).toContain(
      "/pki/crl/root-2.crl",
    );
    const rows = ({ root: top, issuers: below }: Deployment) => [{ ...top, level: null }, ...below];
    expect(() => checkAuthorities(rows(deployment()), { root, issuers })).not.toThrow();
    expect(() => checkAuthorities([...rows(deployment()), ...rows(readDeployment(second))], deployment())).not.toThrow();
  });
});

describe("at the end of all of it", () => {
  it("the root key and the passphrases are in the clear nowhere", () => expectNoRootKey());
});
