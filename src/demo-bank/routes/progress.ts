// The long poll between a waiting page and the bank, which itself waits at the API.
import { type BankFailure, isBankFailure } from "../failure.ts";
import type { BankContext } from "./browser.ts";

/**
 * `over`: there is news, and the page's `continue` leads to it. `confirmed`: on the device of the browser, which has not come back from
 * the authenticator yet. A failure: nobody knows yet, ask again.
 */
export type Progress = "running" | "confirmed" | "over" | BankFailure;

/** A browser gives up on its own after a while; a proxy after less. */
const LONG_LOOK_MILLISECONDS = 25_000;
/** The shortest that the API takes. */
export const QUICK_LOOK_MILLISECONDS = 1_000;

/** `{"progress":"running"|"confirmed"|"over"|"trouble"}`; the address of what comes next is the page's own affair. */
export async function statusAnswer(context: BankContext, look: (wait: number) => Promise<Progress>): Promise<Response> {
  const progress = await look(LONG_LOOK_MILLISECONDS);
  return context.json({ progress: isBankFailure(progress) ? "trouble" : progress });
}
