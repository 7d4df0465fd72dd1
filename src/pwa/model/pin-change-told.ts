// What came of a change of a PIN reaches its person: on the screen of the change, where certificates were late, or at home; there it stays
// until it is known and was read.
import { inBackground, type Model } from "./model.ts";
import { pinChangeNews } from "./pin-change-news.ts";

/** The server answered: certificates that were late may be there, and what was begun before a reload may be known. */
export function followPinChange(model: Model, accountId: string): void {
  const { store, accounts } = model;
  const { screen } = store;
  if (screen.name !== "pin-changed" || screen.accountId !== accountId || screen.end !== "late") return;
  const account = store.account(accountId);
  const news = account && pinChangeNews(account);
  if (news !== "changed" && news !== "unchanged") return;
  store.stay({ ...screen, end: news === "changed" ? "changed" : "given-up" });
  inBackground(accounts.setPinChange(accountId, undefined));
}

/** The person has read what came of it. What is not known yet, or goes on in another window, stays. */
export async function dismissPinChange({ store, accounts }: Model, accountId: string): Promise<void> {
  const account = store.account(accountId);
  const news = account && pinChangeNews(account);
  if (account?.pinChange === undefined || (news !== "changed" && news !== "unchanged")) return;
  await accounts.forgetPinChange(accountId, account.pinChange);
}
