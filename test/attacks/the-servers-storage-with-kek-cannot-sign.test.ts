// Whoever has the server's whole storage, the KEK, and even every contribution that was ever made, cannot sign anything new:
// the device's half is missing, and neither d1'' nor old contributions replace it.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { approveTransaction } from "../../src/authenticator/transactions.ts";
import { PURPOSES, type Purpose, type Suite } from "../../src/account/purpose.ts";
import { hash, type HashAlgorithm, type SignatureAlgorithm } from "../../src/protocol/algorithms.ts";
import { fromBase64Url, toBase64, utf8 } from "../../src/protocol/encoding.ts";
import { encodeMessage, HALF_LENGTH, MODULUS_LENGTH } from "../../src/split-key/rsa/common.ts";
import { powerModulo } from "../../src/split-key/rsa/exponentiation.ts";
import {
  bitLength,
  greatestCommonDivisor,
  modularInverse,
  modulo,
  raiseToPublicExponent,
  toBigInt,
  toFixedBytes,
} from "../../src/split-key/rsa/modular-arithmetic.ts";
import { decodePublicKey } from "../../src/split-key/rsa/public-key.ts";
import { rsaServerHalf } from "../../src/split-key/rsa/server-half.ts";
import { privateOperation } from "../../src/split-key/rsa/server-arithmetic.ts";
import type { ServerShare } from "../../src/split-key/rsa/server-share.ts";
import { ed25519ServerHalf } from "../../src/split-key/ed25519/server-half.ts";
import { decodePublicKey as decodeGroupKey } from "../../src/split-key/ed25519/common.ts";
import { ALGORITHMS as ALGORITHMS_OF, startLogin, startSignature } from "../support/demo-party.ts";
import { claimOnly, enrol, PERSON, PINS, pinOf, server } from "../support/headless-device.ts";
import { recordedConnection } from "../support/recorded-connection.ts";
import { seedDemoParty } from "../support/relying-party.ts";
import { openedFrostShare, openedShare, partsOfPrivateKey, storedKey, unwrappedShare } from "../support/server-vault.ts";
import { dumpDeployment } from "../support/storage-dump.ts";
import { ransack } from "./ransacking.ts";
import {
  assemble as assembleFrost,
  contributionsFor,
  contributionWith,
  type FrostLoot,
  numbersThatOpen,
  replacements as frostReplacements,
} from "./frost-forgeries.ts";
import { messagesOf, representativesOf, Thief } from "./thief.ts";

interface Loot {
  readonly purpose: Purpose;
  readonly share: ServerShare;
  /** As it lies under the wrapping. */
  readonly record: Uint8Array;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** Every contribution that the server has seen for this key, with its EM. */
  readonly earlier: readonly { readonly representative: bigint; readonly contribution: bigint }[];
  /** d1', which the thief does not have: for showing that what is tried here works with it. */
  readonly deviceShare: Uint8Array;
}

const ALGORITHMS: readonly (readonly [SignatureAlgorithm, HashAlgorithm])[] = [
  ["rsassa-pss", "SHA-512"],
  ["sha256WithRSAEncryption", "SHA-256"],
];
/** The primes below 200. */
const BASES = [...Array(200).keys()]
  .filter((number) => number > 1 && [2, 3, 5, 7, 11, 13].every((prime) => number === prime || number % prime !== 0))
  .map(BigInt);
const TEXT = utf8("I owe the thief everything");
const loots: Partial<Record<Purpose, Loot>> = {};
const frostLoots: Partial<Record<Purpose, FrostLoot>> = {};
let everything: string;

