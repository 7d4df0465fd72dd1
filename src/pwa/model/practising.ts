// Which requests the person practises with: told from others by what was claimed, never by a name that the server gives. The last one
// outlives a reload of the page: what became of it may be heard only then.
import { isPractice, isPracticeOf } from "../../authenticator/practice.ts";
import type { ClaimedTransaction } from "../../protocol/claimed-transaction.ts";
import { readTab, writeTab } from "../storage/tab-storage.ts";
import type { Model } from "./model.ts";

/** `rpChallenge`: base64, as this device drew it. */
interface Practice {
  readonly transactionId: string;
  readonly rpChallenge: string;
}

export function rememberPractice({ practising }: Model, { transactionId, rpChallenge }: Practice): void {
  practising.set(transactionId, rpChallenge);
  writeTab("practice", { transactionId, rpChallenge } satisfies Practice);
}

/** To be called at a start. */
export function restorePractice({ practising }: Model): void {
  const kept = readTab("practice");
  if (typeof kept !== "object" || kept === null) return;
  const { transactionId, rpChallenge } = kept as Readonly<Partial<Record<keyof Practice, unknown>>>;
  if (typeof transactionId === "string" && typeof rpChallenge === "string") practising.set(transactionId, rpChallenge);
}

/**
 * False where something else came under the id of a practice, a real login say, which the person would confirm as nobody's. Remembers
 * a practice that another window began, or this one before it was loaded anew.
 */
export function isAsPractised(model: Model, claimed: ClaimedTransaction): boolean {
  const drawn = model.practising.get(claimed.transactionId);
  if (drawn !== undefined) return isPracticeOf(drawn, claimed);
  if (isPractice(claimed)) rememberPractice(model, claimed);
  return true;
}
