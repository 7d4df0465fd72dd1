// What every KEK does, wherever it is kept: one suite for both implementations. Then what can go wrong with the one that is kept elsewhere.
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { concatBytes, toBase64, utf8 } from "../../src/protocol/encoding.ts";
import { vaultOf } from "../../src/vault/configuration.ts";
import { externalKey } from "../../src/vault/external-key.ts";
import { type KeyEncryptionKey, VaultUnavailable } from "../../src/vault/key-encryption-key.ts";
import { importKeyEncryptionKey } from "../../src/vault/local-key.ts";
import { openVault } from "../../src/vault/vault.ts";
import type { WrappedPlace } from "../../src/vault/wrapping.ts";
import { startTransitServer } from "../support/transit-server.ts";

const transit = await startTransitServer("tally");
afterAll(() => transit.stop());

const pauses: number[] = [];
const pause = (milliseconds: number): Promise<void> => {
  pauses.push(milliseconds);
  return Promise.resolve();
};
const { url, token } = transit;
const external = (more: object = {}): KeyEncryptionKey => externalKey({ id: "kms-1", url, key: "tally", token, pause, ...more });
const secret = (byte: number): string => toBase64(new Uint8Array(32).fill(byte));
const SHARE = utf8("the server's share ".repeat(200));
const PLACE = utf8("where it belongs");

beforeEach(() => {
  transit.fault = undefined;
  transit.seen.length = 0;
  pauses.length = 0;
});

const KEYS: Readonly<Record<string, () => Promise<KeyEncryptionKey>>> = {
  "of this Worker": () => importKeyEncryptionKey("kek-1", secret(7)),
  "of a KMS": () => Promise.resolve(external()),
};

describe.each(Object.keys(KEYS))("a KEK %s", (name) => {
  const opened = () => KEYS[name]!();

  it("opens what it sealed, also when it was loaded anew, and nothing twice the same", async () => {
    const sealed = await (await opened()).encrypt(SHARE, PLACE);
    expect(await (await opened()).decrypt(sealed, PLACE)).toEqual(SHARE);
    expect(await (await opened()).encrypt(SHARE, PLACE)).not.toEqual(sealed);
    expect(await (await opened()).decrypt(await (await opened()).encrypt(utf8(""), PLACE), PLACE)).toEqual(utf8(""));
  });

  it("opens nothing in another place", async () => {
    const key = await opened();
    expect(await key.decrypt(await key.encrypt(SHARE, PLACE), utf8("elsewhere"))).toBeUndefined();
  });

  it("opens nothing that was changed or cut: it does not unwrap, or nobody can say, but nothing else comes out", async () => {
    const key = await opened();
    const sealed = await key.encrypt(utf8("short"), PLACE);
    for (let index = 0; index < sealed.length; index++) {
      for (const changed of [sealed.with(index, (sealed[index] ?? 0) ^ 1), sealed.slice(0, index)]) {
        const outcome = await key.decrypt(changed, PLACE).catch((error: unknown) => error);
        if (outcome !== undefined) expect(outcome).toBeInstanceOf(VaultUnavailable);
      }
    }
  });
});

it("a KEK of this Worker opens nothing of another one", async () => {
  const sealed = await (await importKeyEncryptionKey("kek-1", secret(7))).encrypt(SHARE, PLACE);
  expect(await (await importKeyEncryptionKey("kek-1", secret(8))).decrypt(sealed, PLACE)).toBeUndefined();
});

