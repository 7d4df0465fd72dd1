// Payments: the form, the look at it, the wait for PIN2, the receipt. One address shows a payment in whatever state it is.
import "reflect-metadata";
import { X509Certificate } from "@peculiar/x509";
import { Hono } from "hono";
import { html } from "hono/html";
import type { BankEnvironment } from "../bank.ts";
import { fromBase64 } from "../bytes.ts";
import { isBankFailure } from "../failure.ts";
import { EMPTY_FORM, EXAMPLE_FORM, newPaymentPage, reviewPage } from "../pages/payment-form.ts";
import { DOWNLOADS, type Download, receiptPage } from "../pages/receipt.ts";
import { PERSON_MILLISECONDS, waitingPage } from "../pages/waiting.ts";
import { formatAmount } from "../payment/amount.ts";
import { paymentDocument } from "../payment/payment-document.ts";
import { PAYMENT_FIELDS, type PaymentForm, readPaymentForm } from "../payment/payment-form.ts";
import { advancePayment, askForSignature, keptVerdict } from "../payment/signing.ts";
import { accountsOf, type Customer } from "../storage/customers.ts";
import { addPayment, DRAFT_MILLISECONDS, findPayment, type Payment } from "../storage/payments.ts";
import { asCustomer, type BankContext, currentCustomer, readForm, show, showProblem } from "./browser.ts";
import { QUICK_LOOK_MILLISECONDS, statusAnswer } from "./progress.ts";

export const paymentRoutes = new Hono<BankEnvironment>();

paymentRoutes.get("/new", (context) =>
  asCustomer(context, async (customer) => {
    const form = context.req.query("example") === undefined ? EMPTY_FORM : EXAMPLE_FORM;
    return show(context, newPaymentPage(customer, await payingAccount(context, customer), form));
  }),
);

paymentRoutes.post("/", (context) =>
  asCustomer(context, async (customer) => {
    const field = await readForm(context);
    const form = Object.fromEntries(PAYMENT_FIELDS.map((name) => [name, field(name)])) as PaymentForm;
    const from = await payingAccount(context, customer);
    const read = readPaymentForm(form, from.balance);
    if (!read.ok) return show(context, newPaymentPage(customer, from, form, read.problems));
    const id = await addPayment(context.var.bank.database, {
      customer: customer.id,
      account: from.number,
      holder: `${customer.given_name} ${customer.surname}`,
      order: read.order,
      now: Date.now(),
    });
    return context.redirect(`/demo/payments/${id}`, 303);
  }),
);

paymentRoutes.get("/:id", (context) => withPayment(context, (customer, payment) => showPayment(context, customer, payment)));

paymentRoutes.post("/:id/confirm", (context) =>
  withPayment(context, async (customer, payment) => {
    const field = await readForm(context);
    await askForSignature(context.var.bank, customer, payment, field("comparison") === "choice");
    return context.redirect(`/demo/payments/${payment.id}`, 303);
  }),
);

paymentRoutes.get("/:id/status", (context) =>
  statusAnswer(context, async (wait) => {
    const customer = await currentCustomer(context);
    const payment = await ownPayment(context, customer);
    return customer === undefined || payment === undefined ? "over" : advancePayment(context.var.bank, customer, payment, wait);
  }),
);

paymentRoutes.post("/:id/continue", (context) =>
  withPayment(context, async (customer, payment) => {
    const progress = await advancePayment(context.var.bank, customer, payment, QUICK_LOOK_MILLISECONDS);
    const here = `/demo/payments/${payment.id}`;
    if (progress === "over") return context.redirect(here, 303);
    if (progress === "running") return context.redirect(`${here}?still`, 303);
    return showProblem(context, progress, { customer, again: [here, "Back to the payment"] });
  }),
);

for (const name of DOWNLOADS) {
  paymentRoutes.get(`/:id/${name}`, (context) =>
    withPayment(context, async (customer, payment) => download(context, customer, payment, name)),
  );
}

/** The first of the customer's accounts. */
async function payingAccount(context: BankContext, customer: Customer) {
  const [account] = await accountsOf(context.var.bank.database, customer.id);
  if (account === undefined) throw new Error("a customer without an account");
  return account;
}

