// What the key worker does for each job, by the engine of src/authenticator. PINs are overwritten as soon as the last use is over.
import type { Purpose } from "../../account/purpose.ts";
import { type Result, success } from "../../account/result.ts";
import { ChannelClient, type ChannelFailure, type Settled } from "../../authenticator/channel-client.ts";
import { makeKeys } from "../../authenticator/enrolment.ts";
import type { Pin } from "../../authenticator/pin-key.ts";
import { ServerUnreachable } from "../../authenticator/server-connection.ts";
import { answerChallenge, approveTransaction } from "../../authenticator/transactions.ts";
import { fromUtf8 } from "../../protocol/encoding.ts";
import { parseSemanticsIdentifier } from "../../protocol/semantics-identifier.ts";
import { readPersonalCode } from "../../registration/personal-code.ts";
import { checkPin } from "../../split-key/pin-rules.ts";
import { networkMayBeBack } from "../network-wait.ts";
import { reached } from "../reached.ts";
import { server } from "../server.ts";
import { BrowserStorage } from "../storage/browser-storage.ts";
import { type JobName, type Jobs, type KeyWorkProgress, pinsOf } from "./jobs.ts";

export type Job = { readonly [Name in JobName]: { readonly job: Name; readonly input: Jobs[Name]["input"] } }[JobName];

type Progress = (progress: KeyWorkProgress) => void;

export async function runJob(work: Job, progress: Progress): Promise<Jobs[JobName]["result"]> {
  try {
    return await dispatch(work, progress);
  } finally {
    for (const pin of pinsOf(work.input)) new Uint8Array(pin).fill(0);
  }
}

async function dispatch(work: Job, progress: Progress): Promise<Jobs[JobName]["result"]> {
  switch (work.job) {
    case "check-pin":
      return checkChosen(work.input);
    case "make-keys":
      return makeBothKeys(work.input, progress);
    case "approve":
      return approve(work.input);
    case "answer-challenge": {
      const { accountId, challenge, pin } = work.input;
      return reached(() => answerChallenge(clientOf(accountId), challenge, new Uint8Array(pin)));
    }
  }
}

const clientOf = (accountId: string): ChannelClient => new ChannelClient(server, new BrowserStorage(accountId));

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
  progress: Progress,
): Promise<Result<undefined, ChannelFailure>> {
  const client = clientOf(accountId);
  for (let failures = 0; ; failures++) {
    try {
      const state = await client.call("getKeyState", () => ({}));
      if (!state.ok) return state;
      // The answer to the last proof was lost: both keys are there.
      if (state.value.status !== "identified") return success(undefined);
      return await makeKeys(client, bytesOf(pins), progress);
    } catch (error) {
      if (!(error instanceof ServerUnreachable)) throw error;
      progress({ step: "waiting-for-network" });
      await networkMayBeBack(failures);
    }
  }
}

const bytesOf = (pins: Readonly<Record<Purpose, ArrayBuffer>>): Readonly<Record<Purpose, Pin>> => ({
  auth: new Uint8Array(pins.auth),
  sign: new Uint8Array(pins.sign),
});

async function approve({ accountId, claimed, pin }: Jobs["approve"]["input"]): Promise<Jobs["approve"]["result"]> {
  const client = clientOf(accountId);
  return reached(async () => {
    // An attempt whose answer was lost is settled first: it may have been the right one, and a second is paid.
    const before = outcomeFor(claimed.transactionId, await client.settle());
    return before ?? approveTransaction(client, claimed, new Uint8Array(pin));
  });
}

function outcomeFor(transactionId: string, settled: Settled | undefined): Result<undefined, ChannelFailure> | undefined {
  if (settled?.received !== true || settled.request.operation !== "performSignature") return undefined;
  if (settled.request.transactionId !== transactionId) return undefined;
  return settled.outcome.ok ? success(undefined) : settled.outcome;
}
