// A new payment, and the look at it before it is signed.
import { html } from "hono/html";
import { EXAMPLE_ACCOUNT_NUMBER, formatAccountNumber } from "../payment/account-number.ts";
import { formatAmount } from "../payment/amount.ts";
import type { PaymentField, PaymentForm, PaymentProblems } from "../payment/payment-form.ts";
import type { Account, Customer } from "../storage/customers.ts";
import type { Payment } from "../storage/payments.ts";
import { facts, type Markup, type Page } from "./layout.ts";

export const EMPTY_FORM: PaymentForm = { recipient: "", account: "", amount: "", reference: "" };

export const EXAMPLE_FORM: PaymentForm = {
  recipient: "Wren & Sons Bicycles",
  account: formatAccountNumber(EXAMPLE_ACCOUNT_NUMBER),
  amount: "24.90",
  reference: "New bell",
};

export function newPaymentPage(customer: Customer, from: Account, form: PaymentForm, problems: PaymentProblems = {}): Page {
  const failed = Object.keys(problems).length > 0;
  const field = (name: PaymentField, label: string, attributes: Markup, hint?: string) =>
    inputField({ name, label, value: form[name], problem: problems[name], attributes, hint });
  return {
    title: "New payment",
    customer,
    current: "payment",
    status: failed ? 422 : 200,
    body: html`<section class="card narrow">
      <h1>New payment</h1>
      <p class="from">From <strong>${from.name}</strong>, ${formatAmount(from.balance)} there</p>
      ${failed ? html`<p class="problem" role="alert">Something is to be put right below.</p>` : ""}
      <form method="post" action="/demo/payments" novalidate>
        ${field("recipient", "Recipient", html`maxlength="100" autocomplete="off" required`)}
        ${field("account", "Account number", html`maxlength="60" autocomplete="off" spellcheck="false" required`, "Of the form of an IBAN")}
        ${field("amount", "Amount", html`maxlength="16" inputmode="decimal" autocomplete="off" required`, "Euros, for example 12.50")}
        ${field("reference", "Reference", html`maxlength="200" autocomplete="off"`, "May be left empty")}
        <button class="main">Continue</button>
      </form>
      <p class="note">Nobody to pay? <a href="/demo/payments/new?example">Fill in an example</a>.</p>
    </section>`,
  };
}

function inputField(input: {
  readonly name: PaymentField;
  readonly label: string;
  readonly value: string;
  readonly problem: string | undefined;
  readonly attributes: Markup;
  readonly hint: string | undefined;
}): Markup {
  const { name, label, value, problem, attributes, hint } = input;
  const described = [hint === undefined ? "" : `${name}-hint`, problem === undefined ? "" : `${name}-problem`].join(" ").trim();
  return html`<label for="${name}">${label}</label>
    <input
      id="${name}"
      name="${name}"
      value="${value}"
      ${attributes}
      ${problem === undefined ? "" : html`aria-invalid="true"`}
      ${described === "" ? "" : html`aria-describedby="${described}"`}
    />
    ${hint === undefined ? "" : html`<p class="hint" id="${name}-hint">${hint}</p>`}
    ${problem === undefined ? "" : html`<p class="problem" id="${name}-problem">${problem}</p>`}`;
}

export const reviewPage = (customer: Customer, payment: Payment): Page => ({
  title: "Check the payment",
  customer,
  current: "payment",
  body: html`<section class="card narrow">
    <h1>Check the payment</h1>
    <p class="sum">${formatAmount(payment.amount)}</p>
    ${paymentFacts(payment)}
    <form method="post" action="/demo/payments/${payment.id}/confirm">
      <fieldset>
        <legend>How do you want to compare the code?</legend>
        <label class="tick"
          ><input type="radio" name="comparison" value="message" checked />By eye: the same code stands on both sides</label
        >
        <label class="tick"
          ><input type="radio" name="comparison" value="choice" />By choice: the authenticator offers three codes</label
        >
      </fieldset>
      <button class="main">Confirm with PIN2</button>
    </form>
    <p class="note">PIN2 is typed in the authenticator, never here. <a href="/demo/payments/new">Start over</a></p>
  </section>`,
});

export const paymentFacts = (payment: Payment): Markup =>
  facts([
    ["Recipient", payment.recipient],
    ["To account", formatAccountNumber(payment.recipient_account)],
    ["From account", formatAccountNumber(payment.account)],
    ["Reference", payment.reference === "" ? "None" : payment.reference],
  ]);
