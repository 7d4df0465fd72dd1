// What the operator's certificate tool refuses: options, configurations, passphrases, keys and databases.
import { cpSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readDeployment } from "../../../scripts/pki/folder.ts";
import { checkSecretSizes, MAXIMUM_SECRET_LENGTH } from "../../../scripts/pki/secrets.ts";
import { checkAuthorities } from "../../../scripts/pki/stored-rows.ts";
import { KEYS_PASSPHRASE, now, PASSPHRASES, pki, PROJECT, ROOT_PASSPHRASE } from "./command.ts";
import { hierarchy } from "./hierarchy.ts";

const { place, folder, rootKey, file, ours, withRoot, writeConfiguration, deployment, expectNoRootKey } = hierarchy();

/** A hierarchy of somebody else, whose authorities have the same short names. */
const another = { folder: file("another"), rootKey: file("another-root.pem") };

beforeAll(async () => {
  const commonNames = { root: "Another Root", qualified: "Another EID-Q", nonQualified: "Another EID-NQ" };
  const config = writeConfiguration("another.json", { organisation: "Another OÜ", commonNames, rootCurve: "P-384" });
  const where = ["--folder", another.folder, "--root-key", another.rootKey, "--yes"];
  const { code, notes } = await pki(["init", ...where, "--config", config]);
  if (code !== 0) throw new Error(notes);
});

