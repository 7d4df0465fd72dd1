// The trail of orders in the Worker's log. Accounts stand there by the names of their objects, which `show` tells too: a document
// number holds a personal code.
import type { Result } from "../account/result.ts";
import type { Failure } from "../http/failures.ts";
import type { Answer, Order } from "../protocol/operator-orders.ts";

/** Before anything is done: an order that breaks down half way is in the log as well. */
export function logOrder(jti: string, order: Order): void {
  const words = [order.kind, "serialNumber" in order && order.serialNumber, "reason" in order && order.reason];
  write(jti, words.filter(Boolean).join(" "));
}

/** Before anything is done to that account: nobody has to guess which one an order that broke down was about. */
export function logAccount(jti: string, handle: string): void {
  write(jti, `is about ${handle}`);
}

export function logOutcome(jti: string, outcome: Result<Answer<Order["kind"]>, Failure>): void {
  write(jti, outcome.ok ? effectOf(outcome.value) : `refused, ${outcome.failure.kind}`);
}

function effectOf(answer: Answer<Order["kind"]>): string {
  if ("accounts" in answer) return `shown, ${answer.accounts.map(({ handle }) => handle).join(" ")}`;
  if ("account" in answer) {
    const { closed, account, revokedByOrder } = answer;
    return [closed ? "closed" : "was closed before", account.handle, ...revokedByOrder.map((each) => `revoked ${each}`)].join(
      ", ",
    );
  }
  if ("heads" in answer) return `${answer.heads.length} heads of audit chains shown`;
  if ("uses" in answer) return `the current KEK is ${answer.current}`;
  if ("done" in answer) return `${answer.done} accounts re-wrapped under ${answer.current}, ${answer.failed.length} not`;
  return `${answer.revoked ? "revoked" : "was revoked before"}, ${answer.serialNumber}`;
}

function write(jti: string, text: string): void {
  // Meant for the log, and no error.
  // oxlint-disable-next-line no-console
  console.info(`operator's order ${jti}: ${text}`);
}