beforeAll(async () => {
  await seedDemoParty();
  const connection = recordedConnection(server);
  const device = await enrol(PERSON, PINS, connection);
  const pkcs1 = { signatureAlgorithm: "sha256WithRSAEncryption", hashAlgorithm: "SHA-256" } as const;
  await startLogin(device.documentNumber);
  await approveTransaction(device.client, await claimOnly(device), pinOf(PINS.auth));
  await startSignature(device.documentNumber, utf8("a contract"), pkcs1);
  await approveTransaction(device.client, await claimOnly(device), pinOf(PINS.sign));
  await startLogin(device.documentNumber, undefined, undefined, ALGORITHMS_OF.ed25519);
  await approveTransaction(device.client, await claimOnly(device), pinOf(PINS.auth));
  await startSignature(device.documentNumber, utf8("a contract"), ALGORITHMS_OF.ed25519);
  await approveTransaction(device.client, await claimOnly(device), pinOf(PINS.sign));

  const handle = (await device.storage.read())?.handle ?? "";
  const haul = await ransack([await env.CHANNEL_ENCRYPTION_KEY.get(), ...device.storage.written, ...connection.traffic]);
  const sent = [...haul.envelopes.open.values()].flatMap((text) => {
    const { contribution } = (JSON.parse(text) as { contents: { contribution?: string } }).contents;
    return contribution === undefined ? [] : [fromBase64Url(contribution) ?? new Uint8Array()];
  });
  const contributions = sent.map(toBigInt);
  const candidates = await new Thief({ auth: [PINS.auth], sign: [PINS.sign] }).candidates(haul);
  const shareOf = (purpose: Purpose, suite: Suite): Uint8Array =>
    candidates.find((each) => each.purpose === purpose && each.key.suite === suite)?.share ?? new Uint8Array();
  for (const purpose of PURPOSES) {
    const { publicKey } = await storedKey(handle, purpose);
    const [share, record] = [await openedShare(handle, purpose), await unwrappedShare(handle, purpose)];
    const deviceShare = shareOf(purpose, "rsa");
    const signed = messagesOf(haul).filter((each) => each.purpose === purpose);
    const earlier = signed.flatMap(representativesOf).flatMap((representative) => {
      const contribution = powerModulo(representative, deviceShare, share.deviceModulus);
      return contributions.includes(contribution) ? [{ representative, contribution }] : [];
    });
    loots[purpose] = { purpose, share, record, publicKey, earlier, deviceShare };

    const frostKey = await storedKey(handle, purpose, "ed25519");
    const stolen = {
      share: await openedFrostShare(handle, purpose),
      record: await unwrappedShare(handle, purpose, "ed25519"),
      publicKey: frostKey.publicKey,
    };
    const messages = signed.filter((each) => each.suite === "ed25519");
    const made = contributionsFor(stolen.share, messages, sent);
    frostLoots[purpose] = { ...stolen, earlier: made, deviceShare: shareOf(purpose, "ed25519") };
  }
  everything = JSON.stringify(await dumpDeployment());
}, 120_000);

const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));

function lootOf(purpose: Purpose): Loot {
  const loot = loots[purpose];
  if (loot === undefined) throw new Error("nothing was stolen");
  return loot;
}

/** A signature from a contribution and the server's parts, as the server puts it together, without any of its checks. */
function assemble({ share }: Loot, representative: bigint, contribution: bigint): Uint8Array<ArrayBuffer> {
  const { deviceModulus, serverModulus, deviceExponent, coefficient, privateKey } = share;
  const devicePart = (contribution * powerModulo(representative, deviceExponent, deviceModulus)) % deviceModulus;
  const serverPart = privateOperation(privateKey, representative % serverModulus) ?? 0n;
  const difference = modulo((devicePart - serverPart) * coefficient, deviceModulus);
  return toFixedBytes(serverPart + serverModulus * difference, MODULUS_LENGTH);
}

async function verifies(
  { publicKey }: Loot,
  algorithm: SignatureAlgorithm,
  hashAlgorithm: HashAlgorithm,
  signature: Uint8Array<ArrayBuffer>,
) {
  const name = algorithm === "rsassa-pss" ? "RSA-PSS" : "RSASSA-PKCS1-v1_5";
  const key = await crypto.subtle.importKey("spki", publicKey, { name, hash: hashAlgorithm }, false, ["verify"]);
  return crypto.subtle.verify(name === "RSA-PSS" ? { name, saltLength: 64 } : name, key, signature, TEXT);
}

