// One message of the device channel: opened, its step decided, acted on, its answer stored and sealed.
// Everything that awaits comes before the one storage transaction that decides; the answer is sealed after its commit.
// The object's output gate holds it back until the commit is durable, so attempt and answer are one.
import { sha256 } from "@noble/hashes/sha2.js";
import { isAbandoned, PRECONDITIONS } from "../../src/account/account-state.ts";
import { failed, type Result, success } from "../../src/account/result.ts";
import { unpackChannelKeys } from "../../src/channel/handshake.ts";
import { IV_LENGTH, openMessage, sealMessage } from "../../src/channel/message.ts";
import { type Step, stepOf } from "../../src/channel/step.ts";
import {
  type ChannelAnswer,
  type ChannelRequest,
  type Operation,
  REQUEST_BODIES,
  requestSchema,
} from "../../src/protocol/device-messages.ts";
import { fromUtf8, toBase64Url, utf8 } from "../../src/protocol/encoding.ts";
import { unwrap } from "../../src/vault/wrapping.ts";
import { schemaVersion } from "../storage/migrations.ts";
import {
  type AccountContext,
  type Decide,
  done,
  type OperationHandler,
  type Outcome,
  randomBytes,
  randomOneTimePassword,
  refusal,
} from "./account-context.ts";
import type { Lane, StoredAnswer } from "./account-store.ts";
import { closeIfExpired } from "./closing.ts";
import { confirmCertificateChoice, stopWaiting } from "./operations/certificate-choice.ts";
import { answerChallenge, challengeSender } from "./operations/clone-challenge.ts";
import { openDeviceLink } from "./operations/device-links.ts";
import { dkgRound, initiateKey, provePossession, submitClient2ndPart } from "./operations/key-generation.ts";
import { dismissNotices, openLiveChannel, subscribePush } from "./operations/notices.ts";
import { beginReKey, reKey } from "./operations/re-key.ts";
import { performSignature } from "./operations/signing.ts";
import { getKeyState, revokeKey } from "./operations/state.ts";
import { claimTransaction, listTransactions, refuseTransaction } from "./operations/transactions.ts";
import { answerSecretPlace, channelKeysPlace } from "./wrapped-places.ts";

type Handlers = { readonly [Name in Exclude<Operation, "resume">]: OperationHandler<never> };

const HANDLERS: Handlers = {
  initiateKey,
  submitClient2ndPart,
  dkgRound,
  provePossession,
  beginReKey,
  reKey,
  performSignature,
  answerChallenge,
  getKeyState,
  revokeKey,
  openLiveChannel,
  subscribePush,
  dismissNotices,
  listTransactions,
  claimTransaction,
  openDeviceLink,
  confirmCertificateChoice,
  stopWaiting,
  refuseTransaction,
};

/** `afterwards` runs in the same turn as the commit, before the answer is sealed. A failure means: it did not open. */
export async function receiveMessage(
  storage: DurableObjectStorage,
  context: AccountContext,
  message: string,
  afterwards: () => Promise<void>,
): Promise<Result<string, "unauthorized">> {
  const { handle } = context;
  const packed = await unwrap(context.secrets.kek, channelKeysPlace(handle), context.account.channelKeys());
  if (packed === undefined) throw new Error("the channel keys do not unwrap");
  const keys = unpackChannelKeys(packed);
  packed.fill(0);
  const plaintext = await openMessage(keys.deviceToServer, handle, message);
  if (plaintext === undefined) return failed("unauthorized");

  const request = parseRequest(plaintext);
  if (request === undefined) {
    const answer: ChannelAnswer = { requestId: "", outcome: refusal({ code: "malformed" }) };
    return success(await sealMessage(keys.serverToDevice, handle, utf8(JSON.stringify(answer)), randomBytes(IV_LENGTH)));
  }
  const plaintextHash = toBase64Url(sha256(plaintext));
  const decide = await prepare(context, request, plaintextHash);
  const stored = storage.transactionSync(() => {
    const now = Date.now();
    // Its time may have ended since it was looked at; what is abandoned may be forgotten altogether.
    if (schemaVersion(storage) === 0 || isAbandoned(context.account.account(), now)) return undefined;
    closeIfExpired(context, now);
    return settle(context, request, plaintextHash, decide, now);
  });
  if (stored === undefined) return failed("unauthorized");
  await afterwards();
  const whole = await wholeAnswer(context, request.requestId, stored);
  return success(await sealMessage(keys.serverToDevice, handle, utf8(whole), stored.initializationVector));
}

