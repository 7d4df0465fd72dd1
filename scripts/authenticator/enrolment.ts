// A new account from nothing, or from wherever an earlier run was interrupted: the server says how far the account is, and the
// next step is taken until it is active.
import type { ChannelClient } from "../../src/authenticator/channel-client.ts";
import {
  assertIdentity,
  type EnrolmentStep,
  makeKeys,
  openAccount,
  type SelfAssertedIdentity,
} from "../../src/authenticator/enrolment.ts";
import { askKeyState } from "../../src/authenticator/renewal.ts";
import { approveTransaction, claimApplication, listTransactions } from "../../src/authenticator/transactions.ts";
import { type Purpose, PURPOSES } from "../../src/account/purpose.ts";
import type { AnswerBody } from "../../src/protocol/device-messages.ts";
import { CommandFailure } from "./command-failure.ts";
import { commandFailure, PIN_NAMES } from "./explain.ts";
import { withPin, withPins } from "./pin-bytes.ts";

export type AccountState = AnswerBody<"getKeyState">;

/** Certificates are issued with the last answer; where that failed, the server repeats it after two seconds. */
const ISSUING_PATIENCE = 15;
const ISSUING_PAUSE_MILLISECONDS = 1_000;

/** Ends with an active account. `iterations`: of PBKDF2, where the PINs are no secret. Throws a CommandFailure where the server refuses, or where the account was active before. */
export async function enrolAccount(
  client: ChannelClient,
  identity: SelfAssertedIdentity,
  pins: Readonly<Record<Purpose, string>>,
  note: (line: string) => void,
  iterations?: number,
): Promise<AccountState> {
  let state = await stateOf(client);
  if (state?.status === "active") {
    const detail = `There is an account already: ${state.documentNumber}. Delete it first, or choose another file with --state.`;
    throw new CommandFailure("account_exists", detail, 1, { documentNumber: state.documentNumber });
  }
  if (state?.status === "closed") state = undefined;
  for (let patience = ISSUING_PATIENCE; state?.status !== "active";) {
    const before = state?.status;
    await takeStep(before, { client, identity, pins, note, iterations });
    state = await stateOf(client);
    if (before === "issuing") patience--;
    if (patience === 0 || (before === state?.status && before !== "issuing")) {
      throw new CommandFailure("enrolment_stuck", `The enrolment does not get beyond "${before}": call enrol again.`);
    }
  }
  return state;
}

/** Undefined where there is no account yet, or one whose enrolment the server gave up. */
async function stateOf(client: ChannelClient): Promise<AccountState | undefined> {
  const answer = await askKeyState(client);
  if (answer.ok) return answer.value;
  if (answer.failure.code === "no_account") return undefined;
  const { keys = [] } = (await client.storage.read()) ?? {};
  // Without keys of both purposes it was never active: nothing is lost with it.
  const neverActive = PURPOSES.some((each) => !keys.some(({ purpose }) => purpose === each));
  if (answer.failure.code === "unknown_channel" && neverActive) return undefined;
  throw commandFailure(answer.failure);
}

interface Enrolment {
  readonly client: ChannelClient;
  readonly identity: SelfAssertedIdentity;
  readonly pins: Readonly<Record<Purpose, string>>;
  readonly note: (line: string) => void;
  readonly iterations: number | undefined;
}

async function takeStep(
  status: AccountState["status"] | undefined,
  { client, identity, pins, note, iterations }: Enrolment,
): Promise<void> {
  switch (status) {
    case undefined:
    case "closed": {
      // Whatever is there is over: so says the server.
      const over = await client.storage.read();
      const opened = await openAccount(client.server, client.storage, { replacing: over?.handle });
      if (!opened.ok) throw openingFailure(opened.failure);
      note("channel opened");
      return;
    }
    case "opened":
      return proveIdentity(client, identity, note);
    case "identified": {
      // The server's answer to the proof was lost: the same proof again is accepted, another person's is not.
      if ((await client.storage.read())?.owner === undefined) await proveIdentity(client, identity, note);
      const progress = (step: EnrolmentStep) => note(describeStep(step));
      const made = await withPins(pins, (both) => makeKeys(client, both, progress, iterations));
      if (!made.ok) throw commandFailure(made.failure);
      return;
    }
    case "applying": {
      note("signing the application with PIN2");
      return signApplication(client, pins.sign);
    }
    case "issuing":
    case "active": {
      await new Promise((resolve) => setTimeout(resolve, ISSUING_PAUSE_MILLISECONDS));
    }
  }
}

function openingFailure(failure: "not_authentic" | "account_in_use"): CommandFailure {
  switch (failure) {
    case "not_authentic":
      return new CommandFailure(failure, "The server's signature on the handshake is wrong: somebody is in between.");
    case "account_in_use":
      return new CommandFailure(failure, "An account was made here meanwhile: call enrol again.");
  }
}

async function proveIdentity(client: ChannelClient, identity: SelfAssertedIdentity, note: (line: string) => void): Promise<void> {
  const refusal = await assertIdentity(client.server, client.storage, identity);
  if (refusal === undefined) return note("identity accepted");
  const { status, title, detail } = refusal;
  throw new CommandFailure("identity_refused", `The identity is refused: ${detail === "" ? title : detail}`, 1, { status });
}

async function signApplication(client: ChannelClient, pin: string): Promise<void> {
  const listed = await listTransactions(client);
  if (!listed.ok) throw commandFailure(listed.failure);
  const application = listed.value.find(({ relyingPartyName }) => relyingPartyName === "");
  if (application === undefined) throw new CommandFailure("no_application", "The application is gone: call enrol again.");
  const answer = await claimApplication(client, application.transactionId);
  if (!answer.ok) throw commandFailure(answer.failure, "sign");
  const claimed = answer.value;
  if (claimed.kind !== "application") throw commandFailure({ code: "not_presentable" });
  const signed = await withPin(pin, (bytes) => approveTransaction(client, claimed, bytes));
  if (signed.ok) return;
  if (signed.failure.code === "not_presentable") throw new CommandFailure("not_presentable", WRONG_APPLICATION);
  throw commandFailure(signed.failure, "sign");
}

const WRONG_APPLICATION =
  "The application is in another name, or for keys that could be used without this device: nothing was signed, and no account was made.";

export function describeStep(step: EnrolmentStep): string {
  if (step.step === "proven") return "all keys are made";
  return `making the key for ${PIN_NAMES[step.purpose]} (${step.suite}): ${DOING[step.step]}`;
}

const DOING = {
  generating: "this device's half",
  joining: "joining it with the server's half",
  proving: "proving that both halves sign together",
} as const;
