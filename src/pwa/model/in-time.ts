// A request in front of the person whose time runs out.
import type { ListedTransaction } from "../../authenticator/transactions.ts";
import { ended } from "./fate.ts";
import type { Model } from "./model.ts";
import type { Screen } from "./state.ts";
import { isAnswering, isBusy } from "./store.ts";

type Request = Pick<ListedTransaction, "transactionId" | "expiresAt" | "purpose" | "relyingPartyName">;

/** Says in time that the time is over; an answer that is on its way is left to the server. */
export function endInTime(model: Model, accountId: string, request: Request): void {
  const { store, attempts, waysBack, leftAlone } = model;
  const { transactionId, expiresAt, purpose, relyingPartyName } = request;
  const over = (): void => {
    if (requestOn(store.screen)?.transactionId !== transactionId || isBusy(store.screen)) return;
    leftAlone.add(transactionId);
    const kind = attempts.isLost(transactionId) ? "interrupted" : "timed-out";
    const ending = { name: "outcome", outcome: kind, purpose, relyingPartyName } as const;
    // What became of an attempt may still be heard, and told.
    store.go(kind === "interrupted" ? waysBack.from(transactionId, ending) : ended(model, transactionId, ending));
  };
  setTimeout(over, Math.max(0, expiresAt - (store.account(accountId)?.clockSkew ?? 0) - Date.now()));
}

/** The request that the person looks at. */
export function requestOn(screen: Screen): Request | undefined {
  if (screen.name === "use-device") return screen.request;
  return isAnswering(screen) ? screen.claimed : undefined;
}
