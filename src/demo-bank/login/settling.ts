// From a login to its outcome: looks for the answer, and verifies it. What a browser sends plays no part in it but for the address at
// which it came back from the authenticator.
import { verifyAuthentication } from "../../client/index.ts";
import { ocspStatus } from "../../client/ocsp.ts";
import type { Bank } from "../bank.ts";
import { failureOfCall, failureOfEndResult, isTransient } from "../failure.ts";
import type { Progress } from "../routes/progress.ts";
import { welcomeCustomer } from "../storage/customers.ts";
import { type Login, settleLogin } from "../storage/logins.ts";

/** `wait`: milliseconds, at least 1000. */
export async function advanceLogin({ api, database, anchors }: Bank, login: Login, wait: number): Promise<Progress> {
  const { id, started, returned_to: callbackUrl } = login;
  if (started === undefined) return "over";
  const asked = await api.status(started, { timeoutMs: wait });
  if (!asked.ok) {
    const failure = failureOfCall(asked.failure);
    if (isTransient(asked.failure)) return failure;
    await settleLogin(database, id, failure);
    return "over";
  }
  const answer = asked.value;
  if (answer.state === "RUNNING") return "running";
  if (answer.endResult !== "OK") {
    await settleLogin(database, id, failureOfEndResult(answer.endResult));
    return "over";
  }
  const returned = callbackUrl === null ? {} : { callbackUrl };
  const verdict = await verifyAuthentication(started, answer, { anchors, certificateStatus: ocspStatus(), ...returned });
  if (verdict.ok) {
    await settleLogin(database, id, await welcomeCustomer(database, verdict.value, Date.now()));
    return "over";
  }
  switch (verdict.failure.code) {
    // Whoever got somebody else to open their link waits here, too, and waits in vain: the authenticator returns to the other browser.
    case "callback_missing":
      return "confirmed";
    // Nothing is decided: the answer stays where it is for some minutes.
    case "status_unreachable":
      return "unreachable";
    default:
      console.error(`demo bank: a login was not verified: ${verdict.failure.code}`);
      await settleLogin(database, id, "not-verified");
      return "over";
  }
}
