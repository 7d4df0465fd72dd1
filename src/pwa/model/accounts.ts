// The accounts of this browser: their clients, what the server says of them, and what is kept of that for starts without a network.
import { ChannelClient, type ChannelFailure, type Settled } from "../../authenticator/channel-client.ts";
import type { DeviceRecord } from "../../authenticator/device-record.ts";
import { settleKeys } from "../../authenticator/re-key.ts";
import { type ListedTransaction, listTransactions } from "../../authenticator/transactions.ts";
import { type Result, success } from "../../account/result.ts";
import { reached } from "../reached.ts";
import { server } from "../server.ts";
import {
  forgetAccount,
  loadAccounts,
  type OwnDoing,
  ownDoingOf,
  type PinChange,
  readAccount,
  saveAccount,
} from "../storage/accounts.ts";
import { BrowserStorage } from "../storage/browser-storage.ts";
import { isPinBeingChanged } from "../storage/pin-change-lock.ts";
import { tellsOfUnknown, understandOwnDoing } from "./account-notices.ts";
import { isSameChange } from "./pin-change-news.ts";
import type { AccountView, KeyState } from "./state.ts";
import type { Store } from "./store.ts";

export type Refreshed =
  | { readonly kind: "unreachable" }
  | { readonly kind: "failed"; readonly failure: ChannelFailure }
  /** `before`: what was known until now. `arrived`: waits since then. */
  | {
      readonly kind: "known";
      readonly state: KeyState;
      readonly before: KeyState | undefined;
      readonly arrived: readonly ListedTransaction[];
    };

/** What one round of questions tells of an account. */
interface Known {
  readonly state: KeyState;
  readonly clockSkew: number;
  readonly waiting: readonly ListedTransaction[];
}

type Kept = OwnDoing & Pick<AccountView, "owner" | "passkey">;

interface Heard {
  /** Called once for every time that the server was asked, whoever wanted it. */
  readonly refreshed: (id: string, refreshed: Refreshed) => void;
  /** An interrupted request, whose fate any call may learn on its way. */
  readonly settled: (id: string, settled: Settled) => void;
}

export class Accounts {
  readonly #store: Store;
  readonly #heard: Heard;
  readonly #clients = new Map<string, ChannelClient>();
  readonly #running = new Map<string, Promise<Refreshed>>();
  readonly #next = new Map<string, Promise<Refreshed>>();
  readonly #keyWork = new Map<string, Promise<unknown>>();

  constructor(store: Store, heard: Heard) {
    this.#store = store;
    this.#heard = heard;
  }

  client(id: string): ChannelClient {
    const known = this.#clients.get(id);
    if (known !== undefined) return known;
    const onSettled = (settled: Settled): void => this.#heard.settled(id, settled);
    const client = new ChannelClient(server, new BrowserStorage(id), undefined, onSettled);
    this.#clients.set(id, client);
    return client;
  }