const ownPayment = async (context: BankContext, customer: Customer | undefined): Promise<Payment | undefined> =>
  customer === undefined ? undefined : findPayment(context.var.bank.database, context.req.param("id") ?? "", customer.id);

/** Somebody else's payment is one that there is not. */
const withPayment = (
  context: BankContext,
  answer: (customer: Customer, payment: Payment) => Promise<Response>,
): Promise<Response> =>
  asCustomer(context, async (customer) => {
    const payment = await ownPayment(context, customer);
    return payment === undefined
      ? showProblem(context, "not-found", { customer, again: ["/demo/accounts", "To the accounts"] })
      : answer(customer, payment);
  });

async function showPayment(context: BankContext, customer: Customer, payment: Payment): Promise<Response> {
  const { state, created_at, failure } = payment;
  if (state === "booked") return showReceipt(context, customer, payment);
  if (state === "signing") return showWaiting(context, customer, payment);
  const asNew = ["/demo/payments/new", "New payment"] as const;
  if (Date.now() >= created_at + DRAFT_MILLISECONDS) return showProblem(context, "payment-over", { customer, again: asNew });
  if (state === "draft" || !isBankFailure(failure)) return show(context, reviewPage(customer, payment));
  const again = html`<form method="post" action="/demo/payments/${payment.id}/confirm">
    <input type="hidden" name="comparison" value="${isChoice(payment) ? "choice" : "message"}" />
    <button class="main">Try again</button>
  </form>`;
  const form = failure === "insufficient-funds" ? {} : { form: again };
  return showProblem(context, failure, { customer, again: asNew, ...form, answersForm: false });
}

const isChoice = ({ interaction_type }: Payment): boolean => interaction_type === "confirmationMessageAndVerificationCodeChoice";

function showWaiting(context: BankContext, customer: Customer, payment: Payment): Promise<Response> {
  const page = waitingPage({
    title: "Confirm with PIN2",
    code: payment.started?.verificationCode,
    choice: isChoice(payment) ? "always" : "never",
    pin: "PIN2",
    remaining: Math.max(0, (payment.started_at ?? 0) + PERSON_MILLISECONDS - Date.now()),
    path: `/demo/payments/${payment.id}`,
    about: html`You are paying <strong>${formatAmount(payment.amount)}</strong> to ${payment.recipient}.`,
    stillWaiting: context.req.query("still") !== undefined,
    customer,
  });
  return show(context, page);
}

async function showReceipt(context: BankContext, customer: Customer, payment: Payment): Promise<Response> {
  const verdict = await keptVerdict(context.var.bank, customer, payment);
  if (!verdict.ok) console.error(`demo bank: a kept signature was not verified: ${verdict.failure.code}`);
  const document = new TextDecoder().decode(paymentDocument(payment));
  const certificate = verdict.ok ? new X509Certificate(verdict.value.certificate) : undefined;
  return show(context, receiptPage({ customer, payment, document, certificate }));
}

function download(context: BankContext, customer: Customer, payment: Payment, name: Download): Promise<Response> | Response {
  if (payment.state !== "booked") return showProblem(context, "not-found", { customer });
  const [content, type] = contentOf(payment, name);
  const headers = { "content-type": type, "content-disposition": `attachment; filename="${name}"` };
  return context.body(content, 200, headers);
}

function contentOf(payment: Payment, name: Download): readonly [content: Uint8Array<ArrayBuffer> | string, type: string] {
  switch (name) {
    case "payment.json":
      return [paymentDocument(payment), "application/json"];
    case "signature.bin":
      return [fromBase64(payment.signature ?? ""), "application/octet-stream"];
    case "certificate.pem":
      return [pemOf(new X509Certificate(payment.certificate ?? "")), "application/x-pem-file"];
    case "public-key.pem":
      return [pemOf(new X509Certificate(payment.certificate ?? "").publicKey), "application/x-pem-file"];
  }
}

const pemOf = (content: X509Certificate | X509Certificate["publicKey"]): string => `${content.toString("pem")}\n`;
