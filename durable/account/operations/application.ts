// The application for certificates: what waits to be signed with PIN2, typed again, once every key of a new account is proven.
import { randomIdentifier } from "../../../src/account/random.ts";
import { sha256 } from "@noble/hashes/sha2.js";
import { ENROLMENT_TIME_LIMIT_MS } from "../../../src/account/account-state.ts";
import type { Application } from "../../../src/account/pending-transaction.ts";
import { PURPOSES } from "../../../src/account/purpose.ts";
import { toBase64Url } from "../../../src/protocol/encoding.ts";
import { type AccountContext } from "../account-context.ts";
import { recordKeys } from "../audit.ts";

/** As the device is told of it. `publicKeys`: with the keys that it is for, so that the device can see its own part in them. */
export function describeApplication({ keys }: AccountContext, details: Application, publicKeys: boolean): Application {
  if (!publicKeys) return details;
  const described = details.keys.map((key) => {
    const publicKey = keys.current(key.purpose, key.suite)?.publicKey;
    return publicKey === undefined ? key : { ...key, publicKey: toBase64Url(publicKey) };
  });
  return { ...details, keys: described };
}

/** `grantHash`: of the run in which the last key was made. Keys of another run, in another window perhaps, may be under another PIN. */
export function applyWhenProven(context: AccountContext, grantHash: Uint8Array, now: number): void {
  const identity = context.account.account()?.identity;
  if (identity === undefined) throw new Error("a key without an identity");
  const { keys } = context;
  const proven = PURPOSES.flatMap((purpose) =>
    context.suites.flatMap((suite) => {
      const key = keys.current(purpose, suite);
      return key !== undefined && keys.isOfRun(key, grantHash) ? [key] : [];
    }),
  );
  if (proven.length < PURPOSES.length * context.suites.length) return;
  // What is applied for is what gets certificates: nothing else stays.
  const others = PURPOSES.flatMap((purpose) => keys.living(purpose)).filter(
    (key) => !proven.some(({ purpose, keyVersion }) => purpose === key.purpose && keyVersion === key.keyVersion),
  );
  for (const other of others) keys.destroy(other);
  recordKeys(context, proven, now);
  const transactionId = randomIdentifier();
  const expiresAt = now + ENROLMENT_TIME_LIMIT_MS;
  const { givenName, surname, semanticsIdentifier, level } = identity;
  const details: Application = {
    kind: "application",
    transactionId,
    purpose: "sign",
    expiresAt,
    nonce: randomIdentifier(),
    givenName,
    surname,
    semanticsIdentifier,
    level,
    keys: proven.map(({ purpose, suite, publicKey }) => ({ purpose, suite, publicKeyHash: toBase64Url(sha256(publicKey)) })),
  };
  context.transactions.add({ transactionId, purpose: "sign", expiresAt, details });
  context.account.setStatus("applying");
}
