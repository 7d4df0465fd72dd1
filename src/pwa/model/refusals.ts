// A person's no: told to the server, and kept until the server has heard it.
import { claimTransaction, type Refusal, refuseTransaction } from "../../authenticator/transactions.ts";
import { reached } from "../reached.ts";
import { type Attempted, type Consequence, outcome } from "./consequence.ts";
import { attemptedOf, end, failureOf, isBeforeItsTime } from "./fate.ts";
import { follow, type Model, type Refused } from "./model.ts";
import type { OutcomeKind } from "./screen-parts.ts";
import { type AnswerScreen, isAnswering, isBusy } from "./store.ts";

export async function refuse(model: Model): Promise<void> {
  const { screen } = model.store;
  if (isAnswering(screen) && !isBusy(screen)) await refuseOn(model, screen, refusalOn(screen));
}

/** A confirmation is refused on a screen of its own; on that of a PIN it is the whole request. */
const refusalOn = (screen: AnswerScreen): Refusal =>
  screen.name === "transaction" && screen.shown.interaction !== "displayTextAndPIN" ? "USER_REFUSED_INTERACTION" : "USER_REFUSED";

/** `told`: what the person hears, where it is not the refusal itself. */
export async function refuseOn(
  model: Model,
  screen: AnswerScreen,
  refusal: Refusal,
  told: OutcomeKind = OUTCOMES[refusal],
): Promise<void> {
  const { store } = model;
  const { accountId, claimed } = screen;
  // Also from the PIN: its digits are overwritten first.
  if (screen.name === "pin") {
    const { shown, typing } = screen;
    const typed = typing !== undefined && { typing };
    store.go({ name: "transaction", accountId, claimed: screen.claimed, shown, ...typed, busy: true });
  } else store.stay({ ...screen, busy: true });
  const { purpose, relyingPartyName, transactionId } = claimed;
  await tellRefusal(model, transactionId, refusal, { accountId, purpose, relyingPartyName }, told);
}

export async function tellRefusal(
  model: Model,
  transactionId: string,
  refusal: Refusal,
  attempted: Attempted,
  told: OutcomeKind = OUTCOMES[refusal],
): Promise<void> {
  const { store, accounts, refusals, leftAlone } = model;
  const { accountId } = attempted;
  const here = store.visit();
  const isEarly = isBeforeItsTime(model, accountId, transactionId);
  const refused = await sayNo(model, accountId, transactionId, refusal);
  // A wrong choice stays one: without a network it is told later, and the codes are not shown again.
  if (isUnheard(refused)) refusals.set(transactionId, refusal);
  else refusals.delete(transactionId);
  if (!here()) return;
  leftAlone.add(transactionId);
  const found = refused.ok ? outcome(told, attempted) : failureOf(model, transactionId, refused.failure, attempted, isEarly());
  await follow(model, accountId, end(model, transactionId, found), () => store.go({ name: "home", check: "unreachable" }));
  await accounts.refresh(accountId);
}

const isUnheard = (refused: Refused): boolean => !refused.ok && refused.failure.code === "unreachable";

/** The one that is on its way, where there is one: asked twice, the server would say that somebody else had answered. */
function sayNo(model: Model, accountId: string, transactionId: string, refusal: Refusal): Promise<Refused> {
  const { refusing, windows } = model;
  const going = refusing.get(transactionId);
  if (going !== undefined) return going;
  windows.answering(transactionId);
  const saying = sayNoOnce(model, accountId, transactionId, refusal).finally(() => refusing.delete(transactionId));
  refusing.set(transactionId, saying);
  return saying;
}

/**
 * Cancelled where the person was asked which device to use, it is refused here as what it is where there is nothing to choose any more: this
 * account is the only one that is left, or has it already, in another window. Windows of one browser are one device, and a no in any of
 * them ends what none has answered.
 */
async function sayNoOnce({ accounts }: Model, accountId: string, transactionId: string, refusal: Refusal): Promise<Refused> {
  const client = accounts.client(accountId);
  const refused = await reached(() => refuseTransaction(client, transactionId, refusal));
  if (refusal !== "USER_REFUSED_CERT_CHOICE" || refused.ok || refused.failure.code !== "wrong_state") return refused;
  const claimed = await reached(() => claimTransaction(client, transactionId));
  return claimed.ok ? reached(() => refuseTransaction(client, transactionId, "USER_REFUSED")) : claimed;
}

const OUTCOMES: Readonly<Record<Refusal, OutcomeKind>> = {
  USER_REFUSED: "refused",
  USER_REFUSED_INTERACTION: "refused",
  USER_REFUSED_CERT_CHOICE: "refused",
  WRONG_VC: "wrong-code",
  PROTOCOL_FAILURE: "not-presentable",
};

/** What cannot be shown ends for the relying party, too; the person has been told already. */
export async function tellNotPresentable({ accounts, refusals }: Model, accountId: string, transactionId: string): Promise<void> {
  const told = await reached(() => refuseTransaction(accounts.client(accountId), transactionId, "PROTOCOL_FAILURE"));
  if (!told.ok && told.failure.code === "unreachable") refusals.set(transactionId, "PROTOCOL_FAILURE");
}

/** Tells what could not be told when the person refused. That it came too late is told to whoever is at home. */
export async function resendRefusals(model: Model, accountId: string): Promise<void> {
  const { store, refusals } = model;
  for (const { transactionId } of store.account(accountId)?.waiting ?? []) {
    const refusal = refusals.get(transactionId);
    if (refusal === undefined) continue;
    const attempted = attemptedOf(model, accountId, transactionId);
    const isEarly = isBeforeItsTime(model, accountId, transactionId);
    const refused = await sayNo(model, accountId, transactionId, refusal);
    // Told once, whoever asked.
    if (isUnheard(refused) || !refusals.delete(transactionId)) continue;
    if (refused.ok) store.removeWaiting(transactionId);
    else if (refusal !== "PROTOCOL_FAILURE")
      tellAtHome(model, transactionId, failureOf(model, transactionId, refused.failure, attempted, isEarly()));
  }
}

function tellAtHome(model: Model, transactionId: string, found: Consequence): void {
  const { store } = model;
  if (store.screen.name !== "home") return;
  const consequence = end(model, transactionId, found);
  if (consequence.kind === "screen") store.go(consequence.screen);
}
