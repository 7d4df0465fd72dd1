// The passkey of an account: turned on after it was proven, asked for with each PIN, turned off, or lost. What it gives is for one use:
// it goes to the key worker, and what is left of it here is overwritten.
import { effect } from "@preact/signals";
import { parseDocumentNumber } from "../../protocol/document-number.ts";
import { toBase64Url } from "../../protocol/encoding.ts";
import { wipe } from "../key-work/jobs.ts";
import { runKeyWork } from "../key-work/key-work.ts";
import type { Passkey } from "../../authenticator/device-record.ts";
import { forgetPasskey, makePasskey, mayHavePasskeys, type PasskeyTrouble, usePasskey } from "../passkey/ceremony.ts";
import { askToReload, goHome, inBackground, type Model } from "./model.ts";
import type { Problem } from "./screen-parts.ts";
import type { Screen } from "./state.ts";
import { isBusy, type PinScreen } from "./store.ts";

type PasskeyScreen = Extract<Screen, { readonly name: "passkey" }>;

/**
 * Does the work with what the account's passkey gives; without, where it has none. To be called in the press that confirms the PIN, before
 * anything is awaited: some browsers ask for a passkey only then. While it is asked for, the digits stay where they were typed: a prompt
 * that is cancelled costs neither them nor an attempt. `least`: how many digits there must be.
 */
export async function withPasskey(
  { store, accounts }: Model,
  { accountId, screen, least }: { readonly accountId: string; readonly screen: PinScreen; readonly least: number },
  work: (passkey?: ArrayBuffer) => Promise<void>,
): Promise<void> {
  const passkey = store.account(accountId)?.passkey;
  if (passkey === undefined) return work();
  const { problem: _, ...asked } = screen;
  store.stayWithPin(asked, { state: "passkey" });
  const here = store.visit();
  const left = new AbortController();
  store.whenLeft(() => left.abort());
  const used = await usePasskey(passkey, left.signal);
  try {
    // Gone elsewhere, or the request has ended meanwhile.
    if (!here()) return;
    // How many attempts are left may have been heard meanwhile.
    const shown = "pin" in store.screen ? store.screen : asked;
    if (!used.ok) {
      // Another window may have turned it off: the next press asks for what there is then.
      inBackground(accounts.load());
      return store.stayWithPin({ ...shown, problem: { kind: "passkey" } }, { state: "typing" });
    }
    // Overwritten meanwhile, because nobody was there.
    if (store.pin.length < least) return store.stayWithPin(shown, { state: "typing" });
    await work(used.value);
  } finally {
    if (used.ok) wipe(used.value);
  }
}

export async function showPasskey(model: Model, accountId: string): Promise<void> {
  const { store } = model;
  const account = store.account(accountId);
  if (account?.state?.status !== "active") return;
  if (account.passkey !== undefined) return store.go({ name: "passkey", accountId, step: "on", busy: false });
  const here = store.visit();
  const step = (await mayHavePasskeys()) ? "offer" : "impossible";
  if (!here()) return;
  if (step === "impossible") stopMissing(model, accountId);
  store.go({ name: "passkey", accountId, step, busy: false });
}

/** After a renewal: the account that took the place of one with a passkey shall have none. */
export function declinePasskey(model: Model): void {
  const { screen } = model.store;
  if (screen.name !== "passkey" || isBusy(screen) || screen.prompting === true) return;
  leavePasskey(model, screen);
  stopMissing(model, screen.accountId);
  goHome(model);
}

/** The person has said how it shall be, or it cannot be otherwise: they are not told of it any more. */
function stopMissing({ store, accounts }: Model, accountId: string): void {
  if (store.account(accountId)?.missesPasskey === true) inBackground(accounts.setOwn(accountId, { missesPasskey: undefined }));
}

/** The one button of the screen, by the step that it is at: makes a passkey, tries it, turns it off. */
export async function goOnWithPasskey(model: Model): Promise<void> {
  const { screen } = model.store;
  if (screen.name !== "passkey" || isBusy(screen) || screen.prompting === true) return;
  const { problem: _, ...asked } = screen;
  switch (asked.step) {
    case "offer":
      return make(model, asked);
    case "try":
      return asked.made === undefined ? undefined : prove(model, asked, asked.made);
    case "on":
      return turnOff(model, asked);
    case "turned-off":
    case "impossible":
  }
}

async function make(model: Model, screen: PasskeyScreen): Promise<void> {
  const { store } = model;
  const { accountId } = screen;
  // Whoever keeps the passkey, and copies it between devices, reads its name: which account it is, and not whose.
  const suffix = parseDocumentNumber(store.account(accountId)?.state?.documentNumber ?? "")?.suffix;
  const asking = ask(model, screen);
  const made = await makePasskey(suffix === undefined ? "Tally" : `Tally ${suffix}`, asking.signal);
  if (!made.ok) return asking.stopped(made.failure);
  const { passkey, output } = made.value;
  const print = output && (await printOf(output));
  if (asking.here()) store.go({ name: "passkey", accountId, step: "try", made: { passkey, print }, busy: false });
  else await forgetPasskey(passkey);
}

