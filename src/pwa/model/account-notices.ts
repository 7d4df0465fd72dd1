// Notices of what happened to the person's other accounts: gone from the screen as soon as they were understood, for good, and told to
// the server as soon as it can be reached.
import { reached } from "../reached.ts";
import type { Model } from "./model.ts";
import type { KeyState } from "./state.ts";
import type { Store } from "./store.ts";

export async function dismissNotice(model: Model, accountId: string, noticeId: string): Promise<void> {
  const { store, accounts } = model;
  if (store.state.understood.includes(noticeId)) return;
  store.patch({ understood: [...store.state.understood, noticeId] });
  await accounts.keep(accountId);
  await tellUnderstood(model, accountId);
  await accounts.refresh(accountId);
}

/**
 * What this app itself did is no news to its person, and understood before it is shown: the end of the account that was renewed here, by
 * its document number. Whoever else closes an account that way is told of.
 */
export function understandOwnDoing(store: Store, accountId: string, { notices }: KeyState): void {
  const renewed = store.account(accountId)?.renewed;
  const own = notices.filter(
    (notice) => notice.kind === "closed" && notice.reason === "renewed" && notice.documentNumber === renewed,
  );
  if (own.length > 0) store.patch({ understood: [...new Set([...store.state.understood, ...own.map(({ id }) => id)])] });
}

/** Whatever else goes wrong, a look at the account finds it too. */
export async function tellUnderstood({ store, accounts }: Model, accountId: string): Promise<void> {
  const ids = (store.account(accountId)?.state?.notices ?? [])
    .map(({ id }) => id)
    .filter((id) => store.state.understood.includes(id));
  if (ids.length > 0) await reached(() => accounts.client(accountId).call("dismissNotices", () => ({ ids })));
}
