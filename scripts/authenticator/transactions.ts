// What waits for an answer: listed, claimed and shown, approved with a PIN or refused.
import {
  approveTransaction,
  claimTransaction,
  type ListedTransaction,
  listTransactions,
  type Presentation,
  presentation,
  type Refusal,
  refuseTransaction,
} from "../../src/authenticator/transactions.ts";
import type { ClaimedTransaction } from "../../src/protocol/device-messages.ts";
import { CommandFailure, usageFailure } from "./command-failure.ts";
import { type Context, pinFor } from "./context.ts";
import { commandFailure, formatTime, PIN_NAMES } from "./explain.ts";
import { refusalOf } from "./options.ts";
import { columns } from "./output.ts";
import { withPin } from "./pin-bytes.ts";
import { printable } from "./printable.ts";

/** A request of a relying party, claimed for this device. */
export interface Shown {
  readonly claimed: ClaimedTransaction;
  readonly presented: Presentation;
}

/** Requests of relying parties; an enrolment's own application is for `enrol`. */
export async function waiting({ client }: Context): Promise<readonly ListedTransaction[]> {
  const listed = await listTransactions(client);
  if (!listed.ok) throw commandFailure(listed.failure);
  return listed.value.filter(({ relyingPartyName }) => relyingPartyName !== "");
}

export async function list(context: Context): Promise<void> {
  const transactions = await waiting(context);
  const lines = transactions.map(
    ({ transactionId, purpose, relyingPartyName, expiresAt }) =>
      `${transactionId}  ${purpose === "auth" ? "log in" : "sign  "}  until ${formatTime(expiresAt)}  ${printable(relyingPartyName)}`,
  );
  context.output.answer(lines.length > 0 ? lines : ["Nothing waits."], { transactions });
}

export async function approve(context: Context): Promise<void> {
  const shown = await claimChosen(context);
  context.output.show(describe(shown));
  await compareCode(context, shown);
  await approveShown(context, shown);
  context.output.answer(["Approved."], { approved: true, ...fieldsOf(shown) });
}

export async function refuse(context: Context): Promise<void> {
  const refusal = refusalOf(context.options.values);
  const shown = await claimChosen(context);
  context.output.show(describe(shown));
  await refuseShown(context, shown, refusal);
  context.output.answer(["Refused."], { refused: refusal, ...fieldsOf(shown) });
}

async function claimChosen(context: Context): Promise<Shown> {
  const { transaction } = context.options.values;
  if (transaction !== undefined) return claim(context, transaction);
  const [only, ...more] = await waiting(context);
  if (only === undefined) throw new CommandFailure("nothing_waits", "Nothing waits.");
  if (more.length > 0) throw usageFailure(`${more.length + 1} requests wait: choose one with --transaction (list shows them)`);
  return claim(context, only.transactionId);
}

export async function claim({ client }: Context, transactionId: string): Promise<Shown> {
  const claimed = await claimTransaction(client, transactionId);
  if (!claimed.ok) throw commandFailure(claimed.failure);
  const presented = presentation(claimed.value);
  if (presented === undefined) throw commandFailure({ code: "not_presentable" });
  return { claimed: claimed.value, presented };
}

/** What the person would see before typing a PIN. */
export function describe({ claimed, presented }: Shown): string[] {
  const { relyingPartyName, text, verificationCode, interaction } = presented;
  const choice = interaction === "confirmationMessageAndVerificationCodeChoice" ? " (to be chosen among three)" : "";
  return columns([
    [claimed.purpose === "auth" ? "log in to" : "sign for", printable(relyingPartyName)],
    ["text", printable(text)],
    ["verification code", `${verificationCode}${choice}`],
    ["answer with", `${PIN_NAMES[claimed.purpose]}, until ${formatTime(claimed.expiresAt)}`],
    ["transaction", claimed.transactionId],
  ]);
}

export function fieldsOf({ claimed, presented }: Shown): object {
  const { transactionId, kind, purpose, expiresAt } = claimed;
  return { transaction: { transactionId, kind, purpose, expiresAt, ...presented } };
}

async function compareCode(context: Context, shown: Shown): Promise<void> {
  const chosen = context.options.values.code;
  const { interaction, verificationCode } = shown.presented;
  if (chosen === undefined || chosen === verificationCode) return;
  const details = { chosen, verificationCode };
  if (interaction === "confirmationMessageAndVerificationCodeChoice") {
    await refuseShown(context, shown, "WRONG_VC");
    throw new CommandFailure(
      "wrong_code_chosen",
      `${chosen} is not the code of this request: it was refused as WRONG_VC.`,
      1,
      details,
    );
  }
  const message = `${chosen} is not the code of this request (${verificationCode}): nothing was approved, and it still waits.`;
  throw new CommandFailure("codes_differ", message, 1, details);
}

/** One attempt with the PIN that the request asks for. */
export async function approveShown(context: Context, { claimed }: Shown): Promise<void> {
  const { purpose } = claimed;
  const approved = await withPin(pinFor(context, purpose), (pin) => approveTransaction(context.client, claimed, pin));
  if (!approved.ok) throw commandFailure(approved.failure, purpose);
}

export async function refuseShown({ client }: Context, { claimed }: Shown, refusal: Refusal): Promise<void> {
  const refused = await refuseTransaction(client, claimed.transactionId, refusal);
  if (!refused.ok) throw commandFailure(refused.failure);
}
