// Which of the person's accounts a past request was of: the one that looks, another one of this browser, or one that is not here.
import type { HistoryEntry } from "../../protocol/history.ts";
import type { AccountView } from "./state.ts";

export interface PastAccount {
  /** `before`: of an account that ended here when one that is here took its place. */
  readonly place: "here" | "hereOther" | "hereBefore" | "elsewhere";
  /** Empty where a server of before does not say. */
  readonly documentNumber: string;
  /** Of this browser, and active: its PINs can be changed here. */
  readonly active: AccountView | undefined;
}

/** `looking`: id of the account with which the history was asked for. */
export function pastAccount(
  accounts: readonly AccountView[],
  looking: string,
  { here, account: documentNumber }: Pick<HistoryEntry, "here" | "account">,
): PastAccount {
  const found = accounts.find(({ id, state }) =>
    here ? id === looking : documentNumber !== undefined && state?.documentNumber === documentNumber,
  );
  const wasHere = documentNumber !== undefined && accounts.some(({ renewed }) => renewed === documentNumber);
  return {
    place: here ? "here" : found !== undefined ? "hereOther" : wasHere ? "hereBefore" : "elsewhere",
    documentNumber: documentNumber ?? found?.state?.documentNumber ?? "",
    active: found?.state?.status === "active" ? found : undefined,
  };
}
