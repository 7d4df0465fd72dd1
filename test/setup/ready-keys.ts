// Runs before every test file inside workerd: whoever makes an RSA key of 3072 bits, device and server alike, gets one that was made
// before the tests, because finding primes is most of what an enrolment costs. No key is given twice in a file, and who asks for
// more has them made. How keys are made is tested where this does not run: in the projects `unit`, `node`, `browser` and `long`.
import { env } from "cloudflare:workers";

const { readyKeys } = JSON.parse(env.TEST_SEED) as { readonly readyKeys: readonly JsonWebKey[] };

type Algorithm = Parameters<SubtleCrypto["generateKey"]>[0];
const make = SubtleCrypto.prototype.generateKey.bind(crypto.subtle);
let given = 0;

crypto.subtle.generateKey = async (algorithm, extractable, usages) => {
  const ready = isOfSplitKeys(algorithm) ? readyKeys[given++] : undefined;
  if (ready === undefined) return make(algorithm, extractable, usages);
  const privateKey = await crypto.subtle.importKey("jwk", ready, algorithm, extractable, ["sign"]);
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...open } = ready;
  return { privateKey, publicKey: await crypto.subtle.importKey("jwk", open, algorithm, true, ["verify"]) };
};

/** As src/split-key/rsa asks for them. */
const isOfSplitKeys = (algorithm: Algorithm): algorithm is Exclude<Algorithm, string> =>
  typeof algorithm === "object" && algorithm.name === "RSASSA-PKCS1-v1_5" && algorithm.modulusLength === 3072;
