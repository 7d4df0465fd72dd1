import { CompactEncrypt, exportJWK, generateKeyPair, importJWK } from "jose";
import { describe, expect, it } from "vitest";
import { answerHandshake, completeHandshake, generateHandshakeKey } from "../../src/channel/handshake.ts";
import { handleOf, openMessage, sealMessage } from "../../src/channel/message.ts";
import { openSecondEnvelope, sealSecondEnvelope } from "../../src/channel/second-envelope.ts";
import { publicKeyOf } from "../../src/protocol/ec-public-key.ts";
import { toBase64Url, utf8 } from "../../src/protocol/encoding.ts";

const handle = "ab".repeat(32);
const signing = await exportJWK((await generateKeyPair("ES256", { extractable: true })).privateKey);
const encryption = await exportJWK((await generateKeyPair("ECDH-ES", { crv: "P-256", extractable: true })).privateKey);
const keyOf = async (pair: CryptoKeyPair) => publicKeyOf((await crypto.subtle.exportKey("jwk", pair.publicKey)) as JsonWebKey);

async function handshake() {
  const own = await generateHandshakeKey();
  const encryptionKey = publicKeyOf(encryption as JsonWebKey);
  const server = await answerHandshake({ handle, deviceKey: await keyOf(own), signingKey: signing as JsonWebKey, encryptionKey });
  if (server === undefined) throw new Error("no answer");
  return { own, server, signingKey: publicKeyOf(signing as JsonWebKey) };
}

describe("the handshake", () => {
  it("gives both sides the same keys and transcript hash", async () => {
    const { own, server, signingKey } = await handshake();
    const device = await completeHandshake({ own, signingKey, signedTranscript: server.signedTranscript });
    expect(device?.keys).toEqual(server.keys);
    expect(device?.transcriptHash).toBe(server.transcriptHash);
    expect(device?.handle).toBe(handle);
    expect(server.keys.deviceToServer).not.toEqual(server.keys.serverToDevice);
  });

  it("is refused by the device when somebody else signed", async () => {
    const { own, server } = await handshake();
    const other = publicKeyOf((await exportJWK((await generateKeyPair("ES256", { extractable: true })).publicKey)) as JsonWebKey);
    expect(await completeHandshake({ own, signingKey: other, signedTranscript: server.signedTranscript })).toBeUndefined();
  });

  it("is refused by the device when it is the answer to another device", async () => {
    const { server, signingKey } = await handshake();
    const own = await generateHandshakeKey();
    expect(await completeHandshake({ own, signingKey, signedTranscript: server.signedTranscript })).toBeUndefined();
  });

  it("is not answered for a key that is no point on the curve", async () => {
    const deviceKey = { kty: "EC", crv: "P-256", x: "A".repeat(43), y: "A".repeat(43) } as const;
    const encryptionKey = publicKeyOf(encryption as JsonWebKey);
    expect(await answerHandshake({ handle, deviceKey, signingKey: signing as JsonWebKey, encryptionKey })).toBeUndefined();
  });
});

describe("a message of the channel", () => {
  const key = new Uint8Array(32).fill(1);
  const iv = new Uint8Array(12).fill(2);

  it("opens with its key and handle, and has the same bytes when sealed again", async () => {
    const message = await sealMessage(key, handle, utf8("text"), iv);
    expect(await sealMessage(key, handle, utf8("text"), iv)).toBe(message);
    expect(handleOf(message)).toBe(handle);
    expect(await openMessage(key, handle, message)).toEqual(utf8("text"));
  });

  it("does not open with another key, for another handle, changed or cut", async () => {
    const message = await sealMessage(key, handle, utf8("text"), iv);
    expect(await openMessage(new Uint8Array(32), handle, message)).toBeUndefined();
    expect(await openMessage(key, "cd".repeat(32), message)).toBeUndefined();
    for (const wrong of [message.slice(0, -1), `${message}A`, `${message}.A`, "", "....", message.replace("..", ".QQ.")]) {
      expect(await openMessage(key, handle, wrong)).toBeUndefined();
    }
  });

  it("is refused for any header but the one it must have", async () => {
    const headers = [
      { alg: "dir", enc: "A256GCM", kid: handle, zip: "DEF" },
      { alg: "dir", enc: "A256GCM", kid: handle, typ: "JWE" },
      { alg: "dir", kid: handle, enc: "A256GCM" },
      { enc: "A256GCM", alg: "dir" },
    ];
    for (const header of headers) {
      const wrong = await new CompactEncrypt(utf8("text"))
        .setProtectedHeader(header)
        .encrypt(key)
        .catch(() => undefined);
      if (wrong === undefined) continue;
      expect(handleOf(wrong)).toBeUndefined();
      expect(await openMessage(key, handle, wrong)).toBeUndefined();
    }
    const otherAlgorithm = await new CompactEncrypt(utf8("text"))
      .setProtectedHeader({ alg: "A256KW", enc: "A256GCM", kid: handle })
      .encrypt(key);
    expect(handleOf(otherAlgorithm)).toBeUndefined();
    expect(await openMessage(key, handle, otherAlgorithm)).toBeUndefined();
  });
});

describe("a second envelope", () => {
  const publicKey = publicKeyOf(encryption as JsonWebKey);
  const binding = { handle, requestId: "r".repeat(22), operation: "performSignature", subject: "t".repeat(22) };
  const contents = { contribution: utf8("contribution"), transcript: utf8("transcript") };

  it("opens where it belongs", async () => {
    const envelope = await sealSecondEnvelope(publicKey, binding, contents);
    expect(await openSecondEnvelope(encryption as JsonWebKey, binding, envelope)).toEqual(contents);
  });

  it("does not open in another account, request, operation or transaction", async () => {
    const envelope = await sealSecondEnvelope(publicKey, binding, contents);
    for (const field of ["handle", "requestId", "operation", "subject"] as const) {
      const other = { ...binding, [field]: "other" };
      expect(await openSecondEnvelope(encryption as JsonWebKey, other, envelope)).toBeUndefined();
    }
  });

  it("has an ephemeral key of its own each time", async () => {
    const first = await sealSecondEnvelope(publicKey, binding, contents);
    expect(await sealSecondEnvelope(publicKey, binding, contents)).not.toBe(first);
  });

  it("is refused for another algorithm and for a header with more in it", async () => {
    const plaintext = utf8(
      JSON.stringify({ binding: Object.values(binding), contents: { contribution: toBase64Url(utf8("x")) } }),
    );
    const key = await importJWK(publicKey, "ECDH-ES");
    const headers = [
      { alg: "ECDH-ES+A256KW", enc: "A256GCM" },
      { alg: "ECDH-ES", enc: "A128GCM" },
      { alg: "ECDH-ES", enc: "A256GCM", typ: "JWE" },
    ];
    for (const header of headers) {
      const envelope = await new CompactEncrypt(plaintext).setProtectedHeader(header).encrypt(key);
      expect(await openSecondEnvelope(encryption as JsonWebKey, binding, envelope)).toBeUndefined();
    }
    expect(await openSecondEnvelope(encryption as JsonWebKey, binding, "x".repeat(9000))).toBeUndefined();
  });
});
