// What the key worker does for each job, by the engine of src/authenticator. PINs are overwritten as soon as the last use is over.
import type { Purpose } from "../../account/purpose.ts";
import { failed, type Result, success } from "../../account/result.ts";
import { ChannelClient, type ChannelFailure, type Settled } from "../../authenticator/channel-client.ts";
import { type EnrolmentStep, makeKeys } from "../../authenticator/enrolment.ts";
import { addPasskey, PasskeyNeeded, PasskeyStorage, PasskeyWrap, removePasskey } from "../../authenticator/passkey-wrap.ts";
import type { Pin } from "../../authenticator/pin-key.ts";
import { ServerUnreachable } from "../../authenticator/server-connection.ts";
import { answerChallenge, approveTransaction, prepareApproval } from "../../authenticator/transactions.ts";
import { fromUtf8 } from "../../protocol/encoding.ts";
import { parseSemanticsIdentifier } from "../../protocol/semantics-identifier.ts";
import { readPersonalCode } from "../../registration/personal-code.ts";
import { checkPin } from "../../split-key/pin-rules.ts";
import type { Preparation } from "../../split-key/scheme.ts";
import { networkMayBeBack } from "../network-wait.ts";
import { reached } from "../reached.ts";
import { server } from "../server.ts";
import { BrowserStorage } from "../storage/browser-storage.ts";
import { exchangeKeys } from "./exchange-keys.ts";
import { type Ahead, type JobName, type Jobs, type KeyWorkProgress, type PasskeyBuffer, wipePins } from "./jobs.ts";

export type Job = { readonly [Name in JobName]: { readonly job: Name; readonly input: Jobs[Name]["input"] } }[JobName];

/** What the page hears before the result. */
interface Telling {
  readonly progress: (progress: KeyWorkProgress) => void;
  readonly settled: (settled: Settled) => void;
}

/** Never fails: what could not be prepared, the job computes itself. */
export const prepare = ({ accountId, claimed }: Ahead): Promise<Preparation | undefined> =>
  prepareApproval(new BrowserStorage(accountId), claimed).catch(() => undefined);

/** `preparing`: what this worker was told to prepare for an approval, which waits for it. */
export async function runJob(
  work: Job,
  telling: Telling,
  preparing?: Promise<Preparation | undefined>,
): Promise<Jobs[JobName]["result"]> {
  try {
    return await dispatch(work, telling, preparing);
  } catch (error) {
    if (error instanceof PasskeyNeeded) return failed({ code: "passkey_needed" });
    throw error;
  } finally {
    wipePins(work.input);
  }
}

async function dispatch(
  work: Job,
  telling: Telling,
  preparing?: Promise<Preparation | undefined>,
): Promise<Jobs[JobName]["result"]> {
  switch (work.job) {
    case "check-pin":
      return checkChosen(work.input);
    case "make-keys":
      return makeBothKeys(work.input, telling);
    case "approve":
      return approve(work.input, telling, await preparing);
    case "answer-challenge": {
      const { challenge, pin } = work.input;
      const client = await clientOf(work.input, telling);
      return reached(() => answerChallenge(client, challenge, new Uint8Array(pin)));
    }
    case "change-pin":
    case "add-keys":
      return exchangeKeys(await clientOf(work.input, telling), work, telling.progress);
    case "add-passkey": {
      const { accountId, named, passkey } = work.input;
      return addPasskey(new BrowserStorage(accountId), named, await wrapOf(passkey));
    }
    case "remove-passkey": {
      const { accountId, passkey } = work.input;
      return removePasskey(new BrowserStorage(accountId), await wrapOf(passkey));
    }
  }
}

/** `passkey`: what the account's passkey gave, overwritten here. */
interface Holder {
  readonly accountId: string;
  readonly passkey?: PasskeyBuffer;
}

