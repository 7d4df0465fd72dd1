// The hash of a document, as a request for a signature takes it.
import { type Algorithm, ALGORITHMS, DEFAULT_ALGORITHM } from "./algorithms.ts";
import { digestBytes, toBase64 } from "./encoding.ts";

/** Base64 of the hash that goes with the algorithm. */
export async function digestOf(document: Uint8Array, algorithm: Algorithm = DEFAULT_ALGORITHM): Promise<string> {
  return toBase64(await digestBytes(ALGORITHMS[algorithm].hashAlgorithm, new Uint8Array(document)));
}
