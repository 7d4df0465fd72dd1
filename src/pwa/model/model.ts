// What the actions work on: the store, the accounts, and the little that is remembered besides. Also the ways between screens that
// several of them share.
import type { Result } from "../../account/result.ts";
import type { ChannelFailure } from "../../authenticator/channel-client.ts";
import type { Refusal } from "../../authenticator/transactions.ts";
import { networkMayBeBack } from "../network-wait.ts";
import type { Unreachable } from "../reached.ts";
import type { Accounts } from "./accounts.ts";
import type { Attempts } from "./attempts.ts";
import type { Consequence } from "./consequence.ts";
import { OtherWindows } from "./other-windows.ts";
import { Preparing } from "./preparing.ts";
import type { Seen } from "./scan.ts";
import type { ArrivedLink, Problem } from "./screen-parts.ts";
import type { AccountView } from "./state.ts";
import { isBusy, type Store } from "./store.ts";
import { WaysBack } from "./ways-back.ts";

/** What came of telling the server that the person refuses. */
export type Refused = Result<unknown, ChannelFailure | Unreachable>;

export interface Model {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly attempts: Attempts;
  /** Requests that the person went away from without an answer: not opened again by themselves. */
  readonly leftAlone: Set<string>;
  /** What the person answered and the server has not heard yet. */
  readonly refusals: Map<string, Refusal>;
  /** What it is being told now, by request. */
  readonly refusing: Map<string, Promise<Refused>>;
  /** How many wrong codes were typed for a request: going away and coming back does not bring tries back. */
  readonly wrongCodes: Map<string, number>;
  /** The account whose renewal the person has begun, until its enrolment is. */
  renewing: string | undefined;
  /** Accounts whose renewal is being brought to its end now. */
  readonly succeeding: Set<string>;
  /** Accounts that `keepAsking` asks for now. */
  readonly asking: Set<string>;
  readonly waysBack: WaysBack;
  readonly windows: OtherWindows;
  readonly preparing: Preparing;
  readonly seen: Seen;
  /** Ids of requests that the person practises with, and the `rpChallenge` of each. */
  readonly practising: Map<string, string>;
  /** The request that is being claimed. */
  opening: string | undefined;
  /** Found no account here: opened when the person has made one. */
  unopened: ArrivedLink | undefined;
}

/** At a start: nothing is remembered. */
export const newModel = (parts: Pick<Model, "store" | "accounts" | "attempts">): Model => ({
  ...parts,
  leftAlone: new Set(),
  refusals: new Map(),
  refusing: new Map(),
  wrongCodes: new Map(),
  renewing: undefined,
  succeeding: new Set(),
  asking: new Set(),
  waysBack: new WaysBack(),
  windows: new OtherWindows(),
  preparing: new Preparing(),
  seen: { text: "", over: new Set() },
  practising: new Map(),
  opening: undefined,
  unopened: undefined,
});

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

/**
 * Asks for the account, after pauses that grow, while the screen waits for what the server says of it; that finds its own way. One loop
 * for an account: every answer may ask for it anew.
 */
export async function keepAsking(model: Model, accountId: string): Promise<void> {
  const { store, accounts, asking } = model;
  if (asking.has(accountId)) return;
  asking.add(accountId);
  try {
    for (let failures = 0; isAwaited(model, accountId); failures++) {
      const left = new AbortController();
      store.whenLeft(() => left.abort());
      await networkMayBeBack(failures, left.signal);
      if (isAwaited(model, accountId)) await accounts.refresh(accountId);
    }
  } finally {
    asking.delete(accountId);
  }
}

/** A start, certificates, or the fate of an attempt whose answer was lost. */
function isAwaited({ store, attempts }: Model, accountId: string): boolean {
  const { screen, state } = store;
  switch (screen.name) {
    case "starting":
      return state.selected === accountId;
    case "pin-changed":
      return screen.accountId === accountId && screen.end === "late";
    case "application":
      return state.selected === accountId && (isBusy(screen) || attempts.isLost(screen.application.transactionId));
    case "transaction":
    case "pin":
    case "certificate-choice":
      return screen.accountId === accountId && attempts.isLost(screen.claimed.transactionId);
    default:
      return false;
  }
}

/** A part of the app did not load: nothing was tried, and what the person was doing stays open. */
export function askToReload({ store }: Model): Problem {
  store.patch({ updateReady: true });
  return { kind: "reload" };
}

/** For what nobody waits for: a failure that nobody expected is said to whoever looks at the console. */
export function inBackground(work: Promise<unknown>): void {
  work.catch((error: unknown) => console.error(error));
}
