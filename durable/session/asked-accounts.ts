// What a session tells the person's accounts: its transaction, that it is over there, and that an account is the last one left.
import type { Environment } from "../../src/environment.ts";
import { isAnswered, isOpenToSeveral, offeredTransaction, type OfferVerdict, type Session } from "../../src/account/session.ts";

type Accounts = Environment["ACCOUNTS"];

const account = (accounts: Accounts, handle: string) => accounts.get(accounts.idFromString(handle));

/** By handle. */
export async function offerToAll(accounts: Accounts, session: Session): Promise<ReadonlyMap<string, OfferVerdict>> {
  const transaction = offeredTransaction(session);
  const asked = session.accounts.map(async ({ handle }): Promise<readonly [string, OfferVerdict]> => {
    try {
      const taken = await account(accounts, handle).offer(transaction);
      return [handle, taken.ok ? "accepted" : taken.failure];
    } catch (error) {
      console.error(`account ${handle} could not be asked:`, error);
      return [handle, "unreachable"];
    }
  });
  return new Map(await Promise.all(asked));
}

/** An account that does not hear it lets the transaction expire, and cannot claim it. */
export async function withdrawFrom(accounts: Accounts, { transaction }: Session, handles: readonly string[]): Promise<void> {
  await Promise.allSettled(handles.map((handle) => account(accounts, handle).withdraw(transaction.transactionId)));
}

/**
 * The one account that is left of several, `before` being what they were offered. Untold, it only asks whether it is to be used. Idempotent.
 */
export async function tellLastOne(accounts: Accounts, before: Session, after: Session): Promise<void> {
  const [last, ...others] = after.accounts;
  if (!isOpenToSeveral(before) || last === undefined || others.length > 0 || isAnswered(after, Date.now())) return;
  await Promise.allSettled([account(accounts, last.handle).askAlone(after.transaction.transactionId)]);
}
