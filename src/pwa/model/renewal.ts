// Renewal: a new account on this device, made as any other, and then the end of the one before it. Which account is renewed is kept with
// the new one, so that an app that was stopped in between goes on at its next start. The server looks at every part of it again.
import type { CertificateLevel } from "../../account/purpose.ts";
import { isAtLeast } from "../../account/purpose.ts";
import { closeForSuccessor } from "../../authenticator/renewal.ts";
import { reached } from "../reached.ts";
import type { Model } from "./model.ts";
import type { AccountView } from "./state.ts";
import { isAnswering } from "./store.ts";

/** Whether the account is closed when one of that person and level becomes active in its place. */
export const isSucceededBy = (before: AccountView, person: string, level: CertificateLevel | ""): boolean =>
  before.state?.status === "active" &&
  before.owner?.semanticsIdentifier === person &&
  (before.state.level === "" || (level !== "" && isAtLeast(level, before.state.level)));

/** Where the account is active: closes the one that it renews, and takes it off this device. Repeated with every answer until it worked. */
export async function finishRenewal(model: Model, id: string): Promise<void> {
  const { store, accounts, succeeding } = model;
  const account = store.account(id);
  if (account?.renews === undefined || account.state?.status !== "active" || succeeding.has(id)) return;
  succeeding.add(id);
  try {
    if (await isOver(model, account, account.renews)) await accounts.setOwn(id, { renews: undefined });
  } finally {
    succeeding.delete(id);
  }
}

/** Whether nothing is left to be done. */
async function isOver({ store, accounts }: Model, account: AccountView, renews: string): Promise<boolean> {
  const { id, owner, state, passkey, renewed } = account;
  const before = store.account(renews);
  if (before === undefined) return true;
  // Not asked yet: its answer comes.
  if (before.state === undefined) return false;
  if (before.state?.status === "closed") {
    if (before.state.closedReason === "renewed") await accounts.forget(renews);
    return true;
  }
  if (state === undefined || !isSucceededBy(before, owner?.semanticsIdentifier ?? "", state.level)) return true;
  const { screen } = store;
  // What the person answers with it comes first.
  if (isAnswering(screen) && screen.accountId === renews) return false;
  // Before it is asked for: an app that is stopped then knows its own doing when it is told of it. Once: what its person has said to a
  // passkey since stands, however often the end is asked for.
  if (renewed !== before.state.documentNumber) {
    const missesPasskey = before.passkey !== undefined && passkey === undefined;
    await accounts.setOwn(id, { renewed: before.state.documentNumber, ...(missesPasskey && { missesPasskey }) });
  }
  const closed = await reached(() => closeForSuccessor(accounts.client(renews), state.documentNumber));
  if (closed.ok || (closed.failure.code === "account_closed" && closed.failure.reason === "renewed")) {
    await accounts.forget(renews);
    return true;
  }
  // Another window has taken it off this device.
  if (closed.failure.code === "no_account") return true;
  if (!FINAL.includes(closed.failure.code)) return false;
  // Closed for another reason, or kept by the server: its own screens say how it is.
  await accounts.setOwn(id, { renewed: undefined, missesPasskey: undefined });
  return true;
}

/** `malformed`: a server of before knows no such end. The person can still delete the account. */
const FINAL: readonly string[] = ["account_closed", "unacceptable_successor", "malformed", "unknown_channel"];