/** Whatever a thief could put in the place of the device's contribution to a new message. */
function replacements({ share, earlier }: Loot, representative: bigint): Readonly<Record<string, bigint>> {
  const { deviceModulus } = share;
  const power = (base: bigint, exponent: Uint8Array): bigint => powerModulo(base, exponent, deviceModulus);
  const known: Record<string, bigint> = {
    "0": 0n,
    "1": 1n,
    "n1 - 1": deviceModulus - 1n,
    EM: representative % deviceModulus,
    "EM^-1": modularInverse(representative, deviceModulus) ?? 0n,
    "EM^d1''": power(representative, share.deviceExponent),
    "EM^-d1''": modularInverse(power(representative, share.deviceExponent), deviceModulus) ?? 0n,
    "a random number": toBigInt(crypto.getRandomValues(new Uint8Array(HALF_LENGTH))) % deviceModulus,
  };
  earlier.forEach((each, index) => {
    known[`old contribution ${index}`] = each.contribution;
    // EM = EM' · q, so EM^d1' = s1' · q^d1': the thief has everything but q^d1'.
    const quotient = modulo(representative * (modularInverse(each.representative, deviceModulus) ?? 0n), deviceModulus);
    known[`old contribution ${index} times the quotient of the messages`] = (each.contribution * quotient) % deviceModulus;
    known[`old contribution ${index} times the quotient's power`] =
      (each.contribution * power(quotient, share.deviceExponent)) % deviceModulus;
    earlier.slice(index + 1).forEach((other, distance) => {
      const pair = `${index} and ${index + 1 + distance}`;
      known[`product of old contributions ${pair}`] = (each.contribution * other.contribution) % deviceModulus;
      const inverse = modularInverse(other.contribution, deviceModulus) ?? 0n;
      known[`quotient of old contributions ${pair}`] = (each.contribution * inverse) % deviceModulus;
    });
  });
  return known;
}

describe.each(PURPOSES)("with everything of the server's for %s", (purpose) => {
  it("the thief has its whole share, and old contributions to recombine", () => {
    const { share, publicKey, earlier } = lootOf(purpose);
    expect(share.deviceModulus * share.serverModulus).toBe(decodePublicKey(publicKey));
    expect(earlier.length).toBeGreaterThanOrEqual(2);
  });

  it.each(ALGORITHMS)(
    "no new message is signed with %s and %s, whatever stands for the device's contribution",
    async (algorithm, hashAlgorithm) => {
      const loot = lootOf(purpose);
      const message = { signatureAlgorithm: algorithm, hashAlgorithm, digest: hash(hashAlgorithm, TEXT) };
      const { offer } = rsaServerHalf.offer({ publicKey: loot.publicKey, serverShare: undefined, algorithms: message, random });
      const representative = toBigInt(encodeMessage(message, offer) ?? new Uint8Array());
      const attempts = replacements(loot, representative);
      expect(Object.keys(attempts).length).toBeGreaterThanOrEqual(16);
      for (const [name, contribution] of Object.entries(attempts)) {
        expect(await verifies(loot, algorithm, hashAlgorithm, assemble(loot, representative, contribution)), name).toBe(false);
        const input = {
          serverShare: loot.record,
          publicKey: loot.publicKey,
          message,
          offer,
          nonce: undefined,
          contribution: toFixedBytes(contribution, HALF_LENGTH),
        };
        expect(rsaServerHalf.evaluate(input).verdict, name).toBe("wrong");
      }
      // The same with the one value that is missing.
      const right = powerModulo(representative, loot.deviceShare, loot.share.deviceModulus);
      expect(await verifies(loot, algorithm, hashAlgorithm, assemble(loot, representative, right))).toBe(true);
    },
  );

  it("the server's own parts alone are no signature: s2, and every number that agrees with it modulo n2", async () => {
    const loot = lootOf(purpose);
    const { serverModulus, deviceModulus, privateKey } = loot.share;
    const message = {
      signatureAlgorithm: "sha256WithRSAEncryption",
      hashAlgorithm: "SHA-256",
      digest: hash("SHA-256", TEXT),
    } as const;
    const encoded = encodeMessage(message, { modulusBits: bitLength(serverModulus * deviceModulus) });
    const serverPart = privateOperation(privateKey, toBigInt(encoded ?? new Uint8Array()) % serverModulus) ?? 0n;
    expect(raiseToPublicExponent(serverPart, serverModulus)).toBe(toBigInt(encoded ?? new Uint8Array()) % serverModulus);
    for (const multiple of [0n, 1n, deviceModulus - 1n]) {
      const signature = toFixedBytes(serverPart + multiple * serverModulus, MODULUS_LENGTH);
      expect(await verifies(loot, "sha256WithRSAEncryption", "SHA-256", signature)).toBe(false);
    }
  });

  it("d1'' is not the device's whole exponent, and does not factor n1", () => {
    const { share, deviceShare } = lootOf(purpose);
    const { deviceModulus, deviceExponent } = share;
    /** Factors a modulus from a multiple of its group's exponent (Miller 1976); undefined where it is none. */
    const factor = (multiple: bigint): bigint | undefined => {
      let odd = multiple;
      while (odd !== 0n && (odd & 1n) === 0n) odd >>= 1n;
      const exponent = toFixedBytes(odd, Math.ceil(bitLength(odd) / 8));
      // Each base fails to separate the two primes half of the time.
      for (const base of BASES) {
        let root = powerModulo(base, exponent, deviceModulus);
        for (let squaring = 0; squaring < 64 && root !== 1n; squaring++) {
          const divisor = greatestCommonDivisor(root - 1n, deviceModulus);
          if (divisor !== 1n && divisor !== deviceModulus) return divisor;
          root = (root * root) % deviceModulus;
        }
      }
      return undefined;
    };
    for (const base of [2n, 3n, 65537n]) {
      expect(raiseToPublicExponent(powerModulo(base, deviceExponent, deviceModulus), deviceModulus)).not.toBe(base);
    }
    const [serverPart, devicePart] = [toBigInt(deviceExponent), toBigInt(deviceShare)];
    expect(factor(65537n * serverPart - 1n)).toBeUndefined();
    // With both halves it works: what is missing is d1' alone.
    const divisor = factor(65537n * (serverPart + devicePart) - 1n) ?? 0n;
    expect(deviceModulus % divisor).toBe(0n);
  });

  it("no number in the storage, wrapped or not, shares a factor with n1", async () => {
    const { share, record, earlier } = lootOf(purpose);
    const { deviceModulus, privateKey } = share;
    const { byteStrings } = await ransack([everything]);
    const parts = Object.values(await partsOfPrivateKey(privateKey)).map(toBigInt);
    const numbers = [...byteStrings.values()].filter(({ length }) => length >= 32).map(toBigInt);
    const recordNumbers = [toBigInt(record), toBigInt(share.deviceExponent), share.coefficient];
    const all = [...numbers, ...parts, ...recordNumbers, ...earlier.map(({ contribution }) => contribution)];
    expect(all.length).toBeGreaterThan(30);
    for (const number of all) expect([1n, deviceModulus]).toContain(greatestCommonDivisor(number, deviceModulus));
  });
});

