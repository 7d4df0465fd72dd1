// A person's no: told to the server, and kept until the server has heard it.
import { type Refusal, refuseTransaction } from "../../authenticator/transactions.ts";
import { reached } from "../reached.ts";
import { type Attempted, outcome } from "./consequence.ts";
import { ended, failureOf } from "./fate.ts";
import { follow, type Model } from "./model.ts";
import { type AnswerScreen, isAnswering, isBusy } from "./store.ts";

export async function refuse(model: Model): Promise<void> {
  const { screen } = model.store;
  if (isAnswering(screen) && !isBusy(screen)) await refuseOn(model, screen, refusalOn(screen));
}

/** A confirmation is refused on a screen of its own; on that of a PIN it is the whole request. */
const refusalOn = ({ name, shown }: AnswerScreen): Refusal =>
  name === "transaction" && shown.interaction !== "displayTextAndPIN" ? "USER_REFUSED_INTERACTION" : "USER_REFUSED";

export async function refuseOn(model: Model, screen: AnswerScreen, refusal: Refusal): Promise<void> {
  const { store } = model;
  const { accountId, claimed, shown } = screen;
  // Also from the PIN: its digits are overwritten first.
  if (screen.name === "transaction") store.stay({ ...screen, busy: true });
  else store.go({ name: "transaction", accountId, claimed, shown, busy: true });
  const { relyingPartyName } = shown;
  await tellRefusal(model, claimed.transactionId, refusal, { accountId, purpose: claimed.purpose, relyingPartyName });
}

export async function tellRefusal(model: Model, transactionId: string, refusal: Refusal, attempted: Attempted): Promise<void> {
  const { store, accounts, refusals, leftAlone } = model;
  const { accountId } = attempted;
  const here = store.visit();
  const refused = await reached(() => refuseTransaction(accounts.client(accountId), transactionId, refusal));
  // A wrong choice stays one: without a network it is told later, and the codes are not shown again.
  if (!refused.ok && refused.failure.code === "unreachable") refusals.set(transactionId, refusal);
  else refusals.delete(transactionId);
  if (!here()) return;
  leftAlone.add(transactionId);
  const consequence = refused.ok
    ? outcome(refusal === "WRONG_VC" ? "wrong-code" : "refused", attempted)
    : failureOf(model, transactionId, refused.failure, attempted);
  if (consequence.kind === "screen") ended(model, transactionId);
  await follow(model, accountId, consequence, () => store.go({ name: "home", check: "unreachable" }));
  await accounts.refresh(accountId);
}

/** Tells what could not be told when the person refused. */
export async function resendRefusals({ store, accounts, refusals }: Model, accountId: string): Promise<void> {
  for (const { transactionId } of store.account(accountId)?.waiting ?? []) {
    const refusal = refusals.get(transactionId);
    if (refusal === undefined) continue;
    const refused = await reached(() => refuseTransaction(accounts.client(accountId), transactionId, refusal));
    if (refused.ok || refused.failure.code !== "unreachable") refusals.delete(transactionId);
  }
}
