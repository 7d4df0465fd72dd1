// A new key pair, made by two: announced, joined from the device's half and the server's own, proven, once each. A key that fails its
// proof is destroyed at once, so that no unproven key can be asked twice. For accounts that are being enrolled, and for a purpose
// whose new keys were allowed by a right PIN (re-key.ts).
import { randomBytes, randomIdentifier } from "../../../src/account/random.ts";
import { sha256 } from "@noble/hashes/sha2.js";
import type { KeyPair } from "../../../src/account/account-state.ts";
import type { Purpose, Suite } from "../../../src/account/purpose.ts";
import { success } from "../../../src/account/result.ts";
import { SERIAL_NUMBER_BYTES } from "../../../src/certificates/serial-number.ts";
import { openSecondEnvelope } from "../../../src/channel/second-envelope.ts";
import type { RequestBody } from "../../../src/protocol/device-messages.ts";
import { fromBase64Url, toBase64Url } from "../../../src/protocol/encoding.ts";
import { PROOF_ALGORITHMS, proofMessage } from "../../../src/protocol/proof-message.ts";
import type { DeviceKeyInput } from "../../../src/split-key/scheme.ts";
import { serverHalves } from "../../../src/split-key/server-halves.ts";
import { withPooledShare } from "../../share-pool/share-pool.ts";
import { type AccountContext, type Decide, done, type OperationHandler, type Outcome, refusal } from "../account-context.ts";
import { evaluate, pinFailure, transcriptFailure } from "../attempt.ts";
import { keyOf } from "../audit.ts";
import { heldAgainst, openContribution, thenForget } from "../contribution.ts";
import { drawOffer } from "../offer.ts";
import { raiseEpoch } from "../outbox.ts";
import { recordRepeated } from "../repeated-events.ts";
import { sharePlace } from "../wrapped-places.ts";
import { wrapAnswer } from "../wrapped-answer.ts";
import { applyWhenProven } from "./application.ts";
import { GRANT_LENGTH, isGranted, issueWhenProven } from "./re-key.ts";

const subjectOfKey = (purpose: Purpose, keyVersion: number): string => `${purpose}:${keyVersion}`;
/** Apart from a transaction's, whose ids have no colon. */
const subjectOfProof = ({ purpose, keyVersion }: KeyPair): string => `proof:${subjectOfKey(purpose, keyVersion)}`;

export const initiateKey: OperationHandler<RequestBody<"initiateKey">> =
  (context, { purpose, suite }) =>
  (now) => {
    if (!mayMakeKey(context, purpose, suite, now)) return refusal({ code: "wrong_state" });
    for (const halfMade of context.keys.unfinished(purpose)) if (halfMade.suite === suite) context.keys.destroy(halfMade);
    const keyVersion = context.keys.initiate(purpose, suite);
    raiseEpoch(context);
    return done({ keyVersion });
  };

export const submitClient2ndPart: OperationHandler<RequestBody<"submitClient2ndPart">> = async (context, body, requestId) =>
  join(context, body, { suite: "rsa", operation: "submitClient2ndPart", requestId, device: fromBase64Url(body.device) });

export const dkgRound: OperationHandler<RequestBody<"dkgRound">> = async (context, body, requestId) =>
  join(context, body, { suite: "ed25519", operation: "dkgRound", requestId, device: new Uint8Array() });

async function join(
  context: AccountContext,
  { purpose, keyVersion, envelope }: RequestBody<"dkgRound">,
  exchange: {
    readonly suite: Suite;
    readonly operation: string;
    readonly requestId: string;
    readonly device: Uint8Array | undefined;
  },
): Promise<Decide> {
  const { handle, environment, keys } = context;
  const { vault, encryptionKey } = context.secrets;
  const { suite, operation, requestId, device } = exchange;
  const stands = (): KeyPair | undefined => {
    const key = keys.find(purpose, keyVersion);
    return key?.state === "initiated" && key.suite === suite ? key : undefined;
  };
  const initiated = stands();
  if (initiated === undefined) return () => refusal({ code: "wrong_state" });
  const binding = { handle, requestId, operation, subject: subjectOfKey(purpose, keyVersion) };
  const secret = (await openSecondEnvelope(encryptionKey, binding, envelope))?.["secret"];
  if (secret === undefined || device === undefined) return () => refusal({ code: "malformed" });

  try {
    const deviceKey = { device, secret, earlierPublicKeys: keys.everyPublicKey() };
    const failure = serverHalves[suite].examineDeviceKey(deviceKey);
    if (failure !== undefined) return () => refusal({ code: failure });
    const made = await withPooledShare(environment, vault, suite, (pooledShare) =>
      joinHalves(context, initiated, { ...deviceKey, pooledShare }, requestId),
    );
    if (!made.ok) return () => refusal({ code: made.failure });
    const { key, proof, inSecret } = made.value;
    const decide = (now: number): Outcome => {
      if (stands() === undefined || !mayMakeKey(context, purpose, suite, now)) return refusal({ code: "wrong_state" });
      keys.join(key, proof);
      raiseEpoch(context);
      return { ...done({ proof }), ...(inSecret && { secret: inSecret }) };
    };
    return Object.assign(decide, { forget: () => inSecret?.members.fill(0) });
  } finally {
    secret.fill(0);
  }
}

