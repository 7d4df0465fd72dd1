// `GET session/{sessionID}`: waits until the session is complete or the caller's time is up. Asks the object anew every 25 s, so
// that an object that was moved or evicted meanwhile loses nobody who waits.
import type { SessionView } from "../account/objects.ts";
import { failed, type Result, success } from "../account/result.ts";
import type { Environment } from "../environment.ts";
import { type Failure, malformed } from "../http/failures.ts";
import { SESSION_TIMEOUT as TIMEOUT } from "../protocol/relying-party-requests.ts";
import type { SessionStatus } from "../protocol/session-status.ts";
import { type Caller, isCallerOf } from "./caller.ts";
import { findRelyingParty } from "./registry.ts";
import { sessionName } from "./session-name.ts";

/** All in milliseconds. */
const REARM_AFTER = 25_000;
const PAUSE_AFTER_LOSS = 100;
/** Losses of the object in a row after which something else is wrong. */
const LOSSES_ENDURED = 3;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `values`: every `timeoutMs` of the query. */
export function parseTimeout(values: readonly string[]): Result<number, Failure> {
  const [text, ...more] = values;
  if (text === undefined) return success(TIMEOUT.default);
  const timeout = more.length === 0 && /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (timeout >= TIMEOUT.shortest && timeout <= TIMEOUT.longest) return success(timeout);
  const detail = `must be a number of milliseconds from ${TIMEOUT.shortest} to ${TIMEOUT.longest}`;
  return failed(malformed("The time-out is not acceptable.", { code: "invalid", detail, paramName: "timeoutMs" }));
}

/** Only the party that started the session gets an answer; to all others it does not exist. */
export async function awaitSession(
  environment: Environment,
  caller: Caller,
  sessionID: string,
  timeoutMs: number,
): Promise<Result<SessionStatus, Failure>> {
  const missing = failed({ kind: "no_such_session" } as const);
  if (!UUID.test(sessionID)) return missing;
  const name = await sessionName(environment, sessionID);
  const deadline = Date.now() + timeoutMs;
  // Who asks is checked before anybody is made to wait, and again before anything is said: an operator may have disabled the party meanwhile.
  for (let [wait, waited] = [0, 0]; ; waited += wait) {
    const view = await look(environment, name, wait);
    if (view === undefined || !(await isOwner(environment, caller, view))) return missing;
    // What was waited counts as well: a clock that is put back must not make the caller wait for that long.
    const remaining = Math.min(deadline - Date.now(), timeoutMs - waited);
    if (view.status.state === "COMPLETE" || remaining <= 0) return success(view.status);
    wait = Math.min(remaining, REARM_AFTER);
  }
}

async function isOwner(environment: Environment, caller: Caller, view: SessionView): Promise<boolean> {
  const party = await findRelyingParty(environment, view.relyingPartyUUID);
  return party !== undefined && isCallerOf(party, caller, environment.LOCAL_MODE === "true");
}

/** An object that goes away while it is asked makes the call throw: its storage still has the session. */
async function look(environment: Environment, name: string, timeoutMs: number): Promise<SessionView | undefined> {
  for (let losses = 0; ; losses++) {
    try {
      return await environment.SESSIONS.get(environment.SESSIONS.idFromName(name)).view(timeoutMs);
    } catch (error) {
      if (losses === LOSSES_ENDURED) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_AFTER_LOSS));
    }
  }
}
