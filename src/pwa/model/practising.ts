// Which requests the person practises with: told from others by what was claimed, never by a name that the server gives.
import { isPractice, isPracticeOf } from "../../authenticator/practice.ts";
import type { ClaimedTransaction } from "../../protocol/claimed-transaction.ts";
import type { Model } from "./model.ts";

/**
 * False where something else came under the id of a practice, a real login say, which the person would confirm as nobody's. Remembers
 * a practice that another window began, or this one before it was loaded anew.
 */
export function isAsPractised({ practising }: Model, claimed: ClaimedTransaction): boolean {
  const drawn = practising.get(claimed.transactionId);
  if (drawn !== undefined) return isPracticeOf(drawn, claimed);
  if (isPractice(claimed)) practising.set(claimed.transactionId, claimed.rpChallenge);
  return true;
}
