// From a payment to its signature: asks for PIN2, looks for the answer, verifies it, books. What a browser sends plays no part
// in it but for naming the customer's own payment.
import type { X509Certificate } from "@peculiar/x509";
import type { Bank } from "../bank.ts";
import { randomBytes, sha512, toBase64, toBase64Url } from "../bytes.ts";
import { type BankFailure, failureOfEndResult, isTransient } from "../failure.ts";
import type { CompleteSession } from "../relying-party-api/answers.ts";
import { CERTIFICATE_LEVEL, sessionStatus, startSignature } from "../relying-party-api/client.ts";
import { interactionsOf } from "../relying-party-api/interactions.ts";
import type { Customer } from "../storage/customers.ts";
import { beginSigning, bookPayment, failPayment, findPayment, keepSession, type Payment } from "../storage/payments.ts";
import { type ExpectedSignature, verifyKeptSignature, verifyPaymentAnswer } from "../verification/payment-signature.ts";
import type { Verdict } from "../verification/verdict.ts";
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
  const digest = toBase64(await sha512(paymentDocument(payment)));
  const interactions = interactionsOf(interactionType, confirmationText(payment)).encoded;
  // Without it the API would answer a second try with the session of the first, which is over.
  const nonce = toBase64Url(randomBytes(NONCE_BYTES));
  const started = await startSignature(api, { documentNumber }, { digest, interactions, nonce });
  if (started.ok) await keepSession(database, payment.id, attempt, started.value);
  else await failPayment(database, payment.id, attempt, started.failure);
}

/** Looks whether there is an answer, and books or fails the payment by it. A failure: nobody knows yet. */
export async function advancePayment(
  bank: Bank,
  customer: Customer,
  payment: Payment,
  wait: number,
): Promise<"running" | "over" | BankFailure> {
  if (payment.state !== "signing") return "over";
  const { id, attempt, session_id: sessionID } = payment;
  if (sessionID === null) return awaitStart(bank, payment);
  const asked = await sessionStatus(bank.api, sessionID, wait);
  if (!asked.ok && isTransient(asked.failure)) return asked.failure;
  const answer = asked.ok ? asked.value : undefined;
  if (answer?.state === "RUNNING") return "running";
  const failure = asked.ok ? await settle(bank, customer, payment, answer) : asked.failure;
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
  return now?.session_id === null && now.state === "signing" ? "running" : "over";
}

/** Undefined where the payment was booked, by this call or by another; `unreachable` where nothing is decided yet. */
async function settle(
  { anchors, database }: Bank,
  customer: Customer,
  payment: Payment,
  answer: CompleteSession | undefined,
): Promise<BankFailure | undefined> {
  // Results are kept for some minutes only: whoever comes later has missed it.
  if (answer === undefined) return "timed-out";
  if (answer.endResult !== "OK") return failureOfEndResult(answer.endResult);
  const expected = {
    ...expectedSignature(customer, payment),
    interactionType: payment.interaction_type ?? "",
    certificateLevel: CERTIFICATE_LEVEL,
  };
  const now = Date.now();
  const verdict = await verifyPaymentAnswer(answer, expected, anchors, now);
  // The answer stays where it is for some minutes.
  if (!verdict.ok && verdict.fault === "status-unreachable") return "unreachable";
  if (!verdict.ok) {
    console.error(`demo bank: a payment was not verified: ${verdict.fault}`);
    return "not-verified";
  }
  await bookPayment(database, payment, verdict.value, now);
  return undefined;
}

/** Whether what lies in the database is, by itself and now, a signature over this payment. */
export function keptVerdict({ anchors }: Bank, customer: Customer, payment: Payment): Promise<Verdict<X509Certificate>> {
  const kept = { value: payment.signature ?? "", certificate: payment.certificate ?? "" };
  // A signature stays one when its certificate has expired since.
  return verifyKeptSignature(kept, expectedSignature(customer, payment), anchors, payment.booked_at ?? Date.now());
}

const expectedSignature = (customer: Customer, payment: Payment): ExpectedSignature => ({
  document: paymentDocument(payment),
  semanticsIdentifier: customer.semantics_identifier,
  documentNumber: payment.document_number ?? "",
});
