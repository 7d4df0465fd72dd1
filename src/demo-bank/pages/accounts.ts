// What a customer has, and what happened to it.
import { html } from "hono/html";
import { formatAccountNumber } from "../payment/account-number.ts";
import { formatAmount } from "../payment/amount.ts";
import type { Account, Customer, Entry } from "../storage/customers.ts";
import { formatShortDay, type Markup, type Page } from "./layout.ts";

export function accountsPage(customer: Customer, accounts: readonly Account[], recent: readonly Entry[]): Page {
  const total = accounts.reduce((sum, { balance }) => sum + balance, 0);
  return {
    title: "Accounts",
    customer,
    current: "accounts",
    body: html`<h1>Good to see you, ${customer.given_name}.</h1>
      <p class="lead">Altogether you have <strong>${formatAmount(total)}</strong>.</p>
      <ul class="accounts">
        ${accounts.map(
          ({ name, number, balance }) =>
            html`<li class="card account">
              <h2>${name}</h2>
              <p class="number">${formatAccountNumber(number)}</p>
              <p class="balance">${formatAmount(balance)}</p>
            </li>`,
        )}
      </ul>
      <p class="actions"><a class="button" href="/demo/payments/new">Make a payment</a></p>
      <section class="card">
        <h2>Lately</h2>
        ${entryTable(recent)}
        <p class="note"><a href="/demo/history">Everything that was booked</a></p>
      </section>`,
  };
}

export const historyPage = (customer: Customer, entries: readonly Entry[]): Page => ({
  title: "History",
  customer,
  current: "history",
  body: html`<h1>History</h1>
    <section class="card">${entryTable(entries)}</section>
    <p class="note">Payments that you confirmed with PIN2 lead to their signatures.</p>`,
});

const entryTable = (entries: readonly Entry[]): Markup =>
  html`<table class="entries">
    <thead>
      <tr>
        <th scope="col">Day</th>
        <th scope="col">What</th>
        <th scope="col" class="money">Amount</th>
      </tr>
    </thead>
    <tbody>
      ${entries.map(
        (entry) =>
          html`<tr>
            <td class="day">${formatShortDay(entry.booked_at)}</td>
            <td>
              ${
                entry.payment === null
                  ? html`<span class="who">${entry.counterparty}</span>`
                  : html`<a class="who" href="/demo/payments/${entry.payment}">${entry.counterparty}</a>`
              }
              <span class="what"
                >${entry.reference === "" ? entry.account_name : `${entry.reference} · ${entry.account_name}`}</span
              >
            </td>
            <td class="money ${entry.amount < 0 ? "out" : "in"}">${formatAmount(entry.amount)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
