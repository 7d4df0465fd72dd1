// An account as a whole: looked at, deleted, taken off this device.
import { ChannelClient } from "../../authenticator/channel-client.ts";
import type { DeviceRecord, DeviceStorage } from "../../authenticator/device-record.ts";
import { reached } from "../reached.ts";
import { server } from "../server.ts";
import { closedReason, consequenceOf } from "./consequence.ts";
import { follow, goHome, inBackground, isActive, isEnrolling, type Model } from "./model.ts";
import { isBusy } from "./store.ts";

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
  const { accountId, from } = screen;
  store.stay({ name: "delete-account", accountId, from, busy: true });
  const closed = await reached(() => accounts.client(accountId).call("revokeKey", () => ({})));
  if (!closed.ok) {
    return follow(model, accountId, consequenceOf(closed.failure, { accountId }), (problem = { kind: "failed" }) =>
      store.stay({ name: "delete-account", accountId, from, busy: false, problem }),
    );
  }
  store.go({ name: "closed", accountId, reason: "owner" });
  // Known also at a start without a network.
  await accounts.refresh(accountId);
}

/** A closed account, or one whose enrolment the person gives up; not while something of it is on its way to the server. */
export async function removeFromDevice(model: Model): Promise<void> {
  const { store, accounts } = model;
  const { screen } = store;
  const accountId = screen.name === "closed" ? screen.accountId : store.state.selected;
  const account = accountId === undefined ? undefined : store.account(accountId);
  // Another window was faster.
  if (account === undefined && screen.name === "closed") return goHome(model);
  if (account === undefined || isBusy(screen) || (screen.name !== "closed" && !isEnrolling(account))) return;
  // Ends the making of keys, which holds the account.
  if (screen.name === "making-keys") store.go({ name: "starting" });
  const record = await accounts.forget(account.id);
  if (isEnrolling(account) && record !== undefined) inBackground(revoke(record));
  goHome(model);
}

/** It may be further along than this device has heard. Where the server cannot be told, it ends what is not finished in an hour. */
async function revoke(record: DeviceRecord): Promise<void> {
  await reached(() => new ChannelClient(server, keptInMemory(record)).call("revokeKey", () => ({})));
}

function keptInMemory(record: DeviceRecord): DeviceStorage {
  let current: DeviceRecord | undefined = record;
  return {
    async read() {
      return current;
    },
    async write(changed) {
      current = changed;
    },
    async remove() {
      current = undefined;
    },
    exclusively: (work) => work(),
  };
}
