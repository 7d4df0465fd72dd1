// The first page: what this bank is, and the way in.
import { html } from "hono/html";
import { BANK_NAME } from "../bank.ts";
import { COUNTRIES } from "../person/countries.ts";
import type { Customer } from "../storage/customers.ts";
import { newLinkForm } from "./device-link.ts";
import type { Markup, Page } from "./layout.ts";

export interface LoginForm {
  readonly country: string;
  readonly code: string;
  readonly remember: boolean;
}

export function frontPage(input: {
  /** Whom this device remembers. */
  readonly remembered?: Customer | undefined;
  /** The form for a personal code is open. */
  readonly byCode?: boolean;
  readonly form?: LoginForm;
  readonly problem?: string;
}): Page {
  const { remembered, form, problem, byCode = problem !== undefined } = input;
  return {
    title: remembered === undefined ? "Log in" : "Welcome back",
    status: problem === undefined ? 200 : 422,
    body: html`<div class="front">
      <section class="pitch">
        <p class="eyebrow">A bank to try Tally with</p>
        <h1>Money grows on trees here.</h1>
        <p class="lead">
          ${BANK_NAME} gives every new customer two accounts and some invented money. Log in with PIN1, pay somebody with PIN2,
          and look at the signature that comes out of it.
        </p>
      </section>
      <section class="card">
        ${remembered === undefined ? html`${linkForm()}${personForm(byCode, form, problem)}` : rememberedForm(remembered)}
      </section>
      <section class="how" aria-label="How to begin">
        <ol class="steps">
          <li><a href="/" target="_blank" rel="noopener">Make an account</a> in the authenticator, on this device or another.</li>
          <li>Log in here: scan the code with your phone, or go to the authenticator on this device and come back.</li>
          <li>Type PIN1 in the authenticator, never here.</li>
        </ol>
      </section>
    </div>`,
  };
}

const linkForm = (): Markup =>
  html`<h2>Log in</h2>
    <p>With the authenticator on your phone, or on this device. You type nothing here.</p>
    ${newLinkForm("Log in with the authenticator")}
    <p class="note">No account yet? <a href="/" target="_blank" rel="noopener">Make one in the authenticator</a>.</p>`;

const personForm = (open: boolean, form: LoginForm = { country: "EE", code: "", remember: false }, problem?: string): Markup =>
  html`<details class="other-way" ${open ? "open" : ""}>
    <summary>Log in with a personal code</summary>
    <p class="note">Your authenticator is asked. Compare the code on both sides before you confirm.</p>
    <form method="post" action="/demo/login">
      <label for="country">Country</label>
      <select id="country" name="country" autocomplete="country">
        ${COUNTRIES.map(([code, name]) =>
          code === form.country
            ? html`<option value="${code}" selected>${name}</option>`
            : html`<option value="${code}">${name}</option>`,
        )}
      </select>
      <label for="code">Personal code</label>
      <input
        id="code"
        name="code"
        value="${form.code}"
        maxlength="40"
        autocomplete="off"
        spellcheck="false"
        required
        ${problem === undefined ? "" : html`autofocus aria-invalid="true" aria-describedby="code-problem"`}
      />
      ${problem === undefined ? "" : html`<p class="problem" id="code-problem">${problem}</p>`}
      <label class="tick"
        ><input type="checkbox" name="remember" value="yes" ${form.remember ? "checked" : ""} />Remember me on this device</label
      >
      <button class="main">Log in</button>
    </form>
  </details>`;

const rememberedForm = ({ given_name, surname }: Customer): Markup =>
  html`<h2>Welcome back</h2>
    <form method="post" action="/demo/login/remembered">
      <button class="main">Log in as ${given_name} ${surname}</button>
    </form>
    <p class="note"><a href="/demo?other">Log in as somebody else</a></p>
    <form method="post" action="/demo/forget">
      <button class="quiet">Forget me on this device</button>
    </form>`;
