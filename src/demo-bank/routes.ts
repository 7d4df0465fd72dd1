// The demo bank, mounted at /demo: a relying party that uses the public API like any outsider. It exists only where the start
// script of a developer's machine gives it a database and trust anchors; anywhere else its paths are nobody's.
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import { type BankEnvironment, openBank } from "./bank.ts";
import { accountsPage, historyPage } from "./pages/accounts.ts";
import { frontPage } from "./pages/front.ts";
import { iconFile } from "./pages/mark.ts";
import { asCustomer, currentCustomer, readToken, show, showProblem } from "./routes/browser.ts";
import { deviceLinkRoutes } from "./routes/device-link.ts";
import { loginRoutes } from "./routes/login.ts";
import { paymentRoutes } from "./routes/payments.ts";
import { customerByToken } from "./storage/browsers.ts";
import { accountsOf, entriesOf } from "./storage/customers.ts";
import { prepareTables } from "./storage/schema.ts";

/** Bytes: no form here comes near it. */
const FORM_LIMIT = 16 * 1024;
const RECENT_ENTRIES = 5;
const HISTORY_ENTRIES = 200;

const HEADERS = {
  "content-security-policy": [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
  ].join("; "),
  // A stricter policy would take the Origin off the bank's own forms.
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
  "cache-control": "no-store",
};

export const demoBank = new Hono<BankEnvironment>();

demoBank.onError((error, context) => {
  if (error instanceof HTTPException && error.status === 403) return showProblem(context, "foreign-form");
  console.error("demo bank:", error instanceof Error ? (error.stack ?? error.message) : typeof error);
  return showProblem(context, "bank-trouble");
});

// First and by itself: whatever comes after it may throw, and the page that says so needs them too.
demoBank.use("*", async (context, next) => {
  if (context.env.DEMO_BANK === undefined) return context.notFound();
  await next();
  for (const [name, value] of Object.entries(HEADERS)) context.res.headers.set(name, value);
  return undefined;
});

demoBank.use("*", async (context, next) => {
  const { DEMO_BANK: database } = context.env;
  if (database === undefined) throw new Error("the bank lacks its database");
  if (context.req.path === "/demo/") return context.redirect("/demo", 308);
  await prepareTables(database);
  context.set("bank", await openBank(database, context.env));
  await next();
  return undefined;
});

demoBank.use("*", csrf());
demoBank.use("*", bodyLimit({ maxSize: FORM_LIMIT, onError: (context) => showProblem(context, "too-large") }));

demoBank.get("/", async (context) => {
  if ((await currentCustomer(context)) !== undefined) return context.redirect("/demo/accounts", 303);
  if (context.req.query("code") !== undefined) return show(context, frontPage({ byCode: true }));
  if (context.req.query("other") !== undefined) return show(context, frontPage({}));
  const { database } = context.var.bank;
  const remembered = await customerByToken(database, "bank_devices", readToken(context, "bank_device"), Date.now());
  return show(context, frontPage({ remembered }));
});

demoBank.get("/icon.svg", async (context) => context.body(String(await iconFile()), 200, { "content-type": "image/svg+xml" }));

demoBank.get("/accounts", (context) =>
  asCustomer(context, async (customer) => {
    const { database } = context.var.bank;
    const accounts = await accountsOf(database, customer.id);
    return show(context, accountsPage(customer, accounts, await entriesOf(database, customer.id, RECENT_ENTRIES)));
  }),
);

demoBank.get("/history", (context) =>
  asCustomer(context, async (customer) =>
    show(context, historyPage(customer, await entriesOf(context.var.bank.database, customer.id, HISTORY_ENTRIES))),
  ),
);

demoBank.route("/", deviceLinkRoutes);
demoBank.route("/", loginRoutes);
demoBank.route("/payments", paymentRoutes);
demoBank.all("*", (context) => showProblem(context, "not-found"));
