// Asking until the end: which failures are worth another try, when, and when to stop.
import type { Clock } from "../clock.ts";
import type { CallFailure } from "../failures.ts";
import { failed, type Result, success } from "../result.ts";
import type { CompletedSession, SessionAnswer } from "../session/answer.ts";
import { RESULT_MILLISECONDS, SESSION_MILLISECONDS } from "../session/started.ts";

/** The API says TIMEOUT some seconds after the person's time, and a clock may be wrong by a few. */
const GRACE_MILLISECONDS = 15_000;
const LONGEST_POLL_MILLISECONDS = 60_000;
const SHORTEST_POLL_MILLISECONDS = 1000;
/** Between two polls of an API that does not wait, and before the first new try. */
const PAUSE_MILLISECONDS = 1000;
const LONGEST_PAUSE_MILLISECONDS = 10_000;

/** At least one poll, however late. `startedAt`: milliseconds since the epoch. */
export async function pollUntilComplete(
  poll: (timeoutMs: number) => Promise<Result<SessionAnswer, CallFailure>>,
  startedAt: number,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<Result<CompletedSession, CallFailure>> {
  const end = startedAt + SESSION_MILLISECONDS + GRACE_MILLISECONDS;
  // An API that cannot be asked may have the answer all the same, for so long.
  const lastTry = startedAt + SESSION_MILLISECONDS + RESULT_MILLISECONDS;
  for (let faults = 0; ;) {
    const asked = clock.now();
    const longest = Math.min(LONGEST_POLL_MILLISECONDS, end - asked);
    const answer = await poll(Math.max(SHORTEST_POLL_MILLISECONDS, Math.floor(longest)));
    if (answer.ok && answer.value.state === "COMPLETE") return success(answer.value);
    if (!answer.ok && !isTransient(answer.failure)) return answer;
    faults = answer.ok ? 0 : faults + 1;
    const pause = answer.ok ? asked + PAUSE_MILLISECONDS - clock.now() : pauseAfter(answer.failure, faults);
    if (clock.now() + Math.max(0, pause) >= (answer.ok ? end : lastTry))
      return answer.ok ? failed({ code: "session_over" }) : answer;
    if (pause > 0) await clock.sleep(pause, signal);
    if (signal?.aborted === true) return failed({ code: "aborted" });
  }
}

/** Whether nothing is decided by it: asking again may give an answer. */
function isTransient({ code, status = 0 }: CallFailure): boolean {
  if (code === "unreachable" || code === "too_many_requests") return true;
  // A proxy's page in between; the person goes on meanwhile.
  if (code === "answer_malformed") return true;
  return code === "service_trouble" && status >= 500;
}

function pauseAfter({ retryAfterSeconds }: CallFailure, faults: number): number {
  const doubled = PAUSE_MILLISECONDS * 2 ** (faults - 1);
  return Math.max(Math.min(doubled, LONGEST_PAUSE_MILLISECONDS), (retryAfterSeconds ?? 0) * 1000);
}
