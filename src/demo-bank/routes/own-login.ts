// A login under way and the one browser that it belongs to, for every way to log in.
import type { CallFailure, Result, StartedAuthentication } from "../../client/index.ts";
import { BANK_NAME, RELYING_PARTY_NAME } from "../bank.ts";
import { failureOfCall } from "../failure.ts";
import { newToken } from "../storage/browsers.ts";
import { addLogin, findLogin, type Login } from "../storage/logins.ts";
import { type BankContext, currentCustomer, giveLoginToken, readToken, showProblem } from "./browser.ts";

const TEXT = `Log in to ${BANK_NAME}`;

/** What the authenticator shows to whoever opened a link of this bank. */
export const LINK_INTERACTIONS = [{ type: "displayTextAndPIN", displayText60: TEXT }] as const;

/**
 * What it shows to whoever is asked by number, and perhaps began nothing: who sees no page of the bank cannot choose the right code but by
 * luck. The others are for an authenticator that has no such choice.
 */
export const NOTIFICATION_INTERACTIONS = [
  { type: "confirmationMessageAndVerificationCodeChoice", displayText200: TEXT },
  { type: "confirmationMessage", displayText200: TEXT },
  ...LINK_INTERACTIONS,
] as const;

export const ABOUT_LOGIN = `You are logging in to ${BANK_NAME}. The authenticator calls it ${RELYING_PARTY_NAME}.`;

export const pathOf = (login: string): string => `/demo/login/${login}`;

/** A token of its own for every login: one that somebody else knows finishes nothing. */
export async function begin(
  context: BankContext,
  login: { readonly id: string; readonly remember: boolean },
  started: Result<StartedAuthentication, CallFailure>,
): Promise<Response> {
  if (!started.ok) return showProblem(context, failureOfCall(started.failure), { again: ["/demo?other", "Try again"] });
  const token = newToken();
  await addLogin(context.var.bank.database, token, { ...login, started: started.value });
  giveLoginToken(context, token, pathOf(login.id), started.value.flow === "device-link");
  return context.redirect(pathOf(login.id), 303);
}

/** Undefined for another browser's. */
export const ownLogin = (context: BankContext): Promise<Login | undefined> =>
  findLogin(context.var.bank.database, context.req.param("id") ?? "", readToken(context, "bank_login"));

/** Another browser's login, or one that was finished: who is logged in already is where that leads. */
export async function strange(context: BankContext): Promise<Response> {
  if ((await currentCustomer(context)) !== undefined) return context.redirect("/demo/accounts", 303);
  return showProblem(context, "other-browser", { again: ["/demo", "Start again"] });
}
