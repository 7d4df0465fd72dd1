// A device link that was opened as an address: with the one account of this browser, with the one that the person chooses, or with none,
// where it is said what to do. What it says is the server's to judge.
import { openDeviceLink } from "../../authenticator/transactions.ts";
import type { ClaimedTransaction } from "../../protocol/claimed-transaction.ts";
import { ANSWER_BODIES } from "../../protocol/device-messages.ts";
import type { Result } from "../../account/result.ts";
import { failed, success } from "../../account/result.ts";
import type { ChannelFailure, Settled } from "../../authenticator/channel-client.ts";
import { reached, type Unreachable } from "../reached.ts";
import { type Arrival, dropLink, noteSent, readLink } from "./arriving-link.ts";
import { type Attempted, consequenceOf } from "./consequence.ts";
import { follow, goHome, isActive, isEnrolling, type Model } from "./model.ts";
import { showNext } from "./next.ts";
import type { ArrivedLink } from "./screen-parts.ts";
import { showClaimed } from "./transactions.ts";

/** At a start. */
export async function arrive(model: Model, arrival: Arrival): Promise<void> {
  const { store } = model;
  const link = readLink(arrival.text);
  if (typeof link === "string") {
    dropLink();
    return store.go({ name: "outcome", outcome: "link-broken" });
  }
  // Whoever began elsewhere can send somebody the code of this moment: only the camera shows that the person is in front of it.
  if (link.deviceLinkType === "QR") {
    dropLink();
    return store.go({ name: "outcome", outcome: "link-to-scan" });
  }
  const sentWith = arrival.sentWith === undefined ? undefined : store.account(arrival.sentWith);
  if (sentWith !== undefined && isActive(sentWith)) return openLink(model, sentWith.id, link, { isResent: true });
  return whoseLink(model, link);
}

/** An account that was just finished may not be known as active yet: the server is asked before it is said that there is none. */
export async function whoseLink(model: Model, link: ArrivedLink): Promise<void> {
  const { store, accounts } = model;
  if (!store.state.accounts.some(isActive) && store.state.accounts.some(isEnrolling)) {
    store.go({ name: "link-opening", accountId: undefined, link, busy: true });
    const here = store.visit();
    await accounts.refreshAll();
    if (!here()) return;
  }
  const [first, ...others] = store.state.accounts.filter(isActive);
  if (first === undefined) {
    return store.go({ name: "no-account", link, enrolling: store.state.accounts.some(isEnrolling) });
  }
  if (others.length > 0) return store.go({ name: "link-accounts", link, tried: [], rescan: false });
  await openLink(model, first.id, link);
}

/** In memory only: a reload goes on with the account, and nothing else. A code that was scanned is too old by then. */
export function keepForNewAccount(model: Model): void {
  const { screen } = model.store;
  if (screen.name === "no-account" || (screen.name === "link-accounts" && !screen.rescan)) model.unopened = screen.link;
  dropLink();
}

interface Opening {
  /** A page of before a reload may have sent it. */
  readonly isResent?: boolean;
  /** Accounts that it is not for. */
  readonly tried?: readonly string[];
}

export async function openLink(model: Model, accountId: string, link: ArrivedLink, opening: Opening = {}): Promise<void> {
  const { store } = model;
  const { isResent = false, tried = [] } = opening;
  store.patch({ selected: accountId });
  store.go({ name: "link-opening", accountId, link, busy: true });
  noteSent(accountId);
  const here = store.visit();
  const claimed =
    (isResent ? await earlierAnswer(model, accountId, link) : undefined) ?? (await claimLink(model, accountId, link));
  if (!here()) return;
  if (claimed.ok) {
    dropLink();
    return showClaimed(model, accountId, claimed.value);
  }
  const { failure } = claimed;
  if (failure.code === "unreachable") {
    return store.stay({ name: "link-opening", accountId, link, busy: false, problem: { kind: "unreachable" } });
  }
  if (failure.code === "not_for_this_account") {
    noteSent(undefined);
    return store.go({ name: "link-accounts", link, tried: [...tried, accountId], rescan: false });
  }
  dropLink();
  // Another window heard the answer to what was sent before: the request stands in the list.
  const known = isResent ? new Set(waitingIds(model, accountId)) : undefined;
  if (known !== undefined && (await isListed(model, accountId, known)) && here()) {
    goHome(model);
    return showNext(model);
  }
  if (here()) await follow(model, accountId, consequenceOf(failure, attemptedWith(accountId, link)), () => goHome(model));
}

export const attemptedWith = (accountId: string, { sessionType }: ArrivedLink): Attempted => ({
  accountId,
  purpose: sessionType === "auth" ? "auth" : "sign",
});

/** Nothing that is older than the answer may say afterwards that no such request waits: the account is asked once more. */
export async function claimLink(
  { accounts }: Model,
  accountId: string,
  link: ArrivedLink,
): Promise<Result<ClaimedTransaction, ChannelFailure | Unreachable>> {
  const claimed = await reached(() => openDeviceLink(accounts.client(accountId), link.text));
  if (claimed.ok) await accounts.refresh(accountId);
  return claimed;
}

/** To what was sent before a reload; undefined where it never arrived, or nobody knows. */
async function earlierAnswer(
  { accounts }: Model,
  accountId: string,
  link: ArrivedLink,
): Promise<Result<ClaimedTransaction, ChannelFailure | Unreachable> | undefined> {
  const settled = await reached<Settled | undefined, never>(async () => success(await accounts.client(accountId).settle()));
  if (!settled.ok) return settled;
  const answer = answerIn(settled.value, link);
  if (answer?.ok === true) await accounts.refresh(accountId);
  return answer;
}

function answerIn(
  settled: Settled | undefined,
  { sessionToken }: ArrivedLink,
): Result<ClaimedTransaction, ChannelFailure> | undefined {
  if (settled?.received !== true || settled.request.operation !== "openDeviceLink") return undefined;
  // Of another link, which the person left meanwhile.
  if (settled.request.transactionId !== sessionToken) return undefined;
  const { outcome } = settled;
  if (!outcome.ok) return outcome.failure.code === "refused" ? undefined : outcome;
  const claimed = ANSWER_BODIES.openDeviceLink.safeParse(outcome.value);
  return claimed.success ? success(claimed.data) : failed({ code: "server_error" });
}

const waitingIds = ({ store }: Model, accountId: string): readonly string[] =>
  store.account(accountId)?.waiting.map(({ transactionId }) => transactionId) ?? [];

/** Whether something waits that did not wait before. */
async function isListed(model: Model, accountId: string, known: ReadonlySet<string>): Promise<boolean> {
  await model.accounts.refresh(accountId);
  return waitingIds(model, accountId).some((transactionId) => !known.has(transactionId));
}

/** From the chooser. A code that was scanned is too old by now, and is scanned again. */
export async function openLinkWith(model: Model, accountId: string): Promise<void> {
  const { store } = model;
  const { screen } = store;
  const account = store.account(accountId);
  if (screen.name !== "link-accounts" || account === undefined || !isActive(account)) return;
  const { link, tried, rescan } = screen;
  if (!rescan) return openLink(model, accountId, link, { tried });
  store.patch({ selected: accountId });
  store.go({ name: "scan", accountId, busy: false });
}

export async function retryLink(model: Model): Promise<void> {
  const { screen } = model.store;
  if (screen.name !== "link-opening" || screen.busy || screen.accountId === undefined) return;
  await openLink(model, screen.accountId, screen.link, { isResent: true });
}