describe("a KMS", () => {
  it("never sees what is stored, nor opens what somebody else's data key sealed", async () => {
    const key = external();
    const sealed = await key.encrypt(SHARE, PLACE);
    await key.decrypt(sealed, PLACE);
    expect(transit.seen).toHaveLength(2);
    for (const body of transit.seen) {
      expect(Object.keys(JSON.parse(body) as object).length).toBe(2);
      expect(Buffer.from((JSON.parse(body) as { plaintext?: string }).plaintext ?? "", "base64").length).toBeLessThanOrEqual(32);
    }
    // One that answers with another data key: a share of its choice does not come out, and the value is not damaged for that.
    transit.fault = (response) => response.end(JSON.stringify({ data: { plaintext: secret(1) } }));
    await expect(key.decrypt(sealed, PLACE)).rejects.toThrow("another value's data key");
    await expect(key.decrypt(sealed, PLACE)).rejects.toThrow(VaultUnavailable);
  });

  it("writes what it likes for a data key, up to 4096 bytes, and what is taken for sealed can be asked for again", async () => {
    for (const [ciphertext, fits] of [
      ["", false],
      ["x".repeat(4_094), true],
      ["x".repeat(4_095), true],
      ["x".repeat(4_096), true],
      ["x".repeat(4_097), false],
      ["€".repeat(1_365), true],
      ["€".repeat(1_400), false],
    ] as const) {
      let dataKey = "";
      transit.fault = (response) => {
        const asked = JSON.parse(transit.seen.at(-1) ?? "") as { plaintext?: string; ciphertext?: string };
        dataKey = asked.plaintext ?? dataKey;
        response.end(JSON.stringify({ data: asked.plaintext === undefined ? { plaintext: dataKey } : { ciphertext } }));
      };
      const sealing = external().encrypt(SHARE, PLACE);
      if (fits) expect(await external().decrypt(await sealing, PLACE)).toEqual(SHARE);
      else await expect(sealing).rejects.toThrow("into too much");
    }
  });

  it("may rotate the key inside: what was wrapped before unwraps", async () => {
    const sealed = await external().encrypt(SHARE, PLACE);
    transit.rotate();
    expect(await external().decrypt(sealed, PLACE)).toEqual(SHARE);
    expect(await external().decrypt(await external().encrypt(SHARE, PLACE), PLACE)).toEqual(SHARE);
  });

  const outages: Readonly<
    Record<string, { readonly key?: object; readonly status?: number; readonly tries: number; readonly says: string }>
  > = {
    "that is down": { key: { url: "http://127.0.0.1:9/v1/transit" }, tries: 3, says: "no connection" },
    "that is sealed": { status: 503, tries: 3, says: "it answered 503" },
    "that has too much to do": { status: 429, tries: 3, says: "it answered 429" },
    "that does not know the token any more": { key: { token: "hvs.old" }, tries: 1, says: "is its token still good?" },
    "that has no such key": { key: { key: "other" }, tries: 1, says: "is there such a key?" },
    "that sends elsewhere": { status: 307, tries: 1, says: "it answered 307" },
    "that answers something else": { status: 200, tries: 1, says: "none of the Transit engine" },
  };
  it.each(Object.keys(outages))("%s is an outage, for both directions, and never damage", async (name) => {
    const { key: more = {}, status, tries, says } = outages[name]!;
    const sealed = await external().encrypt(SHARE, PLACE);
    if (status !== undefined) {
      transit.fault = (response) => response.writeHead(status, { location: `${url}/encrypt/tally` }).end("<html>");
    }
    for (const work of [external(more).encrypt(SHARE, PLACE), external(more).decrypt(sealed, PLACE)]) {
      const error: unknown = await work.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(VaultUnavailable);
      expect(String(error)).toContain(says);
      for (const hidden of [token, "hvs.old", "127.0.0.1"]) expect(String(error)).not.toContain(hidden);
    }
    expect(pauses).toHaveLength(2 * (tries - 1));
    for (const each of pauses) expect(each).toBeLessThanOrEqual(500);
  });

  it("that fails once is asked again, and says of bytes of its own alone that they are damaged", async () => {
    const sealed = await external().encrypt(SHARE, PLACE);
    transit.fault = (response) => {
      transit.fault = undefined;
      response.writeHead(500).end();
    };
    expect(await external().decrypt(sealed, PLACE)).toEqual(SHARE);
    for (const [errors, damaged] of [
      [["invalid ciphertext: unable to decrypt"], true],
      [["cipher: message authentication failed"], true],
      [["encryption key not found"], false],
      [["invalid ciphertext: version is too new"], false],
      [["cipher: message authentication failed", "sealed"], false],
      [[], false],
    ] as const) {
      transit.fault = (response) => response.writeHead(400).end(JSON.stringify({ errors }));
      const outcome = await external()
        .decrypt(sealed, PLACE)
        .catch((error: unknown) => error);
      if (damaged) expect(outcome).toBeUndefined();
      else expect(outcome).toBeInstanceOf(VaultUnavailable);
      await expect(external().encrypt(SHARE, PLACE)).rejects.toThrow(VaultUnavailable);
    }
  });

  it("whose answer has no end, or does not begin, is an outage", async () => {
    transit.fault = (response) => response.writeHead(200).end("x".repeat(20_000));
    await expect(external().encrypt(SHARE, PLACE)).rejects.toThrow("none of the Transit engine");
    const never = ((_url: string, { signal }: RequestInit) =>
      new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error)))) as typeof fetch;
    const late = await external({ fetch: never, timeLimit: 5 })
      .encrypt(SHARE, PLACE)
      .catch((error: unknown) => error);
    expect(String(late)).toContain("did not answer in time");
    expect(pauses).toHaveLength(2);
  });
});

