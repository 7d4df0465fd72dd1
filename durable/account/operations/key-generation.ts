// A new key pair, made by two: announced, joined from the device's half and a pooled server share, proven, once each.
// A key that fails its proof is destroyed at once, so that no unproven key can be asked twice.
import { sha256 } from "@noble/hashes/sha2.js";
import { ENROLMENT_TIME_LIMIT_MS } from "../../../src/account/account-state.ts";
import type { Application } from "../../../src/account/pending-transaction.ts";
import { PURPOSES, type Purpose } from "../../../src/account/purpose.ts";
import { SERIAL_NUMBER_BYTES } from "../../../src/certificates/serial-number.ts";
import { openSecondEnvelope } from "../../../src/channel/second-envelope.ts";
import type { RequestBody } from "../../../src/protocol/device-messages.ts";
import { fromBase64Url, toBase64Url } from "../../../src/protocol/encoding.ts";
import { PROOF_ALGORITHMS, proofMessage } from "../../../src/protocol/proof-message.ts";
import { serverHalves } from "../../../src/split-key/server-halves.ts";
import { wrap } from "../../../src/vault/wrapping.ts";
import { takePooledShare } from "../../share-pool/share-pool.ts";
import { type AccountContext, done, type OperationHandler, randomBytes, randomIdentifier, refusal } from "../account-context.ts";
import { evaluate, transcriptAgrees } from "../attempt.ts";
import { openContribution, keyOfContribution, thenForget } from "../contribution.ts";
import { raiseEpoch } from "../outbox.ts";
import { sharePlace } from "../wrapped-places.ts";

const subjectOfKey = (purpose: Purpose, keyVersion: number): string => `${purpose}:${keyVersion}`;

export const initiateKey: OperationHandler<RequestBody<"initiateKey">> = (context, body) => () => {
  const keyVersion = context.keys.initiate(body.purpose, body.suite);
  raiseEpoch(context);
  return done({ keyVersion });
};

export const submitClient2ndPart: OperationHandler<RequestBody<"submitClient2ndPart">> = async (context, body, requestId) => {
  const { purpose, keyVersion } = body;
  const { kek, encryptionKey } = context.secrets;
  const initiated = context.keys.current(purpose);
  if (initiated?.state !== "initiated" || initiated.keyVersion !== keyVersion) return () => refusal({ code: "wrong_state" });
  const binding = {
    handle: context.handle,
    requestId,
    operation: "submitClient2ndPart",
    subject: subjectOfKey(purpose, keyVersion),
  };
  const secret = (await openSecondEnvelope(encryptionKey, binding, body.envelope))?.["secret"];
  const device = fromBase64Url(body.device);
  if (secret === undefined || device === undefined) return () => refusal({ code: "malformed" });

  const half = serverHalves[initiated.suite];
  const deviceKey = { device, secret, earlierPublicKeys: context.keys.everyPublicKey() };
  const failure = half.examineDeviceKey(deviceKey);
  if (failure !== undefined) return () => refusal({ code: failure });
  const pooledShare = await takePooledShare(context.environment, kek, initiated.suite);
  const joined = half.acceptDeviceKey({ ...deviceKey, pooledShare });
  pooledShare.fill(0);
  if (!joined.ok) return () => refusal({ code: joined.failure });

  const { publicKey, serverShare } = joined.value;
  const wrapped = await wrap(kek, sharePlace(context.handle, { ...initiated, publicKey }), serverShare);
  serverShare.fill(0);
  const proof = { nonce: randomIdentifier(), offer: half.offer(publicKey, PROOF_ALGORITHMS, randomBytes) };
  return () => {
    const current = context.keys.current(purpose);
    if (current?.state !== "initiated" || current.keyVersion !== keyVersion) return refusal({ code: "wrong_state" });
    context.keys.join({ purpose, keyVersion, publicKey, serverShare: wrapped }, proof);
    raiseEpoch(context);
    return done({ proof });
  };
};

export const provePossession: OperationHandler<RequestBody<"provePossession">> = async (context, body, requestId) => {
  const { purpose, keyVersion } = body;
  const binding = { requestId, operation: "provePossession", subject: subjectOfKey(purpose, keyVersion) };
  const opened = await openContribution(context, binding, body.envelope, purpose);
  if (opened === undefined) return () => refusal({ code: "malformed" });

  return thenForget(opened, (now) => {
    const current = context.keys.current(purpose);
    if (current?.state !== "joined" || current.keyVersion !== keyVersion) return refusal({ code: "wrong_state" });
    const held = keyOfContribution(context, opened, purpose);
    if (held === undefined) return refusal({ code: "server_error" });
    const { key, sent } = held;
    const { nonce, offer } = context.keys.proof(key);
    const message = proofMessage({ operation: "provePossession", handle: context.handle, purpose, keyVersion, nonce });
    const input = { operation: "provePossession", purpose, keyVersion, message, offer };
    if (!transcriptAgrees(serverHalves[key.suite], input, sent.transcript)) return refusal({ code: "transcript_mismatch" });
    if (evaluate(key, input, sent).verdict !== "right") {
      context.keys.destroy(purpose);
      return refusal({ code: "possession_not_proven" });
    }
    context.keys.prove(key, randomBytes(SERIAL_NUMBER_BYTES));
    raiseEpoch(context);
    if (PURPOSES.every((each) => context.keys.current(each)?.state === "proven")) askForApplication(context, now);
    return done({ proven: true });
  });
};

/** Both keys are proven: the application waits to be signed with PIN2. */
function askForApplication(context: AccountContext, now: number): void {
  const identity = context.account.account()?.identity;
  const auth = context.keys.current("auth");
  const sign = context.keys.current("sign");
  if (identity === undefined || auth === undefined || sign === undefined)
    throw new Error("an application without identity or keys");
  const transactionId = randomIdentifier();
  const expiresAt = now + ENROLMENT_TIME_LIMIT_MS;
  const details: Application = {
    kind: "application",
    transactionId,
    purpose: "sign",
    expiresAt,
    nonce: randomIdentifier(),
    givenName: identity.givenName,
    surname: identity.surname,
    semanticsIdentifier: identity.semanticsIdentifier,
    level: identity.level,
    publicKeyHashes: { auth: toBase64Url(sha256(auth.publicKey)), sign: toBase64Url(sha256(sign.publicKey)) },
  };
  const offer = serverHalves[sign.suite].offer(sign.publicKey, PROOF_ALGORITHMS, randomBytes);
  context.transactions.add({ transactionId, purpose: "sign", expiresAt, details, offer });
  context.account.setStatus("applying");
}
