// New keys of an account that stands, through every loss of the network. Each time that the exchange is begun anew the old PIN is proven
// again, and an attempt is paid: what became of the one before is looked at first, in its answer or, where another window has taken that,
// in the state of the account. So no wrong PIN is tried twice for one typing, and no old PIN on a new key.
import type { Purpose } from "../../account/purpose.ts";
import { failed, type Result, success } from "../../account/result.ts";
import type { ChannelClient, Settled } from "../../authenticator/channel-client.ts";
import { addSuites, changePin, type KeyState, type ReKeyFailure, standingVersion } from "../../authenticator/re-key.ts";
import { askKeyState } from "../../authenticator/renewal.ts";
import { ServerUnreachable } from "../../authenticator/server-connection.ts";
import { networkMayBeBack } from "../network-wait.ts";
import type { JobName, Jobs, KeyWorkProgress } from "./jobs.ts";

type ExchangeName = Extract<JobName, "change-pin" | "add-keys">;
export type ExchangeJob = {
  readonly [Name in ExchangeName]: { readonly job: Name; readonly input: Jobs[Name]["input"] };
}[ExchangeName];
type Exchanged = Result<undefined, ReKeyFailure>;

export async function exchangeKeys(
  client: ChannelClient,
  work: ExchangeJob,
  progress: (progress: KeyWorkProgress) => void,
): Promise<Exchanged> {
  const { purpose } = work.input;
  let failures = 0;
  // Of a request that was interrupted, and of keys that turn out to stand: is it this job that made them?
  let [isOwnRequest, hasBegun] = [false, false];
  let before: KeyState | undefined;
  const begun = (step: KeyWorkProgress): void => {
    hasBegun = true;
    progress(step);
  };
  for (;;) {
    try {
      const settled = await client.settle();
      const refused = isOwnRequest ? refusalOf(settled) : undefined;
      if (refused !== undefined) return refused;
      const now = await askKeyState(client);
      if (!now.ok) return now;
      // Another window may have settled the request that was lost, and told nobody here.
      const end = before && endSince(before, now.value, purpose);
      if (end !== undefined) return endOf(end, hasBegun);
      before ??= now.value;
      isOwnRequest = true;
      return endOf(await exchange(client, work, { progress: begun, standing: standingVersion(before, purpose) }), hasBegun);
    } catch (error) {
      if (!(error instanceof ServerUnreachable)) throw error;
      progress({ step: "waiting-for-network" });
      await networkMayBeBack(failures++);
    }
  }
}

/** What an attempt came to whose answer did not arrive here; undefined where none was paid, or where it was right. */
function endSince(before: KeyState, now: KeyState, purpose: Purpose): Exchanged | undefined {
  if (now.status !== "active") return undefined;
  if (standingVersion(now, purpose) > standingVersion(before, purpose)) return failed({ code: "exchanged_before" });
  const { state, attemptsLeft, lockedUntil } = now.pins[purpose];
  if (state === "dead") return failed({ code: "pin_dead" });
  if (state === "locked") return failed({ code: "wrong_pin", attemptsLeft: 0, lockedUntil });
  const { attemptsLeft: earlier } = before.pins[purpose];
  if (attemptsLeft < earlier) return failed({ code: "wrong_pin", attemptsLeft, lockedUntil });
  // Right, and its time is over; or wrong, and the lock that it brought is.
  return attemptsLeft > earlier && now.reKey?.purpose !== purpose ? failed({ code: "exchange_given_up" }) : undefined;
}

/** Keys that stand since this job has begun are its own: the last answer was lost. */
const endOf = (exchanged: Exchanged, hasBegun: boolean): Exchanged =>
  hasBegun && !exchanged.ok && exchanged.failure.code === "exchanged_before" ? success(undefined) : exchanged;

async function exchange(
  client: ChannelClient,
  work: ExchangeJob,
  options: { readonly progress: (progress: KeyWorkProgress) => void; readonly standing: number },
): Promise<Exchanged> {
  if (work.job === "change-pin") {
    const { purpose, oldPin, newPin } = work.input;
    const pins = { oldPin: new Uint8Array(oldPin), newPin: new Uint8Array(newPin) };
    return changePin(client, purpose, pins, options);
  }
  const { purpose, pin } = work.input;
  const added = await addSuites(client, purpose, new Uint8Array(pin), options);
  return added.ok ? success(undefined) : added;
}

/** The old PIN was wrong, or locked: that was the attempt of the person. */
function refusalOf(settled: Settled | undefined): Exchanged | undefined {
  if (settled?.received !== true || settled.request.operation !== "reKey" || settled.outcome.ok) return undefined;
  const { failure } = settled.outcome;
  const isFinal = failure.code === "wrong_pin" || failure.code === "pin_locked" || failure.code === "pin_dead";
  return isFinal ? failed(failure) : undefined;
}