describe.each(PURPOSES)("with everything of the server's for %s in suite ed25519", (purpose) => {
  const stolen = (): FrostLoot => {
    const loot = frostLoots[purpose];
    if (loot === undefined) throw new Error("nothing was stolen");
    return loot;
  };

  it("no new message is signed, whatever stands for the device's contribution", async () => {
    const { record, publicKey, deviceShare, earlier } = stolen();
    expect(earlier.length).toBeGreaterThanOrEqual(2);
    const message = { ...ALGORITHMS_OF.ed25519, digest: hash("SHA-512", TEXT) };
    const { offer, nonce } = ed25519ServerHalf.offer({ publicKey, serverShare: record, algorithms: message, random });
    if (nonce === undefined) throw new Error("no nonce was drawn");
    const key = await crypto.subtle.importKey("raw", decodeGroupKey(publicKey) ?? new Uint8Array(), "Ed25519", false, ["verify"]);
    const isSignature = (contribution: Uint8Array): Promise<boolean> => {
      const signature = assembleFrost(stolen(), { message, offer, nonce }, contribution);
      return crypto.subtle.verify("Ed25519", key, signature, message.digest);
    };
    const attempts = frostReplacements(stolen(), { message, offer });
    expect(Object.keys(attempts).length).toBeGreaterThanOrEqual(16);
    for (const [name, contribution] of Object.entries(attempts)) {
      expect(await isSignature(contribution), name).toBe(false);
      const input = { serverShare: record, publicKey, message, offer, nonce, contribution };
      expect(ed25519ServerHalf.evaluate(input).verdict, name).toBe("wrong");
    }
    // The same with the one value that is missing.
    const right = contributionWith(deviceShare, publicKey, { message, offer });
    expect(await isSignature(right)).toBe(true);
  });

  it("no number in the storage, wrapped or not, is the device's share or the whole key", async () => {
    const { record, earlier } = stolen();
    const unwrapped = [record, ...earlier.map(({ contribution }) => contribution)].map((bytes) => JSON.stringify([...bytes]));
    const haul = await ransack([everything, ...unwrapped]);
    expect(numbersThatOpen(haul, stolen())).toEqual([]);
    const planted = await ransack([toBase64(stolen().deviceShare)], haul);
    expect(numbersThatOpen(planted, stolen())).toEqual(["the device's share"]);
  });
});
