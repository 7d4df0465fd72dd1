// Logging in: who, then the wait for PIN1, then a session. Only the browser that started a login can look at it or finish it.
import { Hono } from "hono";
import { type Bank, BANK_NAME, type BankEnvironment } from "../bank.ts";
import { fromBase64, randomBytes, toBase64 } from "../bytes.ts";
import { type BankFailure, failureOfEndResult, isBankFailure, isTransient } from "../failure.ts";
import { frontPage } from "../pages/front.ts";
import { PERSON_MILLISECONDS, waitingPage } from "../pages/waiting.ts";
import { semanticsIdentifierOf } from "../person/semantics-identifier.ts";
import { CERTIFICATE_LEVEL, RELYING_PARTY_NAME, sessionStatus, startAuthentication } from "../relying-party-api/client.ts";
import { interactionsOf } from "../relying-party-api/interactions.ts";
import { customerByToken, forget, newToken, rememberDevice } from "../storage/browsers.ts";
import { welcomeCustomer } from "../storage/customers.ts";
import { addLogin, findLogin, type Login, openSession, settleLogin } from "../storage/logins.ts";
import { verificationCode, verifyAuthentication } from "../verification/authentication.ts";
import { type BankContext, currentCustomer, giveToken, readForm, readToken, show, showProblem, takeToken } from "./browser.ts";
import { type Progress, QUICK_LOOK_MILLISECONDS, statusAnswer } from "./progress.ts";

const INTERACTIONS = interactionsOf("displayTextAndPIN", `Log in to ${BANK_NAME}`);
const CHALLENGE_BYTES = 64;

export const loginRoutes = new Hono<BankEnvironment>();

loginRoutes.post("/login", async (context) => {
  const field = await readForm(context);
  const [country, code, remember] = [field("country"), field("code"), field("remember") === "yes"];
  const semanticsIdentifier = semanticsIdentifierOf(country, code);
  if (semanticsIdentifier === undefined) {
    const problem = "This is not a personal code. Write it as it stands in your document.";
    return show(context, frontPage({ form: { country, code: code.slice(0, 40), remember }, problem }));
  }
  return begin(context, { semanticsIdentifier, documentNumber: null, remember });
});

loginRoutes.post("/login/remembered", async (context) => {
  const { database } = context.var.bank;
  const customer = await customerByToken(database, "bank_devices", readToken(context, "bank_device"), Date.now());
  if (customer === undefined) return context.redirect("/demo", 303);
  const { semantics_identifier: semanticsIdentifier, document_number: documentNumber } = customer;
  return begin(context, { semanticsIdentifier, documentNumber, remember: false });
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
  if (isBankFailure(login.outcome)) return failed(context, login.outcome);
  const challenge = fromBase64(login.rp_challenge);
  if (challenge === undefined) throw new Error("a challenge that is not base64 was stored");
  const page = waitingPage({
    title: "Confirm with PIN1",
    code: await verificationCode(challenge),
    choice: false,
    pin: "PIN1",
    remaining: Math.max(0, login.started_at + PERSON_MILLISECONDS - Date.now()),
    path: pathOf(login.id),
    about: `You are logging in to ${BANK_NAME}. The authenticator calls it ${RELYING_PARTY_NAME}.`,
    stillWaiting: context.req.query("still") !== undefined,
  });
  return show(context, page);
});

loginRoutes.get("/login/:id/status", (context) =>
  statusAnswer(context, async (wait) => {
    const login = await ownLogin(context);
    return login === undefined ? "over" : advance(context.var.bank, login, wait);
  }),
);

loginRoutes.post("/login/:id/continue", async (context) => {
  const { bank } = context.var;
  const login = await ownLogin(context);
  if (login === undefined) return strange(context);
  const progress = await advance(bank, login, QUICK_LOOK_MILLISECONDS);
  const here = pathOf(login.id);
  if (progress === "running") return context.redirect(`${here}?still`, 303);
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

/** A token of its own for every login: one that somebody else knows finishes nothing. */
async function begin(
  context: BankContext,
  whom: { readonly semanticsIdentifier: string; readonly documentNumber: string | null; readonly remember: boolean },
): Promise<Response> {
  const { api, database } = context.var.bank;
  const { semanticsIdentifier, documentNumber, remember } = whom;
  const rpChallenge = toBase64(randomBytes(CHALLENGE_BYTES));
  const startedAt = Date.now();
  const addressee = documentNumber === null ? { semanticsIdentifier } : { documentNumber };
  const started = await startAuthentication(api, addressee, { rpChallenge, interactions: INTERACTIONS.encoded });
  if (!started.ok) return showProblem(context, started.failure, { again: ["/demo?other", "Try again"] });
  const token = newToken();
  const id = await addLogin(database, token, {
    semantics_identifier: semanticsIdentifier,
    document_number: documentNumber,
    remember: remember ? 1 : 0,
    rp_challenge: rpChallenge,
    session_id: started.value,
    started_at: startedAt,
  });
  giveToken(context, "bank_login", token, pathOf(id));
  return context.redirect(pathOf(id), 303);
}

const pathOf = (login: string): string => `/demo/login/${login}`;

const ownLogin = (context: BankContext): Promise<Login | undefined> =>
  findLogin(context.var.bank.database, context.req.param("id") ?? "", readToken(context, "bank_login"));

/** Another browser's login, or one that was finished: who is logged in already is where that leads. */
async function strange(context: BankContext): Promise<Response> {
  if ((await currentCustomer(context)) !== undefined) return context.redirect("/demo/accounts", 303);
  return showProblem(context, "other-browser", { again: ["/demo", "Start again"] });
}

const failed = (context: BankContext, failure: BankFailure): Promise<Response> =>
  showProblem(context, failure, { again: ["/demo", "Try again"], answersForm: false });

/** Looks whether there is an answer, and settles the login by it. */
async function advance({ api, database, anchors }: Bank, login: Login, wait: number): Promise<Progress> {
  if (login.outcome !== null) return "over";
  const asked = await sessionStatus(api, login.session_id, wait);
  if (!asked.ok) {
    if (isTransient(asked.failure)) return asked.failure;
    await settleLogin(database, login.id, asked.failure);
    return "over";
  }
  const answer = asked.value;
  if (answer?.state === "RUNNING") return "running";
  // Results are kept for some minutes only: whoever comes later has missed it.
  if (answer === undefined || answer.endResult !== "OK") {
    await settleLogin(database, login.id, answer === undefined ? "timed-out" : failureOfEndResult(answer.endResult));
    return "over";
  }
  const expected = {
    semanticsIdentifier: login.semantics_identifier,
    documentNumber: login.document_number ?? undefined,
    rpChallenge: login.rp_challenge,
    interactions: INTERACTIONS,
    relyingPartyName: RELYING_PARTY_NAME,
    certificateLevel: CERTIFICATE_LEVEL,
  };
  const now = Date.now();
  const verdict = await verifyAuthentication(answer, expected, anchors, now);
  // Nothing is decided: the answer stays where it is for some minutes.
  if (!verdict.ok && verdict.fault === "status-unreachable") return "unreachable";
  if (!verdict.ok) console.error(`demo bank: a login was not verified: ${verdict.fault}`);
  await settleLogin(database, login.id, verdict.ok ? await welcomeCustomer(database, verdict.value, now) : "not-verified");
  return "over";
}
