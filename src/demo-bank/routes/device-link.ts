// Logging in by device link: nobody says who they are, so nobody can be asked to confirm by a stranger who knows their number. The QR
// code moves, and the way back from the authenticator is open to the one browser that began.
import { Hono } from "hono";
import { qrLink, verifyCallback } from "../../client/index.ts";
import type { BankEnvironment } from "../bank.ts";
import { lookAgainPage } from "../pages/device-link.ts";
import { drawQr } from "../pages/qr-drawing.ts";
import { PERSON_MILLISECONDS } from "../pages/waiting.ts";
import { newToken } from "../storage/browsers.ts";
import { isFinishedFor, keepReturn, newLoginId } from "../storage/logins.ts";
import { type BankContext, currentCustomer, readForm, show, showProblem } from "./browser.ts";
import { begin, LINK_INTERACTIONS, ownLogin, pathOf } from "./own-login.ts";

export const deviceLinkRoutes = new Hono<BankEnvironment>();

deviceLinkRoutes.post("/login/link", async (context) => {
  const { api, url } = context.var.bank;
  // The cookie of the login would stay at this address, and the authenticator returns to the other.
  if (new URL(context.req.url).origin !== new URL(url).origin) {
    return showProblem(context, "other-address", { again: [url, `Go to ${url}`] });
  }
  const id = newLoginId();
  const initialCallbackUrl = `${new URL(url).origin}${pathOf(id)}/return?value=${newToken()}`;
  const started = await api.startDeviceLinkAuthentication("anyone", { interactions: LINK_INTERACTIONS, initialCallbackUrl });
  return begin(context, { id, remember: false }, started);
});

/**
 * `{"size","path","age"}` of the code of now; `age`: milliseconds of its second that are over. 403: not this browser's; 410: there are
 * no more.
 */
deviceLinkRoutes.get("/login/:id/frame", async (context) => {
  const login = await ownLogin(context);
  if (login === undefined) return context.json({}, 403);
  const { started } = login;
  const now = Date.now();
  if (started?.flow !== "device-link" || now >= started.receivedAt + PERSON_MILLISECONDS) return context.json({}, 410);
  return context.json({ ...drawQr(await qrLink(started, now)), age: Math.max(0, now - started.receivedAt) % 1_000 });
});

/**
 * Where the authenticator returns to, after a refusal too. First whose browser it is, then whether the secret behind the link is this
 * login's; only then what came along is kept, for the verification of the answer. Decides nothing and opens no session: this request
 * may come from another site. The next page's own form does that, at an address without any of this.
 */
deviceLinkRoutes.get("/login/:id/return", async (context) => {
  const login = await ownLogin(context);
  if (login === undefined) return strangeReturn(context);
  const { id, started } = login;
  if (started?.flow === "device-link") {
    const { pathname, search } = new URL(context.req.url);
    const address = `${new URL(context.var.bank.url).origin}${pathname}${search}`;
    const verified = await verifyCallback(started, address);
    if (!verified.ok) {
      console.error(`demo bank: a return was not verified: ${verified.failure.code}`);
      return showProblem(context, "other-return", { again: [pathOf(id), "Back to the login"] });
    }
    await keepReturn(context.var.bank.database, id, address);
  }
  return context.redirect(pathOf(id), 303);
});

/**
 * A second look at one's own finished login leads where the first one led; everybody else hears what was tried with them. Who is logged
 * in is not known yet: where the authenticator is another site, the cookie of the session did not come along. So a page of this site
 * looks again, at an address in which nothing stands that somebody could ask them for.
 */
const strangeReturn = (context: BankContext): Response =>
  context.redirect(`/demo/strange-return?login=${encodeURIComponent(context.req.param("id") ?? "")}`, 303);

deviceLinkRoutes.get("/strange-return", (context) => show(context, lookAgainPage(context.req.query("login") ?? "")));

deviceLinkRoutes.post("/strange-return", async (context) => {
  const field = await readForm(context);
  const customer = await currentCustomer(context);
  const isOwn = customer !== undefined && (await isFinishedFor(context.var.bank.database, field("login"), customer.id));
  return isOwn
    ? context.redirect("/demo/accounts", 303)
    : showProblem(context, "strange-return", { again: ["/demo", "To the start"] });
});
