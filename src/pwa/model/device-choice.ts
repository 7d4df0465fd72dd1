// A request that waits on several accounts of the person, on other devices or in this browser: nobody takes it before the person has said
// which one they use.
import type { ListedTransaction } from "../../authenticator/transactions.ts";
import { answeredThere, ended } from "./fate.ts";
import { endInTime } from "./in-time.ts";
import { inBackground, isActive, type Model } from "./model.ts";
import { tellRefusal } from "./refusals.ts";
import type { AccountView, AppState, KeyState, Screen } from "./state.ts";
import { openTransaction } from "./transactions.ts";

type UseDevice = Extract<Screen, { readonly name: "use-device" }>;

/** Asks first where there is a choice. What was refused already, and the server did not hear, is refused again. */
export async function openListed(model: Model, accountId: string, transactionId: string): Promise<void> {
  const listed = listedOn(model.store.account(accountId), transactionId);
  if (listed?.amongSeveral !== true || model.refusals.has(transactionId)) return openTransaction(model, accountId, transactionId);
  model.store.patch({ selected: accountId });
  model.store.go({ name: "use-device", accountId, request: listed, busy: false });
  endInTime(model, accountId, listed);
}

/** The accounts of this browser on which the same request waits. */
export const choosable = ({ accounts }: Pick<AppState, "accounts">, transactionId: string): readonly AccountView[] =>
  accounts.filter((account) => isActive(account) && listedOn(account, transactionId) !== undefined);

const listedOn = (account: AccountView | undefined, transactionId: string): ListedTransaction | undefined =>
  account?.waiting.find((waiting) => waiting.transactionId === transactionId);

export async function useDevice(model: Model, accountId: string): Promise<void> {
  const { screen, state } = model.store;
  if (screen.name !== "use-device" || screen.busy) return;
  const { transactionId } = screen.request;
  if (choosable(state, transactionId).some(({ id }) => id === accountId)) await openTransaction(model, accountId, transactionId);
}

/** The request is over on every device. */
export async function refuseOnAll(model: Model): Promise<void> {
  const { store } = model;
  const { screen } = store;
  if (screen.name !== "use-device" || screen.busy) return;
  const { accountId, request } = screen;
  const { transactionId, purpose, relyingPartyName } = request;
  store.stay({ ...screen, busy: true });
  await tellRefusal(model, transactionId, "USER_REFUSED_CERT_CHOICE", { accountId, purpose, relyingPartyName });
}

/** What any account was told of it. Another window may have taken it for this device, or be left as the only one. */
export function duringChoice(model: Model, screen: UseDevice, { now }: KeyState): void {
  const { store } = model;
  const { transactionId, purpose, relyingPartyName, expiresAt } = screen.request;
  const left = choosable(store.state, transactionId);
  const [first] = left;
  if (first === undefined) {
    const outcome = now >= expiresAt ? "timed-out" : "answered-elsewhere";
    const there = answeredThere(model, transactionId, screen.request);
    return store.go(ended(model, transactionId, there ?? { name: "outcome", outcome, purpose, relyingPartyName }));
  }
  const decided = left.find((account) => listedOn(account, transactionId)?.amongSeveral !== true);
  if (decided !== undefined) return inBackground(openTransaction(model, decided.id, transactionId));
  if (!left.some(({ id }) => id === screen.accountId)) store.stay({ ...screen, accountId: first.id });
}