/** Whoever reads a share through it gets it under its mask alone; without the passkey of an account that has one, nobody reads it. */
async function clientOf({ accountId, passkey }: Holder, { settled }: Telling): Promise<ChannelClient> {
  const wrap = passkey === undefined ? undefined : await wrapOf(passkey);
  return new ChannelClient(server, new PasskeyStorage(new BrowserStorage(accountId), wrap), undefined, settled);
}

const wrapOf = (passkey: PasskeyBuffer): Promise<PasskeyWrap> => PasskeyWrap.of(new Uint8Array(passkey));

function checkChosen(input: Jobs["check-pin"]["input"]): Jobs["check-pin"]["result"] {
  const { purpose, pin, otherPin, semanticsIdentifier = "", dateOfBirth } = input;
  const { country, identifier: personalCode } = parseSemanticsIdentifier(semanticsIdentifier) ?? {};
  const code =
    country === undefined || personalCode === undefined
      ? undefined
      : readPersonalCode(country, personalCode, { testPeople: true });
  const digits = (buffer: ArrayBuffer): string => fromUtf8(new Uint8Array(buffer));
  const checked = checkPin({
    purpose,
    pin: digits(pin),
    otherPin: otherPin && digits(otherPin),
    personalCode,
    dateOfBirth: (code?.ok === true ? code.value.dateOfBirth : undefined) ?? dateOfBirth,
  });
  return checked.ok ? success(undefined) : checked;
}

/** From the server's state on, as often as it takes: the PINs stay here meanwhile, so that the page need not keep them. */
async function makeBothKeys(
  { accountId, pins }: Jobs["make-keys"]["input"],
  telling: Telling,
): Promise<Result<undefined, ChannelFailure>> {
  const client = await clientOf({ accountId }, telling);
  let failures = 0;
  // Who got further than ever before has a network again: the pauses begin anew, at most once for each step.
  const reachedSteps = new Set<string>();
  const progress = (step: EnrolmentStep): void => {
    const name = JSON.stringify(step);
    if (!reachedSteps.has(name)) failures = 0;
    reachedSteps.add(name);
    telling.progress(step);
  };
  for (;;) {
    try {
      const state = await client.call("getKeyState", () => ({}));
      if (!state.ok) return state;
      // The answer to the last proof was lost: both keys are there.
      if (state.value.status !== "identified") return success(undefined);
      return await makeKeys(client, bytesOf(pins), progress);
    } catch (error) {
      if (!(error instanceof ServerUnreachable)) throw error;
      telling.progress({ step: "waiting-for-network" });
      await networkMayBeBack(failures++);
    }
  }
}

const bytesOf = (pins: Readonly<Record<Purpose, ArrayBuffer>>): Readonly<Record<Purpose, Pin>> => ({
  auth: new Uint8Array(pins.auth),
  sign: new Uint8Array(pins.sign),
});

async function approve(
  { claimed, pin, ...holder }: Jobs["approve"]["input"],
  telling: Telling,
  preparation: Preparation | undefined,
): Promise<Jobs["approve"]["result"]> {
  const client = await clientOf(holder, telling);
  return reached(async () => {
    // An attempt whose answer was lost is settled first: where it ended the request, a second would only be paid.
    const end = endOf(claimed.transactionId, await client.settle());
    return end ?? approveTransaction(client, claimed, new Uint8Array(pin), preparation);
  });
}

/** Undefined where the earlier attempt left the request open: the PIN that was typed now is another one, and is tried. */
function endOf(transactionId: string, settled: Settled | undefined): Result<undefined, ChannelFailure> | undefined {
  if (settled?.received !== true || settled.request.operation !== "performSignature") return undefined;
  if (settled.request.transactionId !== transactionId) return undefined;
  const { outcome } = settled;
  if (outcome.ok) return success(undefined);
  const { failure } = outcome;
  switch (failure.code) {
    case "wrong_pin":
      return failure.lockedUntil > 0 ? outcome : undefined;
    case "pin_locked":
    case "pin_dead":
    // How it ended is not known any more, and the next answer would not tell.
    case "refused":
      return outcome;
    default:
      return undefined;
  }
}