  /** From storage; another tab may have made or removed some. */
  async load(): Promise<void> {
    const loaded = await loadAccounts();
    const changing = new Set<string>();
    for (const { account } of loaded) {
      if (account.pinChange !== undefined && (await isPinBeingChanged(account.id))) changing.add(account.id);
    }
    const accounts = loaded.map(({ account, record }): AccountView => {
      const { id, pinChange, state, clockSkew } = account;
      const { owner, passkey } = record;
      const shown: AccountView = this.#store.account(id) ?? { id, owner, state, clockSkew, waiting: [] };
      const known = isSameChange(shown.pinChange, pinChange) && shown.pinChangeIs === "heard" ? "heard" : undefined;
      const pinChangeIs = changing.has(id) ? "going-on" : known;
      return { ...shown, owner, passkey, ...ownDoingOf(account), pinChangeIs };
    });
    const { selected } = this.#store.state;
    const kept = accounts.some(({ id }) => id === selected) ? selected : accounts[0]?.id;
    const understood = new Set([...this.#store.state.understood, ...loaded.flatMap(({ account }) => account.understood)]);
    this.#store.patch({ accounts, selected: kept, understood: [...understood] });
  }

  /** An account whose channel was just opened. `renews`: id of the one that it is to take the place of. */
  async add(id: string, renews?: string): Promise<void> {
    // How the person answers codes is theirs, and no account's.
    const { typesCode } = (renews !== undefined && this.#store.account(renews)) || {};
    const account = { id, state: undefined, clockSkew: 0, renews, typesCode };
    await saveAccount({ ...account, createdAt: Date.now(), understood: [] });
    this.#store.patch({ accounts: [...this.#store.state.accounts, { ...account, owner: undefined, waiting: [] }] });
  }

  /** What is shown of an account now, also for the next start. */
  async keep(id: string): Promise<void> {
    const shown = this.#store.account(id);
    if (shown !== undefined) await this.#keep(id, shown.state, shown.clockSkew);
  }

  /** Changes what is given, and leaves the rest. */
  async setOwn(id: string, ownDoing: OwnDoing): Promise<void> {
    const shown = this.#store.account(id);
    if (shown === undefined) return;
    await this.#keep(id, shown.state, shown.clockSkew, ownDoing);
    this.#store.updateAccount(id, ownDoing);
  }

  async setPinChange(id: string, pinChange: PinChange | undefined): Promise<void> {
    await this.setOwn(id, { pinChange });
    this.#store.updateAccount(id, { pinChangeIs: undefined });
  }

  /** The person has read what came of it: forgotten, unless another window has begun one since. */
  async forgetPinChange(id: string, told: PinChange): Promise<void> {
    if (await isPinBeingChanged(id)) return this.#store.updateAccount(id, { pinChangeIs: "going-on" });
    if (isSameChange((await readAccount(id))?.pinChange, told)) await this.setPinChange(id, undefined);
    else await this.load();
  }

  /** The device record, which is nowhere any more. */
  async forget(id: string): Promise<DeviceRecord | undefined> {
    const storage = new BrowserStorage(id);
    const record = await storage.exclusively(async () => {
      const last = await storage.read();
      await forgetAccount(id);
      return last;
    });
    this.#clients.delete(id);
    const { accounts, selected } = this.#store.state;
    const left = accounts.filter((account) => account.id !== id);
    this.#store.patch({ accounts: left, selected: selected === id ? left[0]?.id : selected });
    return record;
  }

  /** Asks the server. What is asked while an answer is on its way is asked once more after it: it may be older than the question. */
  refresh(id: string): Promise<Refreshed> {
    const running = this.#running.get(id);
    if (running === undefined) return this.#start(id);
    const next = this.#next.get(id) ?? running.then(() => this.#start(id));
    this.#next.set(id, next);
    return next;
  }

  /**
   * While a PIN is being used for an account nothing else is asked for it: a page that is just going away would learn what became of the
   * attempt, and tell nobody.
   */
  async undisturbed<Value>(id: string, work: Promise<Value>): Promise<Value> {
    this.#keyWork.set(id, work);
    return work.finally(() => this.#keyWork.delete(id));
  }

  /** No PIN is being used for it now. */
  async whenUndisturbed(id: string): Promise<void> {
    await this.#keyWork.get(id)?.catch(() => undefined);
  }

  async refreshAll(): Promise<readonly Refreshed[]> {
    return Promise.all(this.#store.state.accounts.map(({ id }) => this.refresh(id)));
  }

  #start(id: string): Promise<Refreshed> {
    this.#next.delete(id);
    const running = this.#ask(id).finally(() => this.#running.delete(id));
    this.#running.set(id, running);
    return running;
  }

  async #ask(id: string): Promise<Refreshed> {
    const refreshed = await this.#askServer(id);
    this.#heard.refreshed(id, refreshed);
    return refreshed;
  }

  async #askServer(id: string): Promise<Refreshed> {
    await this.whenUndisturbed(id);
    const before = await this.#changeBefore(id);
    const answer = await reached(() => this.#keyStateAndWaiting(id));
    if (!answer.ok)
      return answer.failure.code === "unreachable" ? { kind: "unreachable" } : { kind: "failed", failure: answer.failure };
    const { state, clockSkew, waiting } = answer.value;
    const shown = this.#store.account(id);
    const arrived = waiting.filter(({ transactionId }) => !shown?.waiting.some((known) => known.transactionId === transactionId));
    if (tellsOfUnknown(this.#store.state, state)) await this.load();
    understandOwnDoing(this.#store, id, state);
    const kept = await this.#keep(id, state, clockSkew);
    const pinChangeIs = kept.pinChange && (await this.#fateOf(id, kept.pinChange, before));
    this.#store.updateAccount(id, { state, clockSkew, waiting, ...kept, pinChangeIs });
    return { kind: "known", state, before: shown?.state, arrived };
  }

  /** The change of a PIN of which the next answer tells the end: one that no window is at any more. */
  async #changeBefore(id: string): Promise<PinChange | undefined> {
    const change = (await readAccount(id))?.pinChange;
    return change === undefined || (await isPinBeingChanged(id)) ? undefined : change;
  }

  /** `before`: which it was when the server was asked. */
  async #fateOf(id: string, change: PinChange, before: PinChange | undefined): Promise<AccountView["pinChangeIs"]> {
    if (await isPinBeingChanged(id)) return "going-on";
    return isSameChange(change, before) ? "heard" : undefined;
  }

  /**
   * For starts without a network. What was forgotten meanwhile, here or in another tab, is not written again; and what no server says of an
   * account is what was stored last, by whichever tab: none knows it better, but the one that changes it (`ownDoing`).
   */
  async #keep(id: string, state: KeyState | undefined, clockSkew: number, ownDoing: OwnDoing = {}): Promise<Kept> {
    const { storage } = this.client(id);
    return storage.exclusively(async () => {
      const record = await storage.read();
      const stored = await readAccount(id);
      if (record === undefined || stored === undefined) return { owner: record?.owner };
      const known = [...this.#store.state.understood, ...(stored.understood ?? [])];
      const understood = (state?.notices ?? []).map((notice) => notice.id).filter((notice) => known.includes(notice));
      const own = ownDoingOf({ ...stored, ...ownDoing });
      await saveAccount({ id, createdAt: stored.createdAt, ...own, state, clockSkew, understood });
      return { owner: record.owner, passkey: record.passkey, ...own };
    });
  }

  async #keyStateAndWaiting(id: string): Promise<Result<Known, ChannelFailure>> {
    const client = this.client(id);
    const asked = Date.now();
    // Also drops the keys that a change of a PIN has left behind, which may have been interrupted at any point.
    const answer = await settleKeys(client);
    if (!answer.ok) return answer;
    const { state } = answer.value;
    // The server looked at its clock somewhere between question and answer.
    const clockSkew = Math.round(state.now - (asked + Date.now()) / 2);
    if (state.status !== "active") return success({ state, clockSkew, waiting: [] });
    const listed = await listTransactions(client);
    return listed.ok ? success({ state, clockSkew, waiting: listed.value }) : listed;
  }
}
