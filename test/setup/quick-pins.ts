// Runs before every test file inside workerd: a PIN is stretched by one round of PBKDF2 in place of 210 000, for device and thief alike,
// because that would be half of what an enrolment costs, and PINs of tests are no secret. Records still say 210 000. How PINs are really
// stretched is tested where this does not run: in the projects `unit` and `browser`, in test/split-key/pin-mask.node.test.ts and by the demo.

type Algorithm = Parameters<SubtleCrypto["deriveBits"]>[0];
const derive = SubtleCrypto.prototype.deriveBits.bind(crypto.subtle);

crypto.subtle.deriveBits = (algorithm, key, length) =>
  derive(isOfPins(algorithm) ? { ...algorithm, iterations: 1 } : algorithm, key, length);

/** As src/split-key/pin-mask.ts asks for it. */
const isOfPins = (algorithm: Algorithm): algorithm is Exclude<Algorithm, string> =>
  typeof algorithm === "object" &&
  algorithm.name === "PBKDF2" &&
  algorithm.hash === "SHA-512" &&
  algorithm.iterations === 210_000;
