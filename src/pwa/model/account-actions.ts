// An account as a whole: looked at, deleted, taken off this device.
import { reached } from "../reached.ts";
import { closedReason, consequenceOf } from "./consequence.ts";
import { follow, goHome, isActive, isEnrolling, type Model } from "./model.ts";

export async function selectAccount(model: Model, id: string): Promise<void> {
  const { store, accounts } = model;
  const account = store.account(id);
  if (account === undefined) return;
  store.patch({ selected: id });
  if (isActive(account)) goHome(model);
  else if (isEnrolling(account)) store.go({ name: "starting" });
  else store.go({ name: "closed", accountId: id, reason: closedReason(account.state?.closedReason ?? "") });
  await accounts.refresh(id);
}

/** Closes it at the server: its certificates are revoked. */
export async function deleteAccount(model: Model): Promise<void> {
  const { store, accounts } = model;
  const { screen } = store;
  if (screen.name !== "delete-account" || screen.busy) return;
  const { accountId } = screen;
  store.stay({ name: "delete-account", accountId, busy: true });
  const closed = await reached(() => accounts.client(accountId).call("revokeKey", () => ({})));
  if (!closed.ok) {
    return follow(model, accountId, consequenceOf(closed.failure, { accountId }), (problem = { kind: "failed" }) =>
      store.stay({ name: "delete-account", accountId, busy: false, problem }),
    );
  }
  store.go({ name: "closed", accountId, reason: "owner" });
  // Known also at a start without a network.
  await accounts.refresh(accountId);
}

/** A closed account, or one whose enrolment the person gives up. The server is not told: it ends what is not finished in an hour. */
export async function removeFromDevice(model: Model): Promise<void> {
  const { store, accounts } = model;
  const { screen } = store;
  const accountId = screen.name === "closed" ? screen.accountId : store.state.selected;
  const account = accountId === undefined ? undefined : store.account(accountId);
  if (account === undefined || (screen.name !== "closed" && !isEnrolling(account))) return;
  await accounts.forget(account.id);
  goHome(model);
}
