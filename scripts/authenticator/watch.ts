// Looks every second for what waits, shows each request once, and answers it where that was asked for.
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { CommandFailure } from "./command-failure.ts";
import { connectionFailure } from "./connection-failure.ts";
import type { Context } from "./context.ts";
import { numberOf } from "./options.ts";
import { claim, describe, fieldsOf, giveApproval, giveRefusal, waiting, wantedAnswer } from "./transactions.ts";

const EVERY_MILLISECONDS = 1_000;

/** Failures after which looking again leads nowhere. */
const FINAL = new Set(["no_account", "unknown_channel", "account_closed", "out_of_step", "wrong_state", "damaged", "storage"]);

/** Ends after `--count` requests, or with the process. */
export async function watch(context: Context): Promise<void> {
  const { values } = context.options;
  const answer = wantedAnswer(context);
  const delay = numberOf(values, "delay", 0) * 1_000;
  const count = numberOf(values, "count", Number.POSITIVE_INFINITY);
  const seen = new Set<string>();
  let unreachable = false;
  context.output.note("Watching; Ctrl-C ends it.");
  while (seen.size < count) {
    try {
      const waits = await waiting(context);
      if (unreachable) context.output.note("The server answers again.");
      unreachable = false;
      for (const { transactionId, amongSeveral } of waits) {
        if (seen.has(transactionId) || seen.size >= count) continue;
        if (amongSeveral === true) context.output.note("The person's other devices are asked, too: this one takes it.");
        // Before it is answered: a wrong PIN is one attempt, not one every second.
        seen.add(transactionId);
        await handle(context, transactionId, answer, delay);
      }
    } catch (error) {
      if (!(error instanceof ServerUnreachable)) throw error;
      if (!unreachable) context.output.note(`${connectionFailure(error, context.client.server.url).message} Trying on.`);
      unreachable = true;
    }
    if (seen.size < count) await pause(EVERY_MILLISECONDS);
  }
}

async function handle(
  context: Context,
  transactionId: string,
  answer: ReturnType<typeof wantedAnswer>,
  delay: number,
): Promise<void> {
  try {
    const shown = await claim(context, transactionId);
    context.output.answer(["", ...describe(shown)], { event: "shown", ...fieldsOf(shown) });
    if (answer === undefined) return;
    await pause(delay);
    if (answer === "approve") await giveApproval(context, shown, { event: "approved" });
    else await giveRefusal(context, shown, answer, { event: "refused", refused: answer });
  } catch (error) {
    if (!(error instanceof CommandFailure) || FINAL.has(error.code)) throw error;
    context.output.failure(error);
  }
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
