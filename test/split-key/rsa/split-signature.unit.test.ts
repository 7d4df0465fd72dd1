import { describe, expect, test } from "vitest";
import { IMPLIED_HASH } from "../../../src/protocol/algorithms.ts";
import { utf8 } from "../../../src/protocol/encoding.ts";
import { deviceHalves } from "../../../src/split-key/device-halves.ts";
import { pooledShareGenerators, serverHalves } from "../../../src/split-key/server-halves.ts";
import { ALGORITHMS, PAIRS, evaluate, contribute, inputFor, messageOf, random, sign } from "./fixtures.ts";

const TEXT = "a document";

async function verifies(publicKey: Uint8Array, hashAlgorithm: string, pss: boolean, signature: Uint8Array): Promise<boolean> {
  const name = pss ? "RSA-PSS" : "RSASSA-PKCS1-v1_5";
  const algorithm = { name, hash: hashAlgorithm };
  const key = await crypto.subtle.importKey("spki", Uint8Array.from(publicKey), algorithm, false, ["verify"]);
  const saltLength = Number(hashAlgorithm.slice(-3)) / 8;
  return crypto.subtle.verify(pss ? { name, saltLength } : name, key, Uint8Array.from(signature), utf8(TEXT));
}

describe.each(PAIRS)("two halves of a key of $modulusBits bits", (pair) => {
  test.each(ALGORITHMS.filter(([, hash]) => !hash.startsWith("SHA3")))(
    "sign %s with %s so that WebCrypto accepts it as an ordinary signature",
    async (algorithm, hash) => {
      const signature = sign(pair, messageOf(TEXT, algorithm, hash));
      expect(signature).toHaveLength(768);
      expect(await verifies(pair.publicKey, hash, IMPLIED_HASH[algorithm] === undefined, signature)).toBe(true);
    },
  );
});

test("a key made here and now signs", async () => {
  const [device, server] = [deviceHalves.rsa, serverHalves.rsa];
  const [key, pooledShare] = [await device.generate(random), await pooledShareGenerators.rsa()];
  const joined = server.acceptDeviceKey({ pooledShare, device: key.device, secret: key.secret, earlierPublicKeys: [] });
  if (!joined.ok) throw new Error(joined.failure);
  const { publicKey, serverShare } = joined.value;

  const message = messageOf(TEXT, "rsassa-pss", "SHA-256");
  const offer = server.offer(publicKey, message, random);
  const input = { operation: "performSignature", purpose: "auth", keyVersion: 1, message, offer } as const;
  const { contribution } = device.contribute({ ...input, stored: key.stored, share: key.share });
  const evaluation = server.evaluate({ serverShare, publicKey, message, offer, contribution });
  if (evaluation.verdict !== "right") throw new Error(evaluation.verdict);
  expect(await verifies(publicKey, "SHA-256", true, evaluation.signature)).toBe(true);
});

test("PKCS#1 v1.5 signs one message under one name, PSS every offer under its own", () => {
  for (const pair of PAIRS) {
    const keys = (algorithm: "rsassa-pss" | "sha256WithRSAEncryption"): string[] =>
      [1, 2].map(() => {
        const input = inputFor(pair, messageOf(TEXT, algorithm, "SHA-256"));
        const evaluation = evaluate(pair, input, contribute(pair, input));
        return evaluation.verdict === "right" ? evaluation.messageKey.toString() : evaluation.verdict;
      });
    expect(new Set(keys("sha256WithRSAEncryption")).size).toBe(1);
    expect(new Set(keys("rsassa-pss")).size).toBe(2);
  }
});
