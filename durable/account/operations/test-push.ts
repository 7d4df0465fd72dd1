// A push that the person asks for, to see whether notifications reach them. It says what every push says, and is counted: else a device
// could have this server call a push service as often as it likes.
import type { AnswerBody, RequestBody } from "../../../src/protocol/device-messages.ts";
import { type AccountContext, done, type OperationHandler } from "../account-context.ts";
import { pushNow } from "../push-delivery.ts";

export const TEST_PUSH_PAUSE_MS = 60_000;
/** Whoever tests is looking: a push that comes later would only puzzle. */
const LIFETIME_MS = 60_000;

type Outcome = AnswerBody<"testPush">["outcome"];

/** A device that hears nothing for a while sends the same bytes again while the push service is still being asked. */
export const testPush: OperationHandler<RequestBody<"testPush">> = async (context, _body, requestId) => {
  const outcome = await context.push.testOnce(requestId, () => push(context));
  return () => done({ outcome });
};

/** Counted before anything is sent, whatever becomes of it. */
async function push(context: AccountContext): Promise<Outcome> {
  const now = Date.now();
  if (context.push.read() === undefined) return "none";
  if (!context.push.countTest(now, TEST_PUSH_PAUSE_MS)) return "too_soon";
  return (await pushNow(context, now + LIFETIME_MS, now)).kind;
}