/** Only what gave the same twice wraps anything: on some platforms a passkey gives nothing when it is made, and is then used twice. */
async function prove(model: Model, screen: PasskeyScreen, { passkey, print }: NonNullable<PasskeyScreen["made"]>): Promise<void> {
  const { store, accounts } = model;
  const { accountId } = screen;
  const asking = ask(model, screen);
  const used = await usePasskey(passkey, asking.signal);
  if (!used.ok) return asking.stopped(used.failure);
  const output = used.value;
  try {
    const now = await printOf(output.slice(0));
    if (!asking.here()) return;
    if (print === undefined) return store.go({ ...screen, step: "try", made: { passkey, print: now }, busy: false });
    if (print !== now) {
      await forgetPasskey(passkey);
      return asking.stopped("unsupported");
    }
    asking.work();
    const added = await runKeyWork("add-passkey", { accountId, named: passkey, passkey: output });
    await accounts.load();
    if (store.account(accountId)?.passkey !== undefined) stopMissing(model, accountId);
    if (!asking.here()) return;
    if (added === undefined) return asking.say(askToReload(model));
    if (added.ok) return store.go({ name: "passkey", accountId, step: "on", busy: false });
    if (added.failure.code === "no_account") return goHome(model);
    isOnAlready(model, accountId, passkey);
  } finally {
    wipe(output);
  }
}

/** Another window was first: the one that was made here wraps nothing. */
function isOnAlready({ store }: Model, accountId: string, made: Passkey): void {
  inBackground(forgetPasskey(made));
  store.go({ name: "passkey", accountId, step: "on", busy: false, problem: { kind: "passkey-elsewhere" } });
}

/** Another window turned it on or off: the screen says what is so. */
export function followPasskey(model: Model): void {
  const { store } = model;
  effect(() => {
    const { screen, accounts } = store.state;
    if (screen.name !== "passkey" || screen.busy || screen.prompting === true) return;
    const { accountId, step, made } = screen;
    const account = accounts.find(({ id }) => id === accountId);
    if (account === undefined || (account.passkey !== undefined) === (step === "on")) return;
    queueMicrotask(() => {
      if (store.screen !== screen) return;
      if (step === "on") store.go({ name: "passkey", accountId, step: "turned-off", busy: false });
      else if (account.passkey !== undefined && made !== undefined) isOnAlready(model, accountId, made.passkey);
      else if (account.passkey !== undefined) store.go({ name: "passkey", accountId, step: "on", busy: false });
    });
  });
}

async function turnOff(model: Model, screen: PasskeyScreen): Promise<void> {
  const { store, accounts } = model;
  const { accountId } = screen;
  const passkey = store.account(accountId)?.passkey;
  if (passkey === undefined) return goHome(model);
  const asking = ask(model, screen);
  const used = await usePasskey(passkey, asking.signal);
  if (!used.ok) return asking.stopped(used.failure);
  if (!asking.here()) return wipe(used.value);
  asking.work();
  const input = { accountId, passkey: used.value };
  const removed = await runKeyWork("remove-passkey", input).finally(() => wipe(used.value));
  await accounts.load();
  if (removed?.ok === true) await forgetPasskey(passkey);
  if (!asking.here()) return;
  if (removed === undefined) return asking.say(askToReload(model));
  if (removed.ok || removed.failure.code === "passkey_changed")
    return store.go({ name: "passkey", accountId, step: "turned-off", busy: false });
  if (removed.failure.code === "no_account") return goHome(model);
  asking.say({ kind: "passkey" });
}

/** Where its person says that it is gone: what that means, and what is left to do. */
export function showLostPasskey({ store }: Model): void {
  const { screen } = store;
  if (!("accountId" in screen) || screen.accountId === undefined || isBusy(screen)) return;
  if (store.account(screen.accountId)?.passkey !== undefined) store.go({ name: "passkey-lost", accountId: screen.accountId });
}

/** One that was made and never turned on wraps nothing. */
export function leavePasskey(model: Model, { made }: PasskeyScreen): void {
  if (made !== undefined) inBackground(forgetPasskey(made.passkey));
}

interface Asking {
  /** Of the prompt, which ends when the person goes. */
  readonly signal: AbortSignal;
  /** The prompt is over: what follows is not cut off. */
  readonly work: () => void;
  readonly here: () => boolean;
  readonly say: (problem: Problem) => void;
  readonly stopped: (trouble: PasskeyTrouble) => void;
}

/** While the browser shows its own prompt. */
function ask(model: Model, screen: PasskeyScreen): Asking {
  const { store, accounts } = model;
  const { accountId } = screen;
  store.stay({ ...screen, busy: false, prompting: true });
  const here = store.visit();
  const left = new AbortController();
  store.whenLeft(() => left.abort());
  const say = (problem: Problem): void => {
    if (here()) store.stay({ ...screen, busy: false, problem });
  };
  return {
    signal: left.signal,
    work: () => store.stay({ ...screen, busy: true }),
    here,
    say,
    stopped(trouble) {
      // Perhaps because another window has turned it off.
      if (screen.step === "on") inBackground(accounts.load());
      if (trouble === "not-used" || screen.step === "on") return say({ kind: "passkey" });
      if (!here()) return;
      stopMissing(model, accountId);
      store.go({ name: "passkey", accountId, step: "impossible", busy: false });
    },
  };
}

/** To compare two uses of a passkey without keeping what the first one gave. The bytes are overwritten. */
async function printOf(output: ArrayBuffer): Promise<string> {
  try {
    return toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", output)));
  } finally {
    wipe(output);
  }
}