/** With the members that are stored apart. The same each time: one initialisation vector must never seal two plaintexts. */
async function wholeAnswer(
  { handle, secrets }: AccountContext,
  requestId: string,
  { plaintext, secret }: StoredAnswer,
): Promise<string> {
  if (secret === undefined) return plaintext;
  const members = await unwrap(secrets.kek, answerSecretPlace(handle, requestId), secret);
  if (members === undefined) throw new Error("the secret part of an answer does not unwrap");
  const answer = JSON.parse(plaintext) as { outcome: { body: object } };
  const body = { ...answer.outcome.body, ...(JSON.parse(fromUtf8(members)) as object) };
  return JSON.stringify({ ...answer, outcome: { ...answer.outcome, body } });
}

function parseRequest(plaintext: Uint8Array): ChannelRequest | undefined {
  try {
    return requestSchema.safeParse(JSON.parse(fromUtf8(plaintext))).data;
  } catch {
    return undefined;
  }
}

function currentStep(context: AccountContext, request: ChannelRequest, plaintextHash: string): Step {
  const account = context.account.account();
  if (account === undefined) throw new Error("an account without a row");
  return stepOf(account.oneTimePassword, context.account.knownRequest(request.requestId), { ...request, plaintextHash });
}

/** The first half of an operation, for requests that may be acted on. What it saw is looked at again when deciding. */
async function prepare(context: AccountContext, request: ChannelRequest, plaintextHash: string): Promise<Decide> {
  const step = currentStep(context, request, plaintextHash);
  const { operation, requestId } = request;
  // Every other step is answered without a decision, and none becomes `in_step` later: OTPs are never used twice.
  if (operation === "resume" || (step !== "in_step" && step !== "beside")) return () => refusal({ code: "server_error" });
  const status = context.account.account()?.status ?? "closed";
  if (!PRECONDITIONS[operation].includes(status)) return () => wrongState(context);
  const body = REQUEST_BODIES[operation].safeParse(request.body);
  if (!body.success) return () => refusal({ code: "malformed" });
  const decide = await (HANDLERS[operation] as OperationHandler<unknown>)(context, body.data, requestId);
  return (now) => {
    const statusNow = context.account.account()?.status ?? "closed";
    return PRECONDITIONS[operation].includes(statusNow) ? decide(now) : wrongState(context);
  };
}

function wrongState(context: AccountContext): Outcome {
  const account = context.account.account();
  return refusal(
    account?.status === "closed" ? { code: "account_closed", reason: account.closedReason } : { code: "wrong_state" },
  );
}

/** Synchronous, inside one storage transaction: the facts are read, the OTP is burnt, the decision and its answer are written. */
function settle(
  context: AccountContext,
  request: ChannelRequest,
  plaintextHash: string,
  decide: Decide,
  now: number,
): StoredAnswer {
  const { account } = context;
  const { requestId, oneTimePassword } = request;
  const store = (lane: Lane, given: Outcome, next?: string): StoredAnswer => {
    const outcome = given.ok ? done(given.body) : given;
    const answer: ChannelAnswer = { requestId, ...(next !== undefined && { oneTimePassword: next }), outcome };
    const secret = given.ok ? given.secret : undefined;
    const stored = { plaintext: JSON.stringify(answer), initializationVector: randomBytes(IV_LENGTH), secret };
    account.setAnswer(lane, requestId, stored);
    return stored;
  };
  const inStep = (outcome: () => Outcome): StoredAnswer => {
    const next = randomOneTimePassword();
    account.setOneTimePassword(next);
    account.recordRequest(requestId, plaintextHash, oneTimePassword);
    return store("step", outcome(), next);
  };
  const beside = (outcome: () => Outcome): StoredAnswer => {
    account.recordRequest(requestId, plaintextHash, oneTimePassword);
    return store("beside", outcome());
  };
  switch (currentStep(context, request, plaintextHash)) {
    case "repeat":
      return account.answer(requestId);
    case "refused": {
      const answer: ChannelAnswer = { requestId, outcome: refusal({ code: "refused", plaintextHash }) };
      return { plaintext: JSON.stringify(answer), initializationVector: randomBytes(IV_LENGTH), secret: undefined };
    }
    case "in_step":
      return inStep(() => decide(now));
    case "never_received":
      return inStep(() => done({ received: false }));
    case "beside":
      return beside(() => decide(now));
    case "out_of_step":
      return beside(() =>
        account.account()?.status === "closed" ? wrongState(context) : refusal(challengeSender(context, now)),
      );
  }
}
