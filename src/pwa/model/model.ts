// What the actions work on: the store, the accounts, and the little that is remembered besides. Also the ways between screens that
// several of them share.
import type { Refusal } from "../../authenticator/transactions.ts";
import { networkMayBeBack } from "../network-wait.ts";
import type { Accounts } from "./accounts.ts";
import type { Consequence } from "./consequence.ts";
import type { AccountView, Problem } from "./state.ts";
import type { Store } from "./store.ts";

export interface Model {
  readonly store: Store;
  readonly accounts: Accounts;
  /** Requests that the person went away from without an answer: not opened again by themselves. */
  readonly leftAlone: Set<string>;
  /** The three codes of each request that has them: drawn again, the right one would be the one that stays. */
  readonly codes: Map<string, readonly string[]>;
  /** What the person answered and the server has not heard yet. */
  readonly refusals: Map<string, Refusal>;
  /** The request that is being claimed. */
  opening: string | undefined;
  /** Of the person whose account is being made, while PINs are chosen: account and `YYYY-MM-DD`. Never written down. */
  stated: { readonly accountId: string; readonly dateOfBirth: string } | undefined;
}

export const isActive = ({ state }: AccountView): boolean => state?.status === "active";

/** An account that never was active; the server may not have been asked yet. */
export const isEnrolling = ({ state }: AccountView): boolean => state?.status !== "active" && state?.status !== "closed";

/** The one whose enrolment goes on: there is never a second before the first is active or given up. */
export const enrollingAccount = ({ store }: Model): AccountView | undefined => store.state.accounts.find(isEnrolling);

/** Where the person belongs when nothing is asked of them. */
export function goHome({ store }: Model, check: "idle" | "unreachable" = "idle"): void {
  const { accounts, selected } = store.state;
  const account = accounts.find(({ id, state }) => id === selected && state?.status === "active") ?? accounts.find(isActive);
  if (account === undefined) return store.go({ name: "welcome", canGoBack: false });
  store.patch({ selected: account.id });
  store.go({ name: "home", check });
}

/** Follows a failure. `again`: what is shown where the person stays. */
export async function follow(
  model: Model,
  accountId: string,
  consequence: Consequence,
  again: (problem: Problem | undefined, attemptsLeft: number | undefined) => void,
): Promise<void> {
  switch (consequence.kind) {
    case "screen":
      return model.store.go(consequence.screen);
    case "again":
      return again(consequence.problem, consequence.attemptsLeft);
    case "gone":
      await model.accounts.forget(accountId);
      return goHome(model);
  }
}

/** Asks for the account again and again until the server answers or the person goes elsewhere; what it says finds its way. */
export async function keepAsking({ store, accounts }: Model, accountId: string): Promise<void> {
  const here = store.visit();
  const left = new AbortController();
  store.whenLeft(() => left.abort());
  for (let failures = 0; here(); failures++) {
    await networkMayBeBack(failures, left.signal);
    if (!here() || (await accounts.refresh(accountId)).kind !== "unreachable") return;
  }
}

/** For what nobody waits for: a failure that nobody expected is said to whoever looks at the console. */
export function inBackground(work: Promise<unknown>): void {
  work.catch((error: unknown) => console.error(error));
}

/** The server gave the enrolment up: after an hour it knows nothing of the account. */
export async function enrolmentOver(model: Model, accountId: string): Promise<void> {
  await model.accounts.forget(accountId);
  model.store.go({ name: "identity", busy: false, problem: { kind: "enrolment-over" } });
}
