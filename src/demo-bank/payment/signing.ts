// From a payment to its signature: asks for PIN2, looks for the answer, verifies it, books. What a browser sends plays no part
// in it but for naming the customer's own payment.
import {
  type CompletedSession,
  DEFAULT_ALGORITHM,
  digestOf,
  type StartedNotificationSignature,
  verifyKeptSignature,
  verifySignature,
} from "../../client/index.ts";
import { ocspStatus } from "../../client/ocsp.ts";
import type { Bank } from "../bank.ts";
import { randomBytes, toBase64Url } from "../bytes.ts";
import { type BankFailure, failureOfCall, failureOfEndResult, isTransient } from "../failure.ts";
import type { Customer } from "../storage/customers.ts";
import { beginSigning, bookPayment, failPayment, findPayment, keepSession, type Payment } from "../storage/payments.ts";
import { confirmationText, paymentDocument } from "./payment-document.ts";

/** 20 characters; the API takes up to 30. */
const NONCE_BYTES = 15;
/** A request for a signature that has not come back by then was cut off. */
const STARTING_MILLISECONDS = 30_000;
const PAUSE_WHILE_STARTING = 500;

/** Asks the device that the customer logged in with. Asking again while a try is under way, or after booking, changes nothing. */
export async function askForSignature(
  { api, database }: Bank,
  customer: Customer,
  payment: Payment,
  choice: boolean,
): Promise<void> {
  const interactionType = choice ? "confirmationMessageAndVerificationCodeChoice" : "confirmationMessage";
  const documentNumber = customer.document_number;
  const attempt = await beginSigning(database, payment.id, { interactionType, documentNumber, now: Date.now() });
  if (attempt === undefined) return;
  const started = await api.startNotificationSignature(
    { documentNumber },
    {
      digest: await digestOf(paymentDocument(payment)),
      interactions: [{ type: interactionType, displayText200: confirmationText(payment) }],
      // Without it the API would answer a second try with the session of the first, which is over.
      nonce: toBase64Url(randomBytes(NONCE_BYTES)),
    },
  );
  if (started.ok) await keepSession(database, payment.id, attempt, started.value);
  else await failPayment(database, payment.id, attempt, failureOfCall(started.failure));
}

/** Looks whether there is an answer, and books or fails the payment by it. A failure: nobody knows yet. */
export async function advancePayment(
  bank: Bank,
  customer: Customer,
  payment: Payment,
  wait: number,
): Promise<"running" | "over" | BankFailure> {
  if (payment.state !== "signing") return "over";
  const { id, attempt, started } = payment;
  if (started === undefined) return awaitStart(bank, payment);
  const asked = await bank.api.status(started, { timeoutMs: wait });
  if (!asked.ok) {
    const failure = failureOfCall(asked.failure);
    if (isTransient(asked.failure)) return failure;
    await failPayment(bank.database, id, attempt, failure);
    return "over";
  }
  if (asked.value.state === "RUNNING") return "running";
  const failure = await settle(bank, customer, payment, started, asked.value);
  if (failure === "unreachable") return failure;
  if (failure !== undefined) await failPayment(bank.database, id, attempt, failure);
  return "over";
}

/** The code is on its way: there is news when it has come. */
async function awaitStart({ database }: Bank, { id, attempt, started_at, customer }: Payment): Promise<"running" | "over"> {
  if (Date.now() - (started_at ?? 0) > STARTING_MILLISECONDS) {
    await failPayment(database, id, attempt, "service-trouble");
    return "over";
  }
  await new Promise((resolve) => setTimeout(resolve, PAUSE_WHILE_STARTING));
  const now = await findPayment(database, id, customer);
  return now?.started === undefined && now?.state === "signing" ? "running" : "over";
}

/** Undefined where the payment was booked, by this call or by another; `unreachable` where nothing is decided yet. */
async function settle(
  { anchors, database }: Bank,
  customer: Customer,
  payment: Payment,
  asked: StartedNotificationSignature,
  answer: CompletedSession,
): Promise<BankFailure | undefined> {
  if (answer.endResult !== "OK") return failureOfEndResult(answer.endResult);
  // What must have been signed is the payment as it stands, whatever was sent.
  const started = { ...asked, digest: await digestOf(paymentDocument(payment)) };
  const expectedIdentity = { semanticsIdentifier: customer.semantics_identifier };
  const verdict = await verifySignature(started, answer, { anchors, expectedIdentity, certificateStatus: ocspStatus() });
  // The answer stays where it is for some minutes.
  if (!verdict.ok && verdict.failure.code === "status_unreachable") return "unreachable";
  if (!verdict.ok) {
    console.error(`demo bank: a payment was not verified: ${verdict.failure.code}`);
    return "not-verified";
  }
  await bookPayment(database, payment, verdict.value, Date.now());
  return undefined;
}

/** Whether what lies in the database is, by itself and now, a signature over this payment. */
export async function keptVerdict(
  { anchors }: Bank,
  customer: Customer,
  payment: Payment,
): ReturnType<typeof verifyKeptSignature> {
  const kept = {
    signature: payment.signature ?? "",
    certificate: payment.certificate ?? "",
    algorithm: DEFAULT_ALGORITHM,
    digest: await digestOf(paymentDocument(payment)),
    semanticsIdentifier: customer.semantics_identifier,
    documentNumber: payment.document_number ?? "",
    certificateLevel: "QUALIFIED",
  } as const;
  // A signature stays one when its certificate has expired since.
  return verifyKeptSignature(kept, { anchors, now: payment.booked_at ?? Date.now() });
}