/** Everything of it wrapped, and nothing stored. Throws VaultUnavailable. */
async function joinHalves(
  context: AccountContext,
  initiated: KeyPair,
  deviceKey: DeviceKeyInput & { readonly pooledShare: Uint8Array | undefined },
  requestId: string,
) {
  const { handle } = context;
  const { vault } = context.secrets;
  const { suite, purpose, keyVersion } = initiated;
  const joined = serverHalves[suite].acceptDeviceKey({ ...deviceKey, random: randomBytes });
  if (!joined.ok) return joined;
  const { publicKey, serverShare, answer } = joined.value;
  try {
    const key = { ...initiated, publicKey };
    const drawing = { algorithms: PROOF_ALGORITHMS[suite], subject: subjectOfProof(key) };
    const { offer, nonce } = await drawOffer(context, key, serverShare, drawing);
    const wrapped = await vault.wrap(sharePlace(handle, key), serverShare);
    // Of the key's generation nothing lies in the clear. Whoever has the channel's key and the device's storage reads this answer, and tests
    // no PIN with it: the verifying share takes the device's second commitment as well, which was in the second envelope alone.
    const inSecret = answer.length === 0 ? undefined : await wrapAnswer(context, requestId, { answer: toBase64Url(answer) });
    return success({
      key: { purpose, keyVersion, publicKey, serverShare: wrapped, proofNonce: nonce },
      proof: { nonce: randomIdentifier(), offer },
      inSecret,
    });
  } finally {
    serverShare.fill(0);
    answer.fill(0);
  }
}

export const provePossession: OperationHandler<RequestBody<"provePossession">> = async (context, body, requestId) => {
  const { purpose, keyVersion } = body;
  const { handle, keys } = context;
  const binding = { requestId, operation: "provePossession", subject: subjectOfKey(purpose, keyVersion) };
  const joined = keys.find(purpose, keyVersion);
  const nonce = joined && { wrapped: joined.proofNonce, subject: subjectOfProof(joined) };
  const opened = await openContribution(context, binding, body.envelope, { key: joined, ...(nonce && { nonce }) });
  if (opened?.grant?.length !== GRANT_LENGTH) return () => refusal({ code: "malformed" });
  const grantHash = sha256(opened.grant);

  return thenForget(opened, (now) => {
    const current = keys.find(purpose, keyVersion);
    // Later it would be an oracle that nobody counts.
    if (current?.state !== "joined" || !mayMakeKey(context, purpose, current.suite, now)) return refusal({ code: "wrong_state" });
    if (!isGranted(context, grantHash)) return refusal({ code: "wrong_state" });
    const held = heldAgainst(opened, current);
    // A nonce that does not unwrap says nothing of the device.
    if (held === undefined || (nonce?.wrapped !== undefined && opened.nonce === undefined)) {
      return refusal({ code: "server_error" });
    }
    const { key, sent } = held;
    const { suite } = key;
    const { nonce: drawn, offer } = keys.proof(key);
    const message = proofMessage({ operation: "provePossession", handle, purpose, suite, keyVersion, nonce: drawn });
    const input = { operation: "provePossession", purpose, keyVersion, message, offer };
    const differs = transcriptFailure(serverHalves[suite], input, sent.transcript);
    if (differs !== undefined) return refusal(differs);
    const { verdict } = evaluate(key, input, sent);
    if (verdict === "damaged") {
      recordRepeated(context, { kind: "damaged", detail: { purpose, operation: "provePossession" } }, now);
      // A nonce may have been used, and this key has no other.
      if (serverHalves[suite].drawsNonces) keys.destroy(key);
      raiseEpoch(context);
      return refusal({ code: "server_error" });
    }
    // With the key goes the nonce, used or not.
    if (verdict === "wrong") {
      keys.destroy(key);
      raiseEpoch(context);
      recordRepeated(context, { kind: "key_refused", detail: keyOf(key) }, now);
      return refusal({ code: "possession_not_proven" });
    }
    keys.prove(key, randomBytes(SERIAL_NUMBER_BYTES), grantHash);
    raiseEpoch(context);
    if (context.account.account()?.status === "active") issueWhenProven(context, now);
    else applyWhenProven(context, grantHash, now);
    return done({ proven: true });
  });
};

/** An account that is being enrolled makes every key; an active one those that a right PIN allowed, while there is time and no lock fell. */
function mayMakeKey(context: AccountContext, purpose: Purpose, suite: Suite, now: number): boolean {
  if (context.account.account()?.status === "identified") return context.suites.includes(suite);
  if (pinFailure(context, purpose, now) !== undefined) return false;
  const reKey = context.reKeys.read();
  return reKey?.state === "allowed" && now < reKey.until && reKey.purpose === purpose && reKey.suites.includes(suite);
}
