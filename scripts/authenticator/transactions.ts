// What waits for an answer: listed, claimed and shown, approved with a PIN or refused.
import type { ChannelFailure } from "../../src/authenticator/channel-client.ts";
import { type Presentation, presentation } from "../../src/authenticator/presentation.ts";
import {
  approveTransaction,
  claimTransaction,
  confirmCertificateChoice,
  type ListedTransaction,
  listTransactions,
  openDeviceLink,
  type Refusal,
  refuseTransaction,
  returnAddress,
} from "../../src/authenticator/transactions.ts";
import type { Result } from "../../src/account/result.ts";
import type { CertificateChoice, ClaimedTransaction, ShownTransaction } from "../../src/protocol/claimed-transaction.ts";
import { CommandFailure, usageFailure } from "./command-failure.ts";
import { type Context, pinFor } from "./context.ts";
import { commandFailure, formatTime, PIN_NAMES } from "./explain.ts";
import { refusalOf } from "./options.ts";
import { columns } from "./output.ts";
import { withPin } from "./pin-bytes.ts";
import { printable } from "./printable.ts";

/** A request of a relying party, claimed for this device. The choice of a certificate shows no text and asks for no PIN. */
export type Shown =
  | { readonly claimed: ShownTransaction; readonly presented: Presentation }
  | { readonly claimed: CertificateChoice; readonly presented?: undefined };

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
  await giveApproval(context, shown);
}

export async function refuse(context: Context): Promise<void> {
  const refusal = refusalOf(context.options.values);
  const shown = await claimChosen(context);
  context.output.show(describe(shown));
  await giveRefusal(context, shown, refusal);
}

/** Opened is claimed; without an answer it waits for `approve` or `refuse` like any other. */
export async function open(context: Context): Promise<void> {
  const { link } = context.options;
  const answer = wantedAnswer(context);
  const shown = shownOf(await openDeviceLink(context.client, link));
  if (answer === undefined) return context.output.answer(describe(shown), fieldsOf(shown));
  context.output.show(describe(shown));
  await (answer === "approve" ? giveApproval(context, shown) : giveRefusal(context, shown, answer));
}

/** Of `--approve`, or of `--refuse` with its reason; both PINs are there for the first. Undefined where neither was given. */
export function wantedAnswer(context: Context): "approve" | Refusal | undefined {
  const { approve: yes, refuse: no, reason } = context.options.values;
  if (yes === true && no === true) throw usageFailure("--approve or --refuse, not both");
  if (reason !== undefined && no !== true) throw usageFailure("--reason goes with --refuse");
  if (yes === true) {
    pinFor(context, "auth");
    pinFor(context, "sign");
    return "approve";
  }
  return no === true ? refusalOf(context.options.values) : undefined;
}

/** `event`: for programs that hear of several. */
export async function giveApproval(context: Context, shown: Shown, event: object = { approved: true }): Promise<void> {
  const awaits = await approveShown(context, shown);
  const wayBack = await returnTo(context, shown, true);
  const lines = [
    "Approved.",
    ...(awaits ? ["The relying party asks for a signature next: it waits like any other request (list)."] : []),
    ...wayBack.lines,
  ];
  context.output.answer(lines, { ...event, ...fieldsOf(shown), ...wayBack.fields, ...(awaits && { awaits }) });
}

export async function giveRefusal(
  context: Context,
  shown: Shown,
  refusal: Refusal,
  event: object = { refused: refusal },
): Promise<void> {
  await refuseShown(context, shown, refusal);
  const wayBack = await returnTo(context, shown, false);
  context.output.answer(["Refused.", ...wayBack.lines], { ...event, ...fieldsOf(shown), ...wayBack.fields });
}

/** Where an app would take the person after a link that was opened on the relying party's page. */
async function returnTo({ storage }: Context, { claimed }: Shown, signed: boolean) {
  const record = await storage.read();
  const address = record && returnAddress(record, claimed, signed);
  return address === undefined ? { lines: [], fields: {} } : { lines: [`Back to ${address}`], fields: { returnTo: address } };
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
  return shownOf(await claimTransaction(client, transactionId));
}

function shownOf(answer: Result<ClaimedTransaction, ChannelFailure>): Shown {
  if (!answer.ok) throw commandFailure(answer.failure);
  const { value: claimed } = answer;
  if (claimed.kind === "certificate-choice") return { claimed };
  const presented = presentation(claimed);
  if (presented === undefined || claimed.kind === "application") throw commandFailure({ code: "not_presentable" });
  return { claimed, presented };
}

/** What the person would see before answering. */
export function describe({ claimed, presented }: Shown): string[] {
  const until = formatTime(claimed.expiresAt);
  if (presented === undefined) {
    return columns([
      ["certificate for", printable(claimed.relyingPartyName)],
      ["what it gets", "the certificate of your signatures, with your name and personal code"],
      ["answer with", `yes or no, no PIN, until ${until}`],
      ["transaction", claimed.transactionId],
    ]);
  }
  const { relyingPartyName, text, verificationCode, interaction } = presented;
  const choice = interaction === "confirmationMessageAndVerificationCodeChoice" ? " (to be chosen among three)" : "";
  return columns([
    [claimed.purpose === "auth" ? "log in to" : "sign for", printable(relyingPartyName)],
    ["text", printable(text)],
    // Who began on the relying party's page has no code to compare.
    ...(verificationCode === "" ? [] : [["verification code", `${verificationCode}${choice}`] as const]),
    ["answer with", `${PIN_NAMES[claimed.purpose]}, until ${until}`],
    ["transaction", claimed.transactionId],
  ]);
}

export function fieldsOf({ claimed, presented }: Shown): object {
  const { transactionId, kind, purpose, expiresAt, flowType, relyingPartyName } = claimed;
  return { transaction: { transactionId, kind, purpose, expiresAt, flowType, relyingPartyName, ...presented } };
}

async function compareCode(context: Context, shown: Shown): Promise<void> {
  const chosen = context.options.values.code;
  const { interaction, verificationCode = "" } = shown.presented ?? {};
  if (chosen === undefined || chosen === verificationCode) return;
  if (verificationCode === "") throw usageFailure("this request has no code: answer without --code");
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

/** One attempt with the PIN that the request asks for, where it asks for one. Whether a signature request is awaited next. */
async function approveShown(context: Context, { claimed }: Shown): Promise<boolean> {
  if (claimed.kind === "certificate-choice") {
    const confirmed = await confirmCertificateChoice(context.client, claimed.transactionId);
    if (!confirmed.ok) throw commandFailure(confirmed.failure);
    return confirmed.value.awaits;
  }
  const { purpose } = claimed;
  const approved = await withPin(pinFor(context, purpose), (pin) => approveTransaction(context.client, claimed, pin));
  if (!approved.ok) throw commandFailure(approved.failure, purpose);
  return false;
}

async function refuseShown({ client }: Context, { claimed }: Shown, refusal: Refusal): Promise<void> {
  const refused = await refuseTransaction(client, claimed.transactionId, refusal);
  if (!refused.ok) throw commandFailure(refused.failure);
}
