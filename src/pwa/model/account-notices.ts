// Notices of what happened to the person's other accounts: gone from the screen as soon as they were understood, for good, and told to
// the server as soon as it can be reached.
import { reached } from "../reached.ts";
import type { AccountNotice } from "../../protocol/device-messages.ts";
import { parseDocumentNumber } from "../../protocol/document-number.ts";
import { isEnrolling, type Model } from "./model.ts";
import type { AccountView, AppState, KeyState } from "./state.ts";
import type { Store } from "./store.ts";

const TIME_TO_HEAR_MS = 60_000;

export async function dismissNotice(model: Model, accountId: string, noticeId: string): Promise<void> {
  const { store, accounts } = model;
  if (store.state.understood.includes(noticeId)) return;
  store.patch({ understood: [...store.state.understood, noticeId] });
  await accounts.keep(accountId);
  await tellUnderstood(model, accountId);
  await accounts.refresh(accountId);
}

/**
 * What this app itself did is no news to its person, and understood before it is shown: the end of the account that was renewed here, and
 * accounts that were made here, each by its document number. Whoever else closes or makes one is told of. `heard`: of that account, now.
 */
export function understandOwnDoing(store: Store, accountId: string, heard: KeyState): void {
  const accounts = store.state.accounts.map((account) => (account.id === accountId ? { ...account, state: heard } : account));
  const own = accounts.flatMap(({ state, renewed }) =>
    (state?.notices ?? []).filter((notice) => isOwn(notice, renewed, accounts)),
  );
  if (own.length > 0) store.patch({ understood: [...new Set([...store.state.understood, ...own.map(({ id }) => id)])] });
}

function isOwn(notice: AccountNotice, renewed: string | undefined, accounts: readonly AccountView[]): boolean {
  if (notice.kind === "new_account") return isHere(accounts, notice);
  return notice.kind === "closed" && notice.reason === "renewed" && notice.documentNumber === renewed;
}

/** The account that it is about is one of this browser's. */
export const isHere = (accounts: readonly AccountView[], { documentNumber }: AccountNotice): boolean =>
  accounts.some(({ state }) => state?.documentNumber === documentNumber);

/** A new account that is none of those that this window knows of: another window may have made it. */
export const tellsOfUnknown = ({ accounts, understood }: AppState, { notices }: KeyState): boolean =>
  notices.some((notice) => notice.kind === "new_account" && !understood.includes(notice.id) && !isHere(accounts, notice));

/** What is shown of an account's notices: also where nothing was heard since a reload. `now`: by the server's clock. */
export function noticesToShow({ accounts, understood }: AppState, account: AccountView, now: number): AccountNotice[] {
  const { state, renewed } = account;
  const isHeldBack = (notice: AccountNotice): boolean =>
    notice.kind === "new_account" && accounts.some((other) => mayBecome(other, notice, now));
  return (state?.notices ?? []).filter(
    (notice) => !understood.includes(notice.id) && !isOwn(notice, renewed, accounts) && !isHeldBack(notice),
  );
}

/**
 * An account of that person that is being made here learns its document number last of all: until then the notice may be about it. Before
 * its application is known to be signed that is believed for a minute only: somebody else may be making theirs just now.
 */
function mayBecome(account: AccountView, { documentNumber, at }: AccountNotice, now: number): boolean {
  const person = parseDocumentNumber(documentNumber)?.semanticsIdentifier;
  if (!isEnrolling(account) || person === undefined || account.owner?.semanticsIdentifier !== person) return false;
  return account.state?.status === "issuing" || now < at + TIME_TO_HEAR_MS;
}

/** Whatever else goes wrong, a look at the account finds it too. */
export async function tellUnderstood({ store, accounts }: Model, accountId: string): Promise<void> {
  const ids = (store.account(accountId)?.state?.notices ?? [])
    .map(({ id }) => id)
    .filter((id) => store.state.understood.includes(id));
  if (ids.length > 0) await reached(() => accounts.client(accountId).call("dismissNotices", () => ({ ids })));
}
