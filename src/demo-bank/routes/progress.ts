// The long poll between a waiting page and the bank, which itself waits at the API.
import type { BankFailure } from "../failure.ts";
import type { BankContext } from "./browser.ts";

/** `over`: there is news, and the page's `continue` leads to it. A failure: nobody knows yet, ask again. */
export type Progress = "running" | "over" | BankFailure;

/** A browser gives up on its own after a while; a proxy after less. */
const LONG_LOOK_MILLISECONDS = 25_000;
/** The shortest that the API takes. */
export const QUICK_LOOK_MILLISECONDS = 1_000;

/** `{"progress":"running"|"over"|"trouble"}`; the address of what comes next is the page's own affair. */
export async function statusAnswer(context: BankContext, look: (wait: number) => Promise<Progress>): Promise<Response> {
  const progress = await look(LONG_LOOK_MILLISECONDS);
  return context.json({ progress: progress === "running" || progress === "over" ? progress : "trouble" });
}
