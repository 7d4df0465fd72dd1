// The person's history as the server keeps it: looked at in pages, an entry disowned, a relying party allowed again. Nothing of it is kept
// on the device: without the network there is none.
import type { Result } from "../../account/result.ts";
import type { ChannelClient, ChannelFailure } from "../../authenticator/channel-client.ts";
import { askHistory } from "../../authenticator/history.ts";
import type { HistoryEntry, RefusedParty } from "../../protocol/history.ts";
import { pauseAfter } from "../pause.ts";
import { reached, type Unreachable } from "../reached.ts";
import { consequenceOf } from "./consequence.ts";
import { follow, goHome, type Model } from "./model.ts";
import { showNext } from "./next.ts";
import type { Problem } from "./screen-parts.ts";
import type { Screen } from "./state.ts";

/** Entries of one page: what a phone shows in two or three screens. */
const PAGE = 20;
/** How often an entry that should be there is asked for again: some seconds in all. */
const PATIENCE = 3;

/** As much of it as was fetched. */
export interface HistoryList {
  /** Newest first. */
  readonly entries: readonly HistoryEntry[];
  readonly more: boolean;
  readonly refused: readonly RefusedParty[];
}

export type HistoryScreen =
  /** `list`: undefined until it was fetched. `opened`: the entry from which the person comes back, or the first of those that were `added`. */
  | {
      readonly name: "history";
      readonly accountId: string;
      readonly list: HistoryList | undefined;
      readonly busy: boolean;
      readonly problem?: Problem;
      readonly opened?: string;
      /** How many older ones came last. */
      readonly added?: number;
    }
  | { readonly name: "history-entry"; readonly accountId: string; readonly list: HistoryList; readonly entry: HistoryEntry }
  /** "I did not start this". `done`: what to do next; `refused`: its party's requests are refused from now on. */
  | {
      readonly name: "disown";
      readonly accountId: string;
      readonly list: HistoryList;
      readonly entry: HistoryEntry;
      readonly step: "ask" | "done";
      readonly refused: boolean;
      readonly busy: boolean;
      readonly problem?: Problem;
    };

type On<Name extends HistoryScreen["name"]> = Extract<Screen, { readonly name: Name }>;

/** From home, and again where it could not be fetched. `wanted`: an entry that may not be there at once. */
export async function openHistory(model: Model, accountId: string, wanted?: string): Promise<void> {
  const { store, accounts } = model;
  store.go({ name: "history", accountId, list: undefined, busy: true });
  const here = store.visit();
  const client = accounts.client(accountId);
  const parties = await reached(() => client.call("listRefusedParties", () => ({})));
  const page = parties.ok ? await newestPage(client, wanted) : parties;
  if (!here()) return;
  if (!parties.ok || !page.ok) return failed(model, accountId, page, (problem) => stayWith(model, { problem }));
  const list: HistoryList = { ...page.value, refused: parties.value.parties };
  stayWith(model, { list });
}

/** What became of a request travels to the history behind the answer to the device: an entry that is not there yet is asked for again. */
async function newestPage(client: ChannelClient, wanted: string | undefined) {
  const fetch = () => reached(() => askHistory(client, { limit: PAGE }));
  let page = await fetch();
  if (wanted === undefined) return page;
  for (let failures = 0; failures < PATIENCE; failures++) {
    if (!page.ok || page.value.entries.some(({ id }) => id === wanted)) break;
    await new Promise((resolve) => setTimeout(resolve, pauseAfter(failures, Math.random)));
    page = await fetch();
  }
  return page;
}

/** From the end of a request: "I did not start this", about its entry. Where that is not there yet, the list is shown. */
export async function disownEnded(model: Model): Promise<void> {
  const { screen, state } = model.store;
  if (screen.name !== "outcome" || screen.transactionId === undefined || state.selected === undefined) return;
  const { transactionId } = screen;
  model.waysBack.forget();
  await openHistory(model, state.selected, transactionId);
  openEntry(model, transactionId);
  askDisown(model);
}

