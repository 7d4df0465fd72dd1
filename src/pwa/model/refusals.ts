// A person's no: told to the server, and kept until the server has heard it.
import { type Refusal, refuseTransaction } from "../../authenticator/transactions.ts";
import { reached } from "../reached.ts";
import { type Attempted, outcome } from "./consequence.ts";
import { end, failureOf } from "./fate.ts";
import { follow, goHome, type Model } from "./model.ts";
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
  const refused = await reached(() => refuseTransaction(accounts.client(accountId), transactionId, refusal));
  // A wrong choice stays one: without a network it is told later, and the codes are not shown again.
  if (!refused.ok && refused.failure.code === "unreachable") refusals.set(transactionId, refusal);
  else refusals.delete(transactionId);
  if (!here()) return;
  if (refusal === "USER_REFUSED_CERT_CHOICE" && !refused.ok && refused.failure.code === "wrong_state") {
    // It was decided meanwhile which device is used: what there is to refuse on this one is shown first.
    goHome(model);
    return void (await accounts.refresh(accountId));
  }
  leftAlone.add(transactionId);
  const consequence = end(
    model,
    transactionId,
    refused.ok ? outcome(told, attempted) : failureOf(model, transactionId, refused.failure, attempted),
  );
  await follow(model, accountId, consequence, () => store.go({ name: "home", check: "unreachable" }));
  await accounts.refresh(accountId);
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

/** Tells what could not be told when the person refused. */
export async function resendRefusals({ store, accounts, refusals }: Model, accountId: string): Promise<void> {
  for (const { transactionId } of store.account(accountId)?.waiting ?? []) {
    const refusal = refusals.get(transactionId);
    if (refusal === undefined) continue;
    const refused = await reached(() => refuseTransaction(accounts.client(accountId), transactionId, refusal));
    if (refused.ok || refused.failure.code !== "unreachable") refusals.delete(transactionId);
  }
}
