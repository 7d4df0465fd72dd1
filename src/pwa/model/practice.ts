// The person tries out a login that nobody asked for. First what a site would show, then the request, which is a real one but for that.
import { effect } from "@preact/signals";
import { toBase64 } from "../../protocol/encoding.ts";
import { verificationCode } from "../../protocol/verification-code.ts";
import { text } from "../language/text.ts";
import { reached } from "../reached.ts";
import { keepPractised, readPractised } from "../storage/settings.ts";
import { consequenceOf } from "./consequence.ts";
import { follow, inBackground, isActive, type Model } from "./model.ts";
import { rememberPractice, restorePractice } from "./practising.ts";
import { openTransaction } from "./transactions.ts";

const CHALLENGE_LENGTH = 32;

/** Drawn here, so that the code is there before the request is. */
export function showPractice({ store }: Model): void {
  const { accounts, selected } = store.state;
  const account = accounts.find(({ id }) => id === selected);
  if (account === undefined || !isActive(account)) return;
  const challenge = crypto.getRandomValues(new Uint8Array(CHALLENGE_LENGTH));
  store.go({
    name: "practice",
    accountId: account.id,
    rpChallenge: toBase64(challenge),
    code: verificationCode(challenge),
    from: store.screen.name === "settings" ? "settings" : "elsewhere",
    busy: false,
  });
}

export async function beginPractice(model: Model): Promise<void> {
  const { store, accounts } = model;
  const { screen } = store;
  if (screen.name !== "practice" || screen.busy) return;
  const { accountId, rpChallenge, problem: _, ...asked } = screen;
  store.stay({ ...asked, accountId, rpChallenge, busy: true });
  const here = store.visit();
  const body = { rpChallenge, displayText: text("practice.text") };
  const begun = await reached(() => accounts.client(accountId).call("practise", () => body));
  if (!here()) return;
  if (begun.ok) {
    const { transactionId } = begun.value;
    rememberPractice(model, { transactionId, rpChallenge });
    return openTransaction(model, accountId, transactionId);
  }
  await follow(model, accountId, consequenceOf(begun.failure, { accountId, purpose: "auth" }), (problem = { kind: "failed" }) =>
    store.stay({ ...asked, accountId, rpChallenge, busy: false, problem }),
  );
}

/** Whoever has confirmed anything knows how it goes: they are not asked any more whether they want to try. */
export function followPractice(model: Model): void {
  const { store } = model;
  restorePractice(model);
  inBackground(lookUp(store));
  const stop = effect(() => {
    const { screen } = store.state;
    if (screen.name !== "outcome" || screen.outcome !== "confirmed") return;
    queueMicrotask(() => {
      stop();
      store.patch({ practised: true });
    });
    inBackground(keepPractised());
  });
}

async function lookUp(store: Model["store"]): Promise<void> {
  // Where storage does not open, that is said elsewhere.
  const practised = await readPractised().catch(() => true);
  if (!practised) store.patch({ practised: store.state.practised === true });
}
