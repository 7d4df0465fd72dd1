// What the server sends with a message that a key is to sign, drawn and wrapped before it is decided whether it is needed. A nonce is
// wrapped for the one transaction or proof that it is for, and goes with it in one row.
import { randomBytes } from "../../src/account/random.ts";
import type { KeyPair } from "../../src/account/account-state.ts";
import { algorithmsOf, type PendingTransaction, type TransactionDetails } from "../../src/account/pending-transaction.ts";
import { type Purpose, SUITES } from "../../src/account/purpose.ts";
import type { MessageToSign, Offer } from "../../src/split-key/scheme.ts";
import { serverHalves } from "../../src/split-key/server-halves.ts";
import { type AccountContext } from "./account-context.ts";
import { noncePlace, sharePlace } from "./wrapped-places.ts";

export interface DrawnOffer {
  /** Of the key that it is for. */
  readonly keyVersion: number;
  readonly offer: Offer;
  /** Wrapped; undefined where the suite has none. */
  readonly nonce: Uint8Array<ArrayBuffer> | undefined;
}

type Algorithms = Pick<MessageToSign, "signatureAlgorithm" | "hashAlgorithm">;

/** `serverShare`: unwrapped; undefined where the suite needs none (`drawsNonces`). */
export async function drawOffer(
  { handle, secrets }: AccountContext,
  key: Pick<KeyPair, "purpose" | "suite" | "keyVersion" | "publicKey">,
  serverShare: Uint8Array | undefined,
  { algorithms, subject }: { readonly algorithms: Algorithms; readonly subject: string },
): Promise<DrawnOffer> {
  const { suite, keyVersion, publicKey } = key;
  const { offer, nonce } = serverHalves[suite].offer({ publicKey, serverShare, algorithms, random: randomBytes });
  if (nonce === undefined) return { keyVersion, offer, nonce };
  try {
    return { keyVersion, offer, nonce: await secrets.vault.wrap(noncePlace(handle, key, subject), nonce) };
  } finally {
    nonce.fill(0);
  }
}

/**
 * Whether what an offer for this purpose takes can be unwrapped and wrapped: asked before a session is taken that can be had only once.
 * Throws VaultUnavailable where it cannot. What is damaged shows later.
 */
export async function askVaultFor({ handle, keys, secrets }: AccountContext, purpose: Purpose): Promise<void> {
  for (const suite of SUITES.filter((each) => serverHalves[each].drawsNonces)) {
    const key = keys.current(purpose, suite);
    if (key === undefined) continue;
    await Promise.all([
      secrets.vault.unwrap(sharePlace(handle, key), key.serverShare).then((share) => share?.fill(0)),
      secrets.vault.wrap(noncePlace(handle, key, "probe"), new Uint8Array(1)),
    ]);
  }
}

/** Undefined where nothing is signed, the account has no such key, or its share does not unwrap or is damaged. */
export async function drawOfferFor(
  context: AccountContext,
  transaction: { readonly transactionId: string; readonly purpose: Purpose; readonly details: TransactionDetails },
): Promise<DrawnOffer | undefined> {
  const { transactionId: subject, purpose, details } = transaction;
  const algorithms = algorithmsOf(details);
  if (algorithms === undefined) return undefined;
  const key = context.keys.current(purpose, algorithms.suite);
  if (key === undefined) return undefined;
  if (!serverHalves[key.suite].drawsNonces) return drawOffer(context, key, undefined, { algorithms, subject });
  const serverShare = await context.secrets.vault.unwrap(sharePlace(context.handle, key), key.serverShare);
  if (serverShare === undefined) return undefined;
  try {
    return await drawOffer(context, key, serverShare, { algorithms, subject });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    console.error("a server share is damaged");
    return undefined;
  } finally {
    serverShare.fill(0);
  }
}

/** The key that answers a transaction; undefined where nothing is signed or the account has none. */
export function keyFor(
  context: AccountContext,
  { purpose, details }: Pick<PendingTransaction, "purpose" | "details">,
): KeyPair | undefined {
  const algorithms = algorithmsOf(details);
  return algorithms && context.keys.current(purpose, algorithms.suite);
}
