import { describe, expect, it, vi } from "vitest";
import { toBase64, utf8 } from "../../src/protocol/encoding.ts";
import { importKeyEncryptionKey } from "../../src/vault/local-key.ts";
import { unwrap, wrap, type WrappedPlace } from "../../src/vault/wrapping.ts";

const secret = toBase64(new Uint8Array(32).fill(7));
const kek = await importKeyEncryptionKey("kek-1", secret);
const place: WrappedPlace = {
  kind: "server-share",
  account: "a".repeat(64),
  purpose: "auth",
  suite: "rsa",
  keyVersion: 1,
  publicKey: utf8("public key"),
};
const share = utf8("the server's share");

describe("a wrapped value", () => {
  it("unwraps in its own place", async () => {
    expect(await unwrap(kek, place, await wrap(kek, place, share))).toEqual(share);
  });

  it("does not unwrap in any other place", async () => {
    const wrapped = await wrap(kek, place, share);
    const others: Partial<WrappedPlace>[] = [
      { kind: "pooled-share" },
      { account: "b".repeat(64) },
      { purpose: "sign" },
      { suite: "" },
      { keyVersion: 2 },
      { publicKey: utf8("another key") },
    ];
    for (const other of others) expect(await unwrap(kek, { ...place, ...other }, wrapped)).toBeUndefined();
  });

  it("does not unwrap under another key or another key's name", async () => {
    const wrapped = await wrap(kek, place, share);
    const otherKey = await importKeyEncryptionKey("kek-1", toBase64(new Uint8Array(32).fill(8)));
    const otherName = await importKeyEncryptionKey("kek-2", secret);
    expect(await unwrap(otherKey, place, wrapped)).toBeUndefined();
    expect(await unwrap(otherName, place, wrapped)).toBeUndefined();
  });

  it("does not unwrap when any byte was changed or cut off", async () => {
    const wrapped = await wrap(kek, place, share);
    for (let index = 0; index < wrapped.length; index++) {
      const changed = wrapped.slice();
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(await unwrap(kek, place, changed)).toBeUndefined();
      expect(await unwrap(kek, place, wrapped.slice(0, index))).toBeUndefined();
    }
  });

  it("never has the same bytes twice", async () => {
    expect(await wrap(kek, place, share)).not.toEqual(await wrap(kek, place, share));
  });
});

describe("the key-encryption key", () => {
  it("is 32 bytes in base64, anything else is the operator's mistake", async () => {
    for (const wrong of ["", "short", toBase64(new Uint8Array(31)), toBase64(new Uint8Array(33))]) {
      await expect(importKeyEncryptionKey("kek-1", wrong)).rejects.toThrow("KEK must be");
    }
    await expect(importKeyEncryptionKey("", secret)).rejects.toThrow("the id of a KEK must be");
  });

  it("cannot be read back", async () => {
    const imported = vi.spyOn(crypto.subtle, "importKey");
    await importKeyEncryptionKey("kek-1", secret);
    const key = (await imported.mock.results[0]?.value) as CryptoKey;
    imported.mockRestore();
    await expect(crypto.subtle.exportKey("raw", key)).rejects.toThrow();
  });
});
