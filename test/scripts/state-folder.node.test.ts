// The folder of a local server: what is made, what is kept, what is refused and never repaired.
import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type LocalSecrets, localVariables } from "../../scripts/local-secrets.ts";
import { StartFailure } from "../../scripts/start-failure.ts";
import { openStateFolder, readOperatorKey } from "../../scripts/state-folder.ts";

interface Content {
  version: number;
  secrets: Record<string, unknown>;
  operatorKey: unknown;
  timeStampSigner: Record<string, unknown>;
}

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tally-state-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (place = folder) => openStateFolder(place, "http://localhost:8787/pki");
const text = () => readFileSync(join(folder, "secrets.json"), "utf8");

describe("the state folder", () => {
  it("keeps its secrets", async () => {
    const made = await open();
    const written = text();
    expect(await open()).toMatchObject(made);
    expect(text()).toBe(written);
  });

  it("has no key of the root", async () => {
    const { secrets, authorities } = await open();
    expect(authorities.map(({ name }) => name)).toEqual(["root", "eid-q", "eid-nq"]);
    expect(Object.keys(secrets).filter((name) => name.includes("KEY"))).toEqual([
      "ISSUER_KEY_QUALIFIED",
      "ISSUER_KEY_NON_QUALIFIED",
      "CHANNEL_SIGNING_KEY",
      "CHANNEL_ENCRYPTION_KEY",
      "SESSION_NAME_KEY",
      "VAPID_PRIVATE_KEY",
      "OCSP_KEY_QUALIFIED",
      "OCSP_KEY_NON_QUALIFIED",
    ]);
  });

  it("makes no new secrets where data needs the old ones", async () => {
    mkdirSync(join(folder, "v3"));
    await expect(open()).rejects.toThrow("secrets.json is missing");
    expect(existsSync(join(folder, "secrets.json"))).toBe(false);
  });

  it("is refused where it is a file", async () => {
    writeFileSync(join(folder, "file"), "");
    await expect(open(join(folder, "file"))).rejects.toThrow("cannot use the state folder");
  });

  it.each<[name: string, spoil: (content: Content) => void, message: string]>([
    ["a secret is missing", ({ secrets }) => delete secrets["KEK"], "(secrets.KEK: is missing)"],
    ["all secrets are missing", (content) => delete (content as Partial<Content>).secrets, "(secrets: is missing)"],
    ["a key is too short", ({ secrets }) => (secrets["KEK"] = "c2hvcnQ="), "(secrets.KEK: is not 32 bytes in base64)"],
    ["a key is a number", ({ secrets }) => (secrets["SESSION_NAME_KEY"] = 7), "(secrets.SESSION_NAME_KEY: "],
    ["an issuer's key is cut", ({ secrets }) => (secrets["ISSUER_KEY_QUALIFIED"] = "AAAA"), "(secrets.ISSUER_KEY_QUALIFIED: "],
    [
      "a secret is missing that its version has",
      ({ secrets }) => delete secrets["VAPID_PRIVATE_KEY"],
      "VAPID_PRIVATE_KEY: is missing)",
    ],
    ["the version is missing", (content) => delete (content as Partial<Content>).version, "is damaged (version: "],
    ["the version is none", (content) => (content.version = 0), "is damaged (version: "],
    ["a JWK has no private part", ({ secrets }) => (secrets["CHANNEL_SIGNING_KEY"] = "{}"), "is not a private JWK)"],
    ["the operator's key is missing", (content) => delete (content as Partial<Content>).operatorKey, "(operatorKey: is missing)"],
    ["the operator's key is half", (content) => (content.operatorKey = '{"kty":"EC"}'), "(operatorKey: is not a private JWK)"],
    [
      "the signer of time stamps has no key",
      ({ timeStampSigner }) => delete timeStampSigner["privateKey"],
      "(timeStampSigner.privateKey: is missing)",
    ],
    [
      "the signer of time stamps has another's key",
      ({ timeStampSigner, secrets }) => (timeStampSigner["privateKey"] = secrets["OCSP_KEY_QUALIFIED"]),
      "(keys and certificates do not go together)",
    ],
    ["the version is newer", (content) => (content.version = 99), "was made by a newer version of Tally"],
  ])("is refused where %s, in one line that shows no secret", async (_, spoil, message) => {
    const { secrets } = await open();
    const content = JSON.parse(text()) as Content;
    spoil(content);
    writeFileSync(join(folder, "secrets.json"), JSON.stringify(content));
    const failure: unknown = await open().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StartFailure);
    const said = (failure as StartFailure).message;
    expect(said).toContain(message);
    expect(said).not.toContain("\n");
    for (const value of Object.values(secrets)) expect(said).not.toContain(value);
    expect(said).not.toContain("c2hvcnQ=");
  });

  describe("made by an earlier version", () => {
    const MISSING = {
      1: ["VAPID_PRIVATE_KEY", "OCSP_KEY_QUALIFIED", "OCSP_KEY_NON_QUALIFIED"],
      2: ["OCSP_KEY_QUALIFIED", "OCSP_KEY_NON_QUALIFIED"],
      3: [],
    } as const;
    type OldVersion = keyof typeof MISSING;

    async function makeOld(version: OldVersion, spoil: (content: Content) => void = () => undefined): Promise<Content> {
      await open();
      const content = JSON.parse(text()) as Content;
      const added = version < 3 ? ["ocspSigners", "revocationLists"] : [];
      for (const name of ["operatorKey", "timeStampSigner", ...added]) Reflect.deleteProperty(content, name);
      for (const name of MISSING[version]) delete content.secrets[name];
      content.version = version;
      spoil(content);
      writeFileSync(join(folder, "secrets.json"), JSON.stringify(content));
      return content;
    }

    it.each([1, 2, 3] as const)("(%i) gets what it lacks, once, and keeps everything else", async (version) => {
      const old = await makeOld(version);
      const state = await open();
      expect(state.secrets).toMatchObject(old.secrets);
      expect(state.authorities).toEqual((old as unknown as LocalSecrets).authorities);
      const { VAPID_PRIVATE_KEY, OCSP_KEY_QUALIFIED, OCSP_KEY_NON_QUALIFIED } = state.secrets;
      expect(JSON.parse(VAPID_PRIVATE_KEY)).toMatchObject({ kty: "EC", crv: "P-256", alg: "ES256", d: expect.any(String) });
      expect(OCSP_KEY_QUALIFIED).not.toBe(OCSP_KEY_NON_QUALIFIED);
      expect(state.ocspSigners.map(({ authority }) => authority)).toEqual(["eid-q", "eid-nq"]);
      // The root's key is gone, and with it the only one that could sign its CRL.
      expect(state.revocationLists).toEqual(version < 3 ? [] : [expect.objectContaining({ authority: "root" })]);
      expect(() => readOperatorKey(folder)).not.toThrow();
      expect(state.timeStampSigner.certificate).toBeTruthy();
      expect(statSync(join(folder, "secrets.json")).mode & 0o077).toBe(0);
      const written = text();
      expect(await open()).toEqual(state);
      expect(text()).toBe(written);
    });

    it.each([1, 2, 3] as const)("(%i) is refused where anything else is missing, and not written", async (version) => {
      const old = await makeOld(version, ({ secrets }) => delete secrets["KEK"]);
      await expect(open()).rejects.toThrow("(secrets.KEK: is missing)");
      expect(JSON.parse(text())).toEqual(old);
    });

    it("is refused where the key of an issuer is not one, and not written", async () => {
      const old = await makeOld(2, ({ secrets }) => (secrets["ISSUER_KEY_QUALIFIED"] = "A".repeat(200)));
      await expect(open()).rejects.toThrow("is damaged (keys and certificates do not go together)");
      expect(JSON.parse(text())).toEqual(old);
    });
  });

  describe("its OCSP signers", () => {
    const signers = async () =>
      (await open()).ocspSigners.map(({ authority, certificate }) => {
        const { issuer, subject, validTo, publicKey } = new X509Certificate(Buffer.from(certificate, "base64"));
        return { authority, issuer, subject, validTo, key: publicKey.export({ format: "pem", type: "spki" }) };
      });
    afterEach(() => vi.useRealTimers());

    it("are named TEST, and get successors with the same keys in the month before they end", async () => {
      const made = await signers();
      expect(made.map(({ authority }) => authority)).toEqual(["eid-q", "eid-nq"]);
      for (const { issuer, subject } of made) {
        expect(issuer).toContain("CN=TEST Tally EID-");
        expect(subject).toContain(`${issuer.split("\n").at(-1)} OCSP`);
      }
      vi.useFakeTimers({ now: Date.now() + 300 * 86_400_000, toFake: ["Date"] });
      expect(await signers()).toEqual(made);
      vi.setSystemTime(Date.now() + 40 * 86_400_000);
      const renewed = await signers();
      expect(renewed.slice(0, 2)).toEqual(made);
      expect(renewed.slice(2).map(({ authority, key }) => [authority, key])).toEqual(
        made.map(({ authority, key }) => [authority, key]),
      );
      for (const { validTo } of renewed.slice(2)) expect(Date.parse(validTo)).toBeGreaterThan(Date.now() + 360 * 86_400_000);
      expect(await signers()).toEqual(renewed);
    });
  });

  describe("its signer of time stamps", () => {
    const signer = async () => {
      const { certificate } = (await open()).timeStampSigner;
      const { issuer, subject, validTo, infoAccess, keyUsage } = new X509Certificate(Buffer.from(certificate, "base64"));
      return { certificate, issuer, subject, validTo, infoAccess, keyUsage };
    };
    afterEach(() => vi.useRealTimers());

    it("is named TEST, is good for time stamps alone, and gets a successor in the month before it ends", async () => {
      const made = await signer();
      expect(made.issuer).toContain("CN=TEST Tally EID-NQ");
      expect(made.subject).toContain("CN=TEST Tally TSA");
      expect(made.keyUsage).toEqual(["1.3.6.1.5.5.7.3.8"]);
      expect(made.infoAccess).toContain("OCSP - URI:http://localhost:8787/pki/ocsp");
      vi.useFakeTimers({ now: Date.now() + 300 * 86_400_000, toFake: ["Date"] });
      expect(await signer()).toEqual(made);
      vi.setSystemTime(Date.now() + 40 * 86_400_000);
      const renewed = await signer();
      expect(renewed.certificate).not.toBe(made.certificate);
      expect(Date.parse(renewed.validTo)).toBeGreaterThan(Date.now() + 360 * 86_400_000);
      expect(await signer()).toEqual(renewed);
    });
  });

  describe("the operator's key", () => {
    it("is read where the folder is, and its private half is in no variable of the Worker", async () => {
      const state = await open();
      expect(readOperatorKey(folder)).toBe(state.operatorKey);
      const { d, ...publicHalf } = JSON.parse(state.operatorKey) as Record<string, string>;
      const variables = localVariables(state);
      expect(JSON.parse(variables.OPERATOR_PUBLIC_KEY)).toEqual(publicHalf);
      expect(JSON.stringify(variables)).not.toContain(d);
    });

    it.each<[string, (content: Content) => string | undefined, string]>([
      ["there is no file", () => undefined, "there is no local server in"],
      [
        "the folder is of an earlier version",
        (content) => JSON.stringify({ ...content, version: 3, operatorKey: undefined, timeStampSigner: undefined }),
        "is of an older version of Tally: start its server once",
      ],
      ["the folder is of a newer version", () => '{"version":99}', "was made by a newer version of Tally"],
      ["the file is damaged", () => "{", "is damaged (not JSON)"],
    ])("is not read where %s", async (_, change, message) => {
      await open();
      const changed = change(JSON.parse(text()) as Content);
      rmSync(join(folder, "secrets.json"));
      if (changed !== undefined) writeFileSync(join(folder, "secrets.json"), changed);
      expect(() => readOperatorKey(folder)).toThrow(StartFailure);
      expect(() => readOperatorKey(folder)).toThrow(message);
    });
  });

  it.each(["", "{ half", "null", "[]", "7"])("is refused where the file holds %j", async (damaged) => {
    writeFileSync(join(folder, "secrets.json"), damaged);
    await expect(open()).rejects.toThrow("secrets.json is damaged");
    expect(text()).toBe(damaged);
  });
});