describe("what is no good is refused in one sentence, and nothing is made:", () => {
  const fresh = (): string[] => ["init", "--folder", file("refused"), "--root-key", file("refused.pem"), "--yes"];
  const withConfig = (changes: object): string[] => [...fresh(), "--config", writeConfiguration("refused.json", changes)];

  it.each<[string, () => string[], Record<string, string>, string]>([
    [
      "a folder in the project",
      () => ["init", "--folder", join(PROJECT, "pki")],
      PASSPHRASES,
      "is inside the folder of this project",
    ],
    [
      "a root key in the project",
      () => ["init", "--folder", file("refused"), "--root-key", join(PROJECT, "src/../root.pem")],
      PASSPHRASES,
      "is inside the folder of this project",
    ],
    ["a folder with a hierarchy", () => ours("init"), PASSPHRASES, "holds a hierarchy already"],
    ["a folder with other things", () => ["init", "--folder", place], PASSPHRASES, "is not empty"],
    [
      "a root key file that exists",
      () => ["init", "--folder", file("refused"), "--root-key", rootKey],
      PASSPHRASES,
      "no key is ever overwritten",
    ],
    ["nobody to ask", fresh, PASSPHRASES, "name a configuration with --config"],
    ["TEST in a name", () => withConfig({ organisation: "A TEST" }), PASSPHRASES, "has the word TEST"],
    ["--test without TEST", () => [...withConfig({}), "--test"], PASSPHRASES, "does not have the word TEST"],
    ["a slash too many", () => withConfig({ pkiBaseUrl: "http://a.example/" }), PASSPHRASES, "pkiBaseUrl ends with a slash"],
    ["a mistyped member", () => withConfig({ organization: "A" }), PASSPHRASES, "has no member organization"],
    ["a missing member", () => withConfig({ country: undefined }), PASSPHRASES, "country is missing"],
    ["policies that are none", () => withConfig({ certificatePolicies: { auth: {}, sing: {} } }), PASSPHRASES, "sing"],
    ["issuers that outlive their root", () => withConfig({ validity: { rootYears: 5, issuerYears: 5 } }), PASSPHRASES, "outlive"],
    [
      "one name for two",
      () => withConfig({ commonNames: { root: "A", qualified: "A", nonQualified: "B" } }),
      PASSPHRASES,
      "alike",
    ],
    [
      "an object identifier that DER cannot tell from another",
      () => withConfig({ authorityPolicy: { identifier: "1.50.3" } }),
      PASSPHRASES,
      "authorityPolicy.identifier is no object identifier",
    ],
    ["a root's CRL for years", () => withConfig({ validity: { rootListDays: 366 } }), PASSPHRASES, "is more than 365"],
    [
      "a clock that nobody vouches for",
      () => withConfig({}).filter((parameter) => parameter !== "--yes"),
      PASSPHRASES,
      "say --yes",
    ],
    [
      "new keys in place of keys that are not lost",
      () => withRoot("rotate-issuer", "--level", "qualified", "--new-keys-passphrase"),
      PASSPHRASES,
      "leave --new-keys-passphrase out",
    ],
    [
      "the root's passphrase for new keys",
      () => withRoot("rotate-issuer", "--level", "qualified", "--new-keys-passphrase"),
      { TALLY_ROOT_PASSPHRASE: ROOT_PASSPHRASE, TALLY_KEYS_PASSPHRASE: ROOT_PASSPHRASE },
      "these are the same",
    ],
    ["trust in place of pki.json", () => ours("export-trust", "--out", join(folder, "pki.json")), {}, "where keys are kept"],
    ["trust in place of a key", () => ours("export-trust", "--out", rootKey), {}, "is no certificate"],
    ["trust in the folder of keys", () => ours("export-trust", "--der", join(folder, "keys/new")), {}, "where keys are kept"],
    ["a short passphrase", () => withConfig({}), { TALLY_ROOT_PASSPHRASE: "eleven char" }, "shorter than 12"],
    ["no passphrase", () => withConfig({}), {}, "set TALLY_ROOT_PASSPHRASE"],
    [
      "one passphrase for both",
      () => withConfig({}),
      { TALLY_ROOT_PASSPHRASE: ROOT_PASSPHRASE, TALLY_KEYS_PASSPHRASE: ROOT_PASSPHRASE },
      "these are the same",
    ],
    [
      "the other passphrase",
      () => withRoot("renew-root-crl"),
      { TALLY_ROOT_PASSPHRASE: KEYS_PASSPHRASE },
      "wrong passphrase for",
    ],
    ["a wrong passphrase of keys", () => ours("rotate-ocsp"), { TALLY_KEYS_PASSPHRASE: ROOT_PASSPHRASE }, "wrong passphrase for"],
    ["no root key", () => ours("renew-root-crl", "--yes"), PASSPHRASES, "say where it is with --root-key"],
    [
      "the revocation of who issues",
      () => withRoot("renew-root-crl", "--revoke", "eid-q", "--reason", "superseded"),
      PASSPHRASES,
      "first rotate-issuer",
    ],
    ["the revocation of nobody", () => withRoot("renew-root-crl", "--revoke", "eid-x"), PASSPHRASES, "there are: eid-q, eid-nq"],
    ["a reason for nothing", () => withRoot("renew-root-crl", "--reason", "superseded"), PASSPHRASES, "goes with --revoke"],
    ["an unknown reason", () => withRoot("renew-root-crl", "--reason", "mood"), PASSPHRASES, "--reason is cACompromise"],
    ["no level", () => withRoot("rotate-issuer"), PASSPHRASES, "--level qualified or --level non-qualified"],
    ["no folder", () => ["show"], PASSPHRASES, "--folder DIR"],
    ["a folder with nothing", () => ["show", "--folder", file("nothing")], PASSPHRASES, "there is no pki.json"],
    ["no target", () => ours("publish"), PASSPHRASES, "--remote, or --local"],
    ["an option of another command", () => ours("show", "--remote"), PASSPHRASES, "show takes no --remote"],
    ["no command", () => [], PASSPHRASES, "say what to do"],
  ])("%s", async (_, parameters, environment, says) => {
    const before = JSON.stringify(deployment());
    const { code, out, notes } = await pki(parameters(), { environment });
    expect({ code, out, notes }).toEqual({ code: 1, out: "", notes: expect.stringContaining(says) });
    expect(notes).toMatch(/^Tally: [^\n]+$/);
    expect(existsSync(file("refused")) || existsSync(file("refused.pem"))).toBe(false);
    expect(JSON.stringify(deployment())).toBe(before);
  });

  it("a key that is another's, and a file that was written by a newer Tally", async () => {
    const copy = file("copy");
    cpSync(folder, copy, { recursive: true });
    const [qualified, nonQualified] = deployment().issuers;
    cpSync(join(folder, "keys", nonQualified!.keyFile), join(copy, "keys", qualified!.keyFile));
    const swapped = await pki(["rotate-ocsp", "--folder", copy]);
    expect(swapped).toMatchObject({ code: 1, notes: expect.stringContaining("does not belong to the certificate of eid-q") });
    const other = await pki(["renew-root-crl", "--folder", folder, "--root-key", another.rootKey, "--yes"]);
    expect(other).toMatchObject({ code: 1, notes: expect.stringContaining("does not belong to the certificate of this root") });
    writeFileSync(join(copy, "pki.json"), JSON.stringify({ ...deployment(), version: 2 }));
    expect((await pki(["show", "--folder", copy])).notes).toContain("newer version");
    writeFileSync(
      join(copy, "pki.json"),
      JSON.stringify({ ...deployment(), issuers: [{ ...qualified, keyFile: "../../key.pem" }] }),
    );
    expect((await pki(["show", "--folder", copy])).notes).toContain("is damaged (issuers.0.keyFile");
  });

  it("a database that has another hierarchy, or one that this folder does not know all of", () => {
    const { root, issuers } = deployment();
    const found = [{ ...root, level: null }, ...issuers];
    expect(() => checkAuthorities(found, { root, issuers })).not.toThrow();
    const theirs = readDeployment(another.folder);
    expect(() => checkAuthorities(found, theirs)).toThrow("another authority named root");
    expect(() => checkAuthorities(found, { root, issuers: issuers.slice(0, 1) })).toThrow("an authority eid-nq of this root");
    expect(() => checkAuthorities([{ ...theirs.issuers[0]!, name: "other" }], { root, issuers })).not.toThrow();
  });

  it("a secret that the store would not take", () => {
    const found = deployment();
    expect(() => checkSecretSizes(found, now)).not.toThrow();
    expect(() => checkSecretSizes(found, now, 247)).toThrow(/ISSUER_KEY_QUALIFIED would hold 1 keys in 248 bytes.*takes 247/);
    expect(() => checkSecretSizes(found, now, 183)).toThrow(/OCSP_KEY_QUALIFIED/);
    const [first] = found.issuers;
    const years = Array.from({ length: 300 }, (_, index) => ({ ...first!, name: `eid-q-${index + 2}`, succeededAt: now }));
    expect(() => checkSecretSizes({ ...found, issuers: years }, now)).toThrow(`takes ${MAXIMUM_SECRET_LENGTH}`);
  });
});

describe("at the end of all of it", () => {
  it("the root key and the passphrases are in the clear nowhere", () => expectNoRootKey());
});
