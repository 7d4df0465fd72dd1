// A booked payment: what was signed, by whom, with which certificate, whether it still verifies, and how anybody can check that.
import type { X509Certificate } from "@peculiar/x509";
import { html } from "hono/html";
import { formatAmount } from "../payment/amount.ts";
import type { Customer } from "../storage/customers.ts";
import type { Payment } from "../storage/payments.ts";
import { facts, formatDay, formatTime, type Markup, type Page } from "./layout.ts";
import { paymentFacts } from "./payment-form.ts";

/** Names of the downloads, as the command names them. */
export const DOWNLOADS = ["payment.json", "signature.bin", "certificate.pem", "public-key.pem"] as const;
export type Download = (typeof DOWNLOADS)[number];

const LABELS: Readonly<Record<Download, string>> = {
  "payment.json": "Document",
  "signature.bin": "Signature",
  "certificate.pem": "Certificate",
  "public-key.pem": "Public key",
};

const COMMAND = `openssl dgst -sha512 -sigopt rsa_padding_mode:pss \\
  -sigopt rsa_pss_saltlen:64 -sigopt rsa_mgf1_md:sha512 \\
  -verify public-key.pem -signature signature.bin payment.json`;

export function receiptPage(input: {
  readonly customer: Customer;
  readonly payment: Payment;
  /** The exact bytes, as text. */
  readonly document: string;
  /** Undefined where the check that was just made failed. */
  readonly certificate: X509Certificate | undefined;
}): Page {
  const { customer, payment, document, certificate } = input;
  return {
    title: "Payment confirmed",
    customer,
    body: html`<section class="card receipt">
        <h1>Payment confirmed</h1>
        <p class="sum">${formatAmount(payment.amount)}</p>
        ${paymentFacts(payment)}
        <p class="note">Booked ${payment.booked_at === null ? "" : formatTime(payment.booked_at)}</p>
        <p class="actions">
          <a class="button" href="/demo/accounts">To the accounts</a
          ><a class="button second" href="/demo/payments/new">Another payment</a>
        </p>
      </section>
      <section class="card proof">
        ${certificate === undefined ? broken() : verified(certificate, payment)}
        <h3>What was signed</h3>
        <pre class="document" tabindex="0" aria-label="Signed document">${document}</pre>
        <h3>Check it yourself</h3>
        <ul class="downloads">
          ${DOWNLOADS.map((name) => html`<li><a href="/demo/payments/${payment.id}/${name}" download="${name}">${LABELS[name]}</a></li>`)}
        </ul>
        <pre class="command" tabindex="0" aria-label="Command that verifies the signature">${COMMAND}</pre>
      </section>`,
  };
}

const verified = (certificate: X509Certificate, { document_number }: Payment): Markup =>
  html`<h2 class="good">Signature verified</h2>
    <p>Just now, anew: the certificate leads to an authority that this bank trusts, and the signature is over this document.</p>
    ${facts([
      ["Signed by", subjectLine(certificate)],
      ["Document number", document_number ?? ""],
      ["Certificate", html`<code>${certificate.serialNumber}</code>`],
      ["Issued by", certificate.issuerName.getField("CN").join(", ")],
      ["Valid", html`${formatDay(certificate.notBefore.getTime())} to ${formatDay(certificate.notAfter.getTime())}`],
    ])}`;

const broken = (): Markup =>
  html`<h2 class="bad">Signature not verified</h2>
    <p role="alert">
      What the bank has kept does not go together any more: document, signature or certificate were changed. Nothing on this page
      proves anything.
    </p>`;

const subjectLine = ({ subjectName }: X509Certificate): string =>
  ["2.5.4.42", "2.5.4.4", "2.5.4.5"].map((attribute) => subjectName.getField(attribute).join(" ")).join(" ");
