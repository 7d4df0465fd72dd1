// Loaded into every process of Node that a test file runs in or starts (test/setup/ready-keys-in-node.ts): whoever makes an RSA key of
// 3072 bits, device and server alike, gets one that was made before the tests. No key is given twice to one test file and what it
// started; who asks for more has them made. And a PIN is stretched by one round of PBKDF2, as in test/setup/quick-pins.ts.
// In plain JavaScript, because any Node may load it.
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

const { READY_KEYS_FILE: file = "", READY_KEYS_CLAIMS: claims = "" } = process.env;
const { subtle } = globalThis.crypto;
const make = subtle.generateKey.bind(subtle);

/** Undefined where every key is taken, or the test file is over. */
function claim() {
  const keys = JSON.parse(readFileSync(file, "utf8"));
  for (const [index, key] of keys.entries()) {
    try {
      closeSync(openSync(join(claims, String(index)), "wx"));
      return key;
    } catch (error) {
      if (error.code !== "EEXIST") return undefined;
    }
  }
  return undefined;
}

/** As src/split-key/rsa asks for them. */
const isOfSplitKeys = ({ name, modulusLength }) => name === "RSASSA-PKCS1-v1_5" && modulusLength === 3072;

Object.getPrototypeOf(subtle).generateKey = async (algorithm, extractable, usages) => {
  const ready = isOfSplitKeys(algorithm) ? claim() : undefined;
  if (ready === undefined) return make(algorithm, extractable, usages);
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...open } = ready;
  const [privateKey, publicKey] = await Promise.all([
    subtle.importKey("jwk", ready, algorithm, extractable, ["sign"]),
    subtle.importKey("jwk", open, algorithm, true, ["verify"]),
  ]);
  return { privateKey, publicKey };
};

const derive = subtle.deriveBits.bind(subtle);

/** As src/split-key/pin-mask.ts asks for it. */
const isOfPins = ({ name, hash, iterations }) => name === "PBKDF2" && hash === "SHA-512" && iterations === 210_000;

Object.getPrototypeOf(subtle).deriveBits = async (algorithm, key, length) =>
  derive(isOfPins(algorithm) ? { ...algorithm, iterations: 1 } : algorithm, key, length);
