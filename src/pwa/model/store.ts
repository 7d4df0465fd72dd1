// The state, the PIN that is being typed, and where the person is: whoever waited for an answer asks whether they are still there.
import { signal } from "@preact/signals";
import { ChosenPins } from "./chosen-pins.ts";
import { KeptPins } from "./kept-pins.ts";
import { PinEntry } from "./pin-entry.ts";
import type { PinEntryState } from "./screen-parts.ts";
import type { AccountView, AppState, Screen } from "./state.ts";

/** On which a request is in front of the person. */
export type AnswerScreen = Extract<Screen, { readonly name: "transaction" | "pin" | "certificate-choice" }>;
export type PinScreen = Extract<Screen, { readonly pin: PinEntryState }>;

const START: AppState = {
  screen: { name: "starting" },
  accounts: [],
  selected: undefined,
  operator: undefined,
  offered: undefined,
  online: true,
  notifications: "off",
  updateReady: false,
  tooOld: false,
  storage: undefined,
  installable: false,
  practised: undefined,
  passkeyOffer: undefined,
  understood: [],
};

export class Store {
  readonly #state = signal<AppState>(START);
  readonly pin = new PinEntry();
  readonly chosen = new ChosenPins();
  /** Of a change of a PIN. The new one stays until the keys are made: where the old one was wrong, it alone is asked again. */
  readonly changing = new KeptPins<"old" | "new">();
  #visit = 0;
  #left: (() => void)[] = [];

  /** Reading it while drawing makes the drawing follow it. */
  get state(): AppState {
    return this.#state.value;
  }

  get screen(): Screen {
    return this.#state.peek().screen;
  }

  /** Another screen, or the same one anew: digits that were typed are overwritten, and chosen PINs too once no more are chosen. */
  go(screen: Screen): void {
    this.#visit++;
    this.pin.clear();
    if (screen.name !== "choose-pin") this.chosen.clear();
    if (screen.name !== "change-pin" && screen.name !== "changing-pin") this.changing.clear();
    const left = this.#left.splice(0);
    this.#set({ screen });
    for (const leave of left) leave();
  }

  /** The same screen, with something about it changed. */
  stay(screen: Screen): void {
    this.#set({ screen });
  }

  /** Asked after an await: is the person still on the screen where it began? */
  visit(): () => boolean {
    const visit = this.#visit;
    return () => this.#visit === visit;
  }

  /** Called once, when the screen is left. */
  whenLeft(leave: () => void): void {
    this.#left.push(leave);
  }

  patch(part: Partial<Omit<AppState, "screen">>): void {
    this.#set(part);
  }

  account(id: string): AccountView | undefined {
    return this.#state.peek().accounts.find((account) => account.id === id);
  }

  /** Of an account that is not there any more nothing is changed. */
  updateAccount(id: string, part: Partial<Omit<AccountView, "id">>): void {
    const accounts = this.#state.peek().accounts.map((account) => (account.id === id ? { ...account, ...part } : account));
    this.#set({ accounts });
  }

  /** A request that has ended, whatever the list says that was asked for before. */
  removeWaiting(transactionId: string): void {
    const left = ({ waiting }: AccountView) => waiting.filter((listed) => listed.transactionId !== transactionId);
    this.#set({ accounts: this.#state.peek().accounts.map((account) => ({ ...account, waiting: left(account) })) });
  }

  /** The PIN that is being typed on this screen changed. */
  stayWithPin(screen: PinScreen, part: Partial<PinEntryState>): void {
    this.stay({ ...screen, pin: { ...screen.pin, length: this.pin.length, ...part } });
  }

  #set(part: Partial<AppState>): void {
    this.#state.value = { ...this.#state.peek(), ...part };
  }
}

/** The screen if a PIN is typed on it now. */
export const pinScreen = (screen: Screen): PinScreen | undefined =>
  "pin" in screen && screen.pin.state === "typing" ? screen : undefined;

export const isAnswering = (screen: Screen): screen is AnswerScreen =>
  screen.name === "transaction" || screen.name === "pin" || screen.name === "certificate-choice";

/** An answer is on its way, or something that must not be cut off. The browser's prompt for a passkey may be: it ends with the screen. */
export const isBusy = (screen: Screen): boolean =>
  ("busy" in screen && screen.busy) || ("pin" in screen && screen.pin.state === "working");

export const EMPTY_PIN: PinEntryState = { length: 0, state: "typing" };