describe("the configuration", () => {
  const place: WrappedPlace = {
    kind: "server-share",
    account: "a",
    purpose: "auth",
    suite: "rsa",
    keyVersion: 1,
    publicKey: new Uint8Array(),
  };
  const vault = (KEK: string, current = "kek-1", more: object = {}) =>
    vaultOf({ KEK: { get: () => Promise.resolve(KEK) }, KEK_ID: current, LOCAL_MODE: "true", ...more });
  const kms = { EXTERNAL_KEKS: JSON.stringify([{ id: "kms-1", url, key: "tally" }]), EXTERNAL_KEK_TOKENS: `kms-1:${token}` };

  it("has keys of both kinds side by side, each for what names it", async () => {
    const both = `kek-1:${secret(7)}\n kek-2:${secret(8)}\n`;
    const values = await Promise.all(["kek-1", "kek-2", "kms-1"].map((id) => vault(both, id, kms).wrap(place, SHARE)));
    for (const value of values) expect(await vault(both, "kek-2", kms).unwrap(place, value)).toEqual(SHARE);
    expect(values.map((value) => vault(both, "kms-1", kms).isCurrent(value))).toEqual([false, false, true]);
    expect(await vault(both, "kek-1", kms).ids()).toEqual(["kek-1", "kek-2", "kms-1"]);
    // One bare key is kek-1's, whatever KEK_ID says.
    expect(await vault(secret(7)).unwrap(place, values[0]!)).toEqual(SHARE);
    await expect(vault(secret(7), "kek-2").wrap(place, SHARE)).rejects.toThrow("the KEK kek-2 is missing");
    await expect(vault(secret(7)).unwrap(place, values[1]!)).rejects.toThrow("the KEK kek-2 is missing");
  });

  it("opens nothing under whose id another KEK was written", async () => {
    const both = vault(`kek-1:${secret(7)} kek-2:${secret(8)}`);
    const wrapped = await both.wrap(place, SHARE);
    expect(await both.unwrap(place, wrapped.with(6, "2".charCodeAt(0)))).toBeUndefined();
    await expect(both.unwrap(place, wrapped.with(6, "9".charCodeAt(0)))).rejects.toThrow("the KEK kek-9 is missing");
    for (const bytes of [new Uint8Array(), wrapped.with(0, 2), wrapped.with(6, 0xff), wrapped.with(6, 10)]) {
      expect(await both.unwrap(place, bytes)).toBeUndefined();
    }
    // Even the same key by another name.
    expect(
      await vault(`kek-1:${secret(7)} kek-2:${secret(7)}`).unwrap(place, wrapped.with(6, "2".charCodeAt(0))),
    ).toBeUndefined();
  });

  const WRONG: readonly (readonly [says: string, KEK: string, more?: object])[] = [
    ["no list of words", "short"],
    ["no list of words", ""],
    ["no list of words", `kek-1:${secret(7)} kek-2:short`],
    ["no list of words", `${secret(7)} ${secret(8)}`],
    ["kek-1 is there twice", `kek-1:${secret(7)} kek-1:${secret(8)}`],
    ["kms-1 is there twice", `kms-1:${secret(7)}`, kms],
    ["no JSON list", secret(7), { ...kms, EXTERNAL_KEKS: "{" }],
    ["no JSON list", secret(7), { ...kms, EXTERNAL_KEKS: JSON.stringify([{ id: "k", url, key: "tally", token }]) }],
  ];
  /** Of the one KEK; what is wrapped under others is not held up. */
  const WRONG_KMS: readonly (readonly [says: string, more: object])[] = [
    ["has no token for the KEK kms-1", { ...kms, EXTERNAL_KEK_TOKENS: `other:${token}` }],
    ["kms-1 is not https", { ...kms, LOCAL_MODE: "false" }],
    ["kms-1 is not https", { ...kms, EXTERNAL_KEKS: kms.EXTERNAL_KEKS.replace("127.0.0.1", "kms.example") }],
    ["kms-1 is not https", { ...kms, EXTERNAL_KEKS: kms.EXTERNAL_KEKS.replace("http://", "https://me:secret@") }],
  ];
  const wrong = [
    ...WRONG.map(([says, KEK, more = {}]) => ({ says, KEK, more, current: "kek-1" })),
    ...WRONG_KMS.map(([says, more]) => ({ says, KEK: secret(7), more, current: "kms-1" })),
  ];
  it.each(WRONG_KMS)("leaves other KEKs alone where that of a KMS is wrong (%s)", async (says, more) => {
    const one = vault(secret(7), "kek-1", more);
    expect(await one.unwrap(place, await one.wrap(place, SHARE))).toEqual(SHARE);
    expect(await one.ids()).toEqual(["kek-1"]);
    expect(await one.problemOf("kms-1")).toContain(says);
    const outside = await vault(secret(7), "kms-1", kms).wrap(place, SHARE);
    await expect(one.unwrap(place, outside)).rejects.toThrow(VaultUnavailable);
  });

  it.each(wrong)(
    "that is wrong is an outage that says so ($says), without a word of what is secret",
    async ({ says, KEK, more, current }) => {
      const error: unknown = await vault(KEK, current, more)
        .wrap(place, SHARE)
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(VaultUnavailable);
      expect(String(error)).toContain(says);
      for (const hidden of [secret(7), secret(8), token, "me:secret"]) expect(String(error)).not.toContain(hidden);
    },
  );

  it("is read when it is needed, and again for a KEK that was added since; not each time for one that nobody has", async () => {
    let KEK = `kek-1:${secret(7)}`;
    let reads = 0;
    const get = () => (reads++, Promise.resolve(KEK));
    const late = vaultOf({ KEK: { get }, KEK_ID: "kek-2", LOCAL_MODE: "false" });
    expect(reads).toBe(0);
    for (let times = 0; times < 5; times++) await expect(late.wrap(place, SHARE)).rejects.toThrow("kek-2 is missing");
    expect(reads).toBe(2);
    const values = await vault(`kek-3:${secret(9)}`, "kek-3").wrap(place, SHARE);
    KEK = `kek-1:${secret(7)} kek-3:${secret(9)}`;
    expect(await late.unwrap(place, values)).toEqual(SHARE);
  });

  it("remembers some ids that nobody has, and not as many as somebody writes", async () => {
    let reads = 0;
    const empty = openVault({ currentId: "kek-1", load: () => (reads++, Promise.resolve(new Map())), now: () => 0 });
    const ask = async (id: string): Promise<number> => {
      const value = concatBytes(Uint8Array.of(1, id.length), utf8(id), Uint8Array.of(0));
      await expect(empty.unwrap(place, value)).rejects.toThrow(`the KEK ${id} is missing`);
      return reads;
    };
    for (let number = 0; number < 64; number++) expect(await ask(`kek-${number}`)).toBe(number + 2);
    expect(await ask("kek-0")).toBe(65);
    await ask("kek-64");
    expect(await ask("kek-0")).toBe(67);
  });
});
