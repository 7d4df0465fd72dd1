// One message of the device channel: opened, its step decided, acted on, its answer stored and sealed.
// Everything that awaits comes before the one storage transaction that decides; the answer is sealed after its commit.
// The object's output gate holds it back until the commit is durable, so attempt and answer are one.
import { randomBytes, randomOneTimePassword } from "../../src/account/random.ts";
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
import { schemaVersion } from "../storage/migrations.ts";
import { type AccountContext, type Decide, done, type OperationHandler, type Outcome, refusal } from "./account-context.ts";
import type { Lane, StoredAnswer } from "./account-store.ts";
import { closeIfExpired } from "./closing.ts";
import { confirmCertificateChoice, stopWaiting } from "./operations/certificate-choice.ts";
import { getCertificates } from "./operations/certificates.ts";
import { answerChallenge, challengeSender } from "./operations/clone-challenge.ts";
import { openDeviceLink } from "./operations/device-links.ts";
import { allowParty, disown, getHistory, listRefusedParties } from "./operations/history.ts";
import { dkgRound, initiateKey, provePossession, submitClient2ndPart } from "./operations/key-generation.ts";
import { dismissNotices, openLiveChannel, subscribePush } from "./operations/notices.ts";
import { practise } from "./operations/practice.ts";
import { beginReKey, reKey } from "./operations/re-key.ts";
import { performSignature } from "./operations/signing.ts";
import { getKeyState, revokeKey } from "./operations/state.ts";
import { testPush } from "./operations/test-push.ts";
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
  testPush,
  getCertificates,
  dismissNotices,
  practise,
  listTransactions,
  claimTransaction,
  openDeviceLink,
  confirmCertificateChoice,
  stopWaiting,
  refuseTransaction,
  getHistory,
  disown,
  listRefusedParties,
  allowParty,
};

/** `afterwards` runs in the same turn as the commit, before the answer is sealed. A failure means: it did not open. */
export async function receiveMessage(
  storage: DurableObjectStorage,
  context: AccountContext,
  message: string,
  afterwards: () => Promise<void>,
): Promise<Result<string, "unauthorized">> {
  const { handle } = context;
  const packed = await context.secrets.vault.unwrap(channelKeysPlace(handle), context.account.channelKeys());
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
  let settled: Settled | undefined;
  try {
    settled = storage.transactionSync(() => {
      const now = Date.now();
      // Its time may have ended since it was looked at; what is abandoned may be forgotten altogether.
      if (schemaVersion(storage) === 0 || isAbandoned(context.account.account(), now)) return undefined;
      closeIfExpired(context, now);
      return settle(context, request, plaintextHash, decide, now);
    });
  } finally {
    decide.forget?.();
  }
  if (settled === undefined) return failed("unauthorized");
  await afterwards();
  const { plaintext: whole, initializationVector } = await wholeAnswer(context, request.requestId, settled);
  return success(await sealMessage(keys.serverToDevice, handle, utf8(whole), initializationVector));
}

/** What is sealed. `whole`: known in the call that made the answer, which needs no vault any more: what is done is answered. */
async function wholeAnswer(
  { handle, secrets }: AccountContext,
  requestId: string,
  { stored, whole }: Settled,
): Promise<Pick<StoredAnswer, "plaintext" | "initializationVector">> {
  const { plaintext, initializationVector, secret } = stored;
  if (whole !== undefined) return { plaintext: whole, initializationVector };
  if (secret === undefined) return stored;
  const members = await secrets.vault.unwrap(answerSecretPlace(handle, requestId), secret);
  if (members !== undefined) {
    const again = withMembers(plaintext, members);
    members.fill(0);
    return { plaintext: again, initializationVector };
  }
  console.error(`the secret part of an answer does not unwrap: account ${handle}`);
  // With its one-time password, without which the channel would be at its end. One initialisation vector must never seal two plaintexts.
  const answer = { ...(JSON.parse(plaintext) as ChannelAnswer), outcome: refusal({ code: "server_error" }) };
  return { plaintext: JSON.stringify(answer), initializationVector: randomBytes(IV_LENGTH) };
}

/** The same each time. */
function withMembers(plaintext: string, members: Uint8Array): string {
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
  const whereItStands = (now: number): Outcome => {
    const statusNow = context.account.account()?.status ?? "closed";
    return PRECONDITIONS[operation].includes(statusNow) ? decide(now) : wrongState(context);
  };
  return Object.assign(whereItStands, { forget: () => decide.forget?.() });
}

function wrongState(context: AccountContext): Outcome {
  const account = context.account.account();
  return refusal(
    account?.status === "closed" ? { code: "account_closed", reason: account.closedReason } : { code: "wrong_state" },
  );
}

interface Settled {
  readonly stored: StoredAnswer;
  /** With the members that are stored apart; undefined where there are none, or only the vault has them. */
  readonly whole?: string | undefined;
}

/** Synchronous, inside one storage transaction: the facts are read, the OTP is burnt, the decision and its answer are written. */
function settle(context: AccountContext, request: ChannelRequest, plaintextHash: string, decide: Decide, now: number): Settled {
  const { account } = context;
  const { requestId, oneTimePassword } = request;
  const store = (lane: Lane, given: Outcome, next?: string): Settled => {
    const outcome = given.ok ? done(given.body) : given;
    const answer: ChannelAnswer = { requestId, ...(next !== undefined && { oneTimePassword: next }), outcome };
    const secret = given.ok ? given.secret : undefined;
    const stored = {
      plaintext: JSON.stringify(answer),
      initializationVector: randomBytes(IV_LENGTH),
      secret: secret?.wrapped,
    };
    account.setAnswer(lane, requestId, stored);
    return { stored, whole: secret && withMembers(stored.plaintext, secret.members) };
  };
  const inStep = (outcome: () => Outcome): Settled => {
    const next = randomOneTimePassword();
    account.setOneTimePassword(next);
    account.recordRequest(requestId, plaintextHash, oneTimePassword);
    return store("step", outcome(), next);
  };
  const beside = (outcome: () => Outcome): Settled => {
    account.recordRequest(requestId, plaintextHash, oneTimePassword);
    return store("beside", outcome());
  };
  switch (currentStep(context, request, plaintextHash)) {
    case "repeat":
      return { stored: account.answer(requestId) };
    case "refused": {
      const answer: ChannelAnswer = { requestId, outcome: refusal({ code: "refused", plaintextHash }) };
      const initializationVector = randomBytes(IV_LENGTH);
      return { stored: { plaintext: JSON.stringify(answer), initializationVector, secret: undefined } };
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
