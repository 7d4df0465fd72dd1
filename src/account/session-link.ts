// What a session makes of the device link that somebody brings: whose it is, whether its relying party made it, and when. Pure.
import { authCodeOf, deviceLinkText, type LinkTerms, parseDeviceLink, type SessionType } from "../protocol/device-link.ts";
import { equalBytes, fromBase64, utf8 } from "../protocol/encoding.ts";
import { SUITE_OF } from "../protocol/algorithms.ts";
import type { AccountSummary, LinkFailure, LinkStart } from "./objects.ts";
import { type Suite, SUITES } from "./purpose.ts";
import { isSignature } from "./transaction.ts";
import { failed, type Result, success } from "./result.ts";
import { completionAt, isForAnybody, type Session, startedAt } from "./session.ts";

/** Milliseconds by which a QR code may be older or younger than it says: clocks, networks, and a hand that holds still. */
const FRESHNESS = 10_000;

/**
 * The session, claimed by the account that brought its link; the same session where it had claimed it before. The account is looked at
 * before the link, and before who has it: to everybody else a session that names its person is closed, opened or not. What `forged_link`
 * means for the session says `endForged`. `suites`: of which the account has a key for what the link asks.
 */
export function openLink(
  session: Session,
  account: AccountSummary,
  text: string,
  now: number,
  suites: readonly Suite[] = SUITES,
): Result<Session, LinkFailure> {
  const { link, claimedBy, transaction } = session;
  if (link === undefined || completionAt(session, now) !== undefined || now >= transaction.expiresAt) return failed("over");
  if (!isFor(session, link, account)) return failed("not_for_this_account");
  if (claimedBy !== undefined && claimedBy !== account.handle) return failed("claimed_elsewhere");
  const opened = parseDeviceLink(text);
  if (opened === undefined || !isMadeByParty(session, link, text)) return failed("forged_link");
  // Nothing returns to the browser that began: whoever sent the link on would be logged in, and nobody could notice.
  if (opened.deviceLinkType !== "QR" && transaction.initialCallbackUrl === "") return failed("forged_link");
  // Another account of the person may have the key. Nothing ends: the page that sent somebody here would learn that it is they.
  if (!isForAnybody(link) && !isAnswerableBy(suites, session)) return failed("key_missing");
  if (claimedBy !== undefined) return success(session);
  if (!isFresh(session, link, opened.elapsedSeconds, now)) return failed("stale_link");
  const accounts = isForAnybody(link) ? [account] : session.accounts;
  return success({ ...session, accounts, claimedBy: account.handle, flowType: opened.deviceLinkType });
}

const isAnswerableBy = (suites: readonly Suite[], { transaction }: Session): boolean =>
  !isSignature(transaction) || suites.includes(SUITE_OF[transaction.signatureAlgorithm]);

/** Seconds count from an answer that named the session; a client that lost the first counts from the second. */
function isFresh(session: Session, { answeredAgainAt }: LinkStart, elapsedSeconds: number | undefined, now: number): boolean {
  if (elapsedSeconds === undefined) return true;
  const answers = answeredAgainAt === undefined ? [startedAt(session)] : [startedAt(session), answeredAgainAt];
  return answers.some((answeredAt) => Math.abs(now - answeredAt - elapsedSeconds * 1000) <= FRESHNESS);
}

/**
 * The session after a link with its token that its relying party did not make, or made wrongly. One for anybody ends, and the party hears
 * of it. One that names its person goes on as if nobody had come: a browser opens by itself the link that a page sends it to, and a page
 * that spoils a link of its own would learn from the end whether its visitor is that person.
 */
export const endForged = (session: Session, now: number): Session =>
  session.link !== undefined && isForAnybody(session.link)
    ? { ...session, completion: { outcome: { endResult: "PROTOCOL_FAILURE" }, at: now } }
    : session;

function isFor({ accounts }: Session, { anyoneOfLevel }: LinkStart, { handle, level }: AccountSummary): boolean {
  if (anyoneOfLevel !== undefined) return anyoneOfLevel === "ADVANCED" || level === "QUALIFIED";
  return accounts.some((account) => account.handle === handle);
}

/** The whole link is built anew from what it may choose freely, and compared byte for byte. */
function isMadeByParty(session: Session, link: LinkStart, text: string): boolean {
  const opened = parseDeviceLink(text);
  const secret = fromBase64(link.sessionSecret);
  if (opened === undefined || secret === undefined) return false;
  const unprotected = {
    ...opened,
    deviceLinkBase: link.deviceLinkBase,
    sessionToken: session.name,
    sessionType: sessionTypeOf(session),
  };
  const expected = deviceLinkText({ ...unprotected, authCode: authCodeOf(secret, termsOf(session, link), unprotected) });
  return equalBytes(utf8(text), utf8(expected));
}

function sessionTypeOf({ transaction }: Pick<Session, "transaction">): SessionType {
  if (!isSignature(transaction)) return "cert";
  return transaction.toSign.protocol === "ACSP_V2" ? "auth" : "sign";
}

function termsOf({ transaction }: Session, { schemeName }: LinkStart): LinkTerms {
  const { relyingPartyName, brokeredRpName, initialCallbackUrl } = transaction;
  const common = { schemeName, relyingPartyName, brokeredRpName, initialCallbackUrl };
  if (!isSignature(transaction)) return { ...common, signatureProtocol: "", toSign: "", interactions: "" };
  const { toSign, interactions } = transaction;
  const signed = toSign.protocol === "ACSP_V2" ? toSign.rpChallenge : toSign.digest;
  return { ...common, signatureProtocol: toSign.protocol, toSign: signed, interactions };
}
