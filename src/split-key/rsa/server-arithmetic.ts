// The server's operations with secret exponents, by node:crypto: constant-time, and faster than BigInt. Synchronous, since
// an attempt is paid for and evaluated in one step.
import { constants, createDiffieHellman, createPrivateKey, type DiffieHellman, privateEncrypt } from "node:crypto";
import { HALF_LENGTH } from "./common.ts";
import { toBigInt, toFixedBytes } from "./modular-arithmetic.ts";

/**
 * base^exponent mod modulus, as the shared secret of a Diffie–Hellman exchange. `exponent`: 384 bytes, above 0. `modulus`: odd,
 * 3071 or 3072 bits. Diffie–Hellman refuses the bases 0, 1 and n−1 as degenerate public keys: the powers of the last two are
 * known; 0 gives undefined, because whatever it is multiplied with would pass for right.
 */
export function secretPower(base: bigint, exponent: Uint8Array, modulus: bigint): bigint | undefined {
  const reduced = base % modulus;
  if (reduced === 0n) return undefined;
  if (reduced === 1n) return 1n;
  if (reduced === modulus - 1n) return ((exponent.at(-1) ?? 0) & 1) === 1 ? reduced : 1n;
  const exchange = exchangeOver(modulus);
  exchange.setPrivateKey(exponent);
  const power = toBigInt(exchange.computeSecret(toFixedBytes(reduced, HALF_LENGTH)));
  exchange.setPrivateKey(Uint8Array.of(1));
  return power;
}

const EXCHANGES_KEPT = 32;
const exchanges = new Map<bigint, DiffieHellman>();

/**
 * Making a Diffie–Hellman object tests its modulus for being prime, which takes as long as the exponentiation itself. The
 * objects last used are kept, by modulus and without an exponent, for the next attempt or the next document of an account.
 */
function exchangeOver(modulus: bigint): DiffieHellman {
  const exchange = exchanges.get(modulus) ?? createDiffieHellman(toFixedBytes(modulus, HALF_LENGTH), Uint8Array.of(2));
  exchanges.delete(modulus);
  exchanges.set(modulus, exchange);
  const [oldest] = exchanges.keys();
  if (exchanges.size > EXCHANGES_KEPT && oldest !== undefined) exchanges.delete(oldest);
  return exchange;
}

/** RSADP by CRT (RFC 8017 §5.1.2) for a value below n2. Undefined where the key is none or does not take the value. */
export function privateOperation(privateKey: Uint8Array, value: bigint): bigint | undefined {
  try {
    const key = createPrivateKey({ key: privateKey as Buffer, format: "der", type: "pkcs8" });
    return toBigInt(privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, toFixedBytes(value, HALF_LENGTH)));
  } catch {
    return undefined;
  }
}