/** The entries before those that are shown. */
export async function moreHistory(model: Model): Promise<void> {
  const { screen } = model.store;
  const last = screen.name === "history" ? screen.list?.entries.at(-1) : undefined;
  if (screen.name !== "history" || screen.list === undefined || last === undefined || screen.busy) return;
  const { accountId, list } = screen;
  model.store.stay({ name: "history", accountId, list, busy: true });
  const here = model.store.visit();
  const before = { at: last.at, id: last.id };
  const page = await reached(() => askHistory(model.accounts.client(accountId), { limit: PAGE, before }));
  if (!here()) return;
  if (!page.ok) return failed(model, accountId, page, (problem) => stayWith(model, { problem }));
  // The button that was pressed may be gone: the focus goes to what it brought.
  const { entries, more } = page.value;
  const added = entries.length;
  stayWith(model, { list: { ...list, entries: [...list.entries, ...entries], more }, opened: entries[0]?.id, added });
}

export function openEntry({ store }: Model, id: string): void {
  const { screen } = store;
  const entry = screen.name === "history" ? screen.list?.entries.find((each) => each.id === id) : undefined;
  if (screen.name !== "history" || screen.list === undefined || entry === undefined || screen.busy) return;
  store.go({ name: "history-entry", accountId: screen.accountId, list: screen.list, entry });
}

export function askDisown({ store }: Model): void {
  const { screen } = store;
  if (screen.name !== "history-entry") return;
  const { accountId, list, entry } = screen;
  store.go({ name: "disown", accountId, list, entry, step: "ask", refused: entry.partyRefused, busy: false });
}

/** Saying it twice is harmless: after an answer that was lost it is said again. */
export async function confirmDisown(model: Model, refuseParty: boolean): Promise<void> {
  const { store, accounts } = model;
  const { screen } = store;
  if (screen.name !== "disown" || screen.step !== "ask" || screen.busy) return;
  const { problem: _, ...asked } = screen;
  const { accountId, entry } = asked;
  store.stay({ ...asked, busy: true });
  const here = store.visit();
  const told = await reached(() => accounts.client(accountId).call("disown", () => ({ id: entry.id, refuseParty })));
  if (!here()) return;
  if (!told.ok) return failed(model, accountId, told, (problem) => store.stay({ ...asked, busy: false, problem }));
  store.go({ ...asked, step: "done", refused: refuseParty || asked.refused });
}

/** `party`: id of the refusal. */
export async function allowParty(model: Model, party: string): Promise<void> {
  const { store, accounts } = model;
  const { screen } = store;
  if (screen.name !== "history" || screen.list === undefined || screen.busy) return;
  const { accountId, list } = screen;
  store.stay({ name: "history", accountId, list, busy: true });
  const here = store.visit();
  const allowed = await reached(() => accounts.client(accountId).call("allowParty", () => ({ party })));
  if (!here()) return;
  if (!allowed.ok) return failed(model, accountId, allowed, (problem) => stayWith(model, { problem }));
  await openHistory(model, accountId);
}

/** One step back. What was disowned stands in a list that is fetched anew. */
export function leaveHistory(model: Model, screen: On<"history" | "history-entry" | "disown">): Promise<void> | undefined {
  const { store } = model;
  if (screen.name === "history") {
    goHome(model);
    showNext(model);
    return undefined;
  }
  const { accountId, list, entry } = screen;
  if (screen.name === "history-entry") store.go({ name: "history", accountId, list, busy: false, opened: entry.id });
  else if (screen.step === "done") return openHistory(model, accountId);
  else store.go({ name: "history-entry", accountId, list, entry });
  return undefined;
}

interface Fetched {
  readonly list?: HistoryList;
  readonly problem?: Problem | undefined;
  readonly opened?: string | undefined;
  readonly added?: number;
}

function stayWith({ store }: Model, { list, problem, opened, added }: Fetched): void {
  const { screen } = store;
  if (screen.name !== "history") return;
  store.stay({
    name: "history",
    accountId: screen.accountId,
    list: list ?? screen.list,
    busy: false,
    ...(problem !== undefined && { problem }),
    ...(opened !== undefined && { opened }),
    ...(added !== undefined && { added }),
  });
}

/** `again`: what is said where the person stays. Whatever the server said no to can be tried again; what ended the account is told. */
async function failed(
  model: Model,
  accountId: string,
  result: Result<unknown, ChannelFailure | Unreachable>,
  again: (problem: Problem) => void,
): Promise<void> {
  if (result.ok) return;
  const consequence = consequenceOf(result.failure, { accountId });
  const isEnd = consequence.kind === "screen" && consequence.screen.name !== "outcome";
  if (isEnd || consequence.kind === "gone") return follow(model, accountId, consequence, () => undefined);
  again(consequence.kind === "again" && consequence.problem !== undefined ? consequence.problem : { kind: "failed" });
}
