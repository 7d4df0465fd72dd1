// Between a request and the bank: cookies, forms, pages. Cookies are HttpOnly, SameSite=Strict and for /demo alone; that of a login
// under way is for the paths of this login alone, so that several tabs can log in at once. Where the login comes back from an
// authenticator, which may be another site, its cookie is Lax: that of a session never is.
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { BankEnvironment } from "../bank.ts";
import { layout, type Page } from "../pages/layout.ts";
import { type Problem, problemPage } from "../pages/problem.ts";
import { customerByToken, DEVICE_MILLISECONDS, SESSION_MILLISECONDS } from "../storage/browsers.ts";
import type { Customer } from "../storage/customers.ts";

export type BankContext = Context<BankEnvironment>;

/** Seconds; the session's own end stands in the database. */
const LIFETIMES = {
  bank_session: SESSION_MILLISECONDS / 1000,
  bank_device: DEVICE_MILLISECONDS / 1000,
  /** A login under way. */
  bank_login: 15 * 60,
} as const;

type CookieName = keyof typeof LIFETIMES;

export const readToken = (context: BankContext, name: CookieName): string | undefined => getCookie(context, name);

const attributesFor = (context: BankContext, path: string) =>
  ({ path, httpOnly: true, sameSite: "Strict", secure: new URL(context.req.url).protocol === "https:" }) as const;

export function giveToken(context: BankContext, name: Exclude<CookieName, "bank_login">, token: string): void {
  setCookie(context, name, token, { ...attributesFor(context, "/demo"), maxAge: LIFETIMES[name] });
}

/** `path`: of the pages of the login. */
export function giveLoginToken(context: BankContext, token: string, path: string, comesBack: boolean): void {
  const sameSite = comesBack ? "Lax" : "Strict";
  setCookie(context, "bank_login", token, { ...attributesFor(context, path), sameSite, maxAge: LIFETIMES.bank_login });
}

export function takeToken(context: BankContext, name: CookieName, path = "/demo"): void {
  deleteCookie(context, name, attributesFor(context, path));
}

export const show = async (context: BankContext, page: Page): Promise<Response> =>
  context.html(await layout(page), page.status ?? 200);

export const showProblem = (
  context: BankContext,
  problem: Problem,
  input?: Parameters<typeof problemPage>[1],
): Promise<Response> => show(context, problemPage(problem, input));

/** Who is logged in; undefined for nobody. */
export const currentCustomer = (context: BankContext): Promise<Customer | undefined> =>
  customerByToken(context.var.bank.database, "bank_sessions", readToken(context, "bank_session"), Date.now());

/** For pages of a customer: the page, or what somebody sees who is not logged in (any more). */
export async function asCustomer(context: BankContext, page: (customer: Customer) => Promise<Response>): Promise<Response> {
  const customer = await currentCustomer(context);
  if (customer !== undefined) return page(customer);
  if (readToken(context, "bank_session") === undefined) return context.redirect("/demo", 303);
  takeToken(context, "bank_session");
  return showProblem(context, "session-over", { again: ["/demo", "Log in"] });
}

/** The fields of a form, as text; what is missing, a file, or there twice, is empty. */
export async function readForm(context: BankContext): Promise<(name: string) => string> {
  const form = await context.req.formData().catch(() => new FormData());
  return (name) => {
    const [value, ...more] = form.getAll(name);
    return typeof value === "string" && more.length === 0 ? value : "";
  };
}
