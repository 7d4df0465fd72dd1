// Logging in: by personal code or as whom this device remembers, then the wait for PIN1, then a session, whichever way it was. Only the
// browser that started a login can look at it or finish it. How one starts without saying who one is: device-link.ts.
import { Hono } from "hono";
import { deviceLink } from "../../client/index.ts";
import type { BankEnvironment } from "../bank.ts";
import { isBankFailure, type BankFailure } from "../failure.ts";
import { advanceLogin } from "../login/settling.ts";
import { deviceLinkPage, finishingPage, newLinkForm } from "../pages/device-link.ts";
import { frontPage } from "../pages/front.ts";
import type { Page } from "../pages/layout.ts";
import { PERSON_MILLISECONDS, waitingPage } from "../pages/waiting.ts";
import { semanticsIdentifierOf } from "../person/semantics-identifier.ts";
import { customerByToken, forget, rememberDevice } from "../storage/browsers.ts";
import { type Login, newLoginId, openSession } from "../storage/logins.ts";
import { type BankContext, giveToken, readForm, readToken, show, showProblem, takeToken } from "./browser.ts";
import { ABOUT_LOGIN, begin, NOTIFICATION_INTERACTIONS, ownLogin, pathOf, strange } from "./own-login.ts";
import { QUICK_LOOK_MILLISECONDS, statusAnswer } from "./progress.ts";

export const loginRoutes = new Hono<BankEnvironment>();

loginRoutes.post("/login", async (context) => {
  const field = await readForm(context);
  const [country, code, remember] = [field("country"), field("code"), field("remember") === "yes"];
  const semanticsIdentifier = semanticsIdentifierOf(country, code);
  if (semanticsIdentifier === undefined) {
    const problem = "This is not a personal code. Write it as it stands in your document.";
    return show(context, frontPage({ form: { country, code: code.slice(0, 40), remember }, problem }));
  }
  const { api } = context.var.bank;
  const started = await api.startNotificationAuthentication({ semanticsIdentifier }, { interactions: NOTIFICATION_INTERACTIONS });
  return begin(context, { id: newLoginId(), remember }, started);
});

loginRoutes.post("/login/remembered", async (context) => {
  const { api, database } = context.var.bank;
  const customer = await customerByToken(database, "bank_devices", readToken(context, "bank_device"), Date.now());
  if (customer === undefined) return context.redirect("/demo", 303);
  const { document_number: documentNumber } = customer;
  const started = await api.startNotificationAuthentication({ documentNumber }, { interactions: NOTIFICATION_INTERACTIONS });
  return begin(context, { id: newLoginId(), remember: false }, started);
});

loginRoutes.post("/forget", async (context) => {
  await forget(context.var.bank.database, "bank_devices", readToken(context, "bank_device"));
  takeToken(context, "bank_device");
  return context.redirect("/demo", 303);
});

loginRoutes.post("/logout", async (context) => {
  await forget(context.var.bank.database, "bank_sessions", readToken(context, "bank_session"));
  takeToken(context, "bank_session");
  return context.redirect("/demo", 303);
});

loginRoutes.get("/login/:id", async (context) => {
  const login = await ownLogin(context);
  if (login === undefined) return strange(context);
  return isBankFailure(login.outcome) ? failed(context, login, login.outcome) : show(context, await pageOf(context, login));
});

loginRoutes.get("/login/:id/status", (context) =>
  statusAnswer(context, async (wait) => {
    const login = await ownLogin(context);
    return login === undefined ? "over" : advanceLogin(context.var.bank, login, wait);
  }),
);

loginRoutes.post("/login/:id/continue", async (context) => {
  const { bank } = context.var;
  const login = await ownLogin(context);
  if (login === undefined) return strange(context);
  const progress = await advanceLogin(bank, login, QUICK_LOOK_MILLISECONDS);
  const here = pathOf(login.id);
  if (progress === "running" || progress === "confirmed") return context.redirect(`${here}?still=${progress}`, 303);
  if (progress !== "over") return showProblem(context, progress, { again: [here, "Back to the login"] });
  const token = await openSession(bank.database, login.id, Date.now());
  // Failed, or finished before: the page of the login knows which.
  if (token === undefined) return login.finished_at === null ? context.redirect(here, 303) : strange(context);
  await forget(bank.database, "bank_sessions", readToken(context, "bank_session"));
  giveToken(context, "bank_session", token);
  takeToken(context, "bank_login", here);
  if (login.remember === 1) {
    await forget(bank.database, "bank_devices", readToken(context, "bank_device"));
    giveToken(context, "bank_device", await rememberDevice(bank.database, token, Date.now()));
  }
  return context.redirect("/demo/accounts", 303);
});

async function pageOf(context: BankContext, { id, started, started_at, returned_to }: Login): Promise<Page> {
  const path = pathOf(id);
  const remaining = Math.max(0, started_at + PERSON_MILLISECONDS - Date.now());
  const still = context.req.query("still");
  if (started === undefined || returned_to !== null) return finishingPage(path, remaining, still !== undefined);
  const common = { path, remaining, about: ABOUT_LOGIN };
  if (started.flow === "device-link") {
    return deviceLinkPage({ ...common, web2AppLink: await deviceLink(started, "Web2App"), still });
  }
  const { verificationCode: code } = started;
  return waitingPage({
    ...common,
    title: "Confirm with PIN1",
    code,
    choice: "usual",
    pin: "PIN1",
    stillWaiting: still !== undefined,
  });
}

/** Statuses count where a form is answered at once; this page is looked at later. */
function failed(context: BankContext, { flow }: Login, failure: BankFailure): Promise<Response> {
  if (flow === "notification") return showProblem(context, failure, { again: ["/demo", "Try again"], answersForm: false });
  const unused = failure === "timed-out";
  const form = newLinkForm(unused ? "New code" : "Try again");
  const again = ["/demo?other", "Other ways to log in"] as const;
  return showProblem(context, unused ? "code-over" : failure, { form, again, answersForm: false });
}
