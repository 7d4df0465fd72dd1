// A device link that the person scanned or opened: judged by its session, which the account then has for itself.
import type { AccountSummary, LinkFailure } from "../../../src/account/objects.ts";
import { type Purpose, type Suite, SUITES } from "../../../src/account/purpose.ts";
import type { OfferedTransaction } from "../../../src/account/transaction.ts";
import { type DeviceLink, parseDeviceLink } from "../../../src/protocol/device-link.ts";
import type { DeviceFailure, RequestBody } from "../../../src/protocol/device-messages.ts";
import { type AccountContext, type OperationHandler, refusal } from "../account-context.ts";
import { pinFailure } from "../attempt.ts";
import { askVaultFor, drawOfferFor } from "../offer.ts";
import { hasRoomFor, pendingFrom, takeOpened } from "../offers.ts";
import { documentNumber, endUnusable, takeForDevice } from "./transactions.ts";

const TOKEN = /[?&]sessionToken=([A-Za-z0-9]{24,64})(?:&|$)/;

const REFUSALS: Readonly<Record<LinkFailure, DeviceFailure>> = {
  over: { code: "no_such_link" },
  claimed_elsewhere: { code: "claimed_elsewhere" },
  not_for_this_account: { code: "not_for_this_account" },
  forged_link: { code: "forged_link" },
  stale_link: { code: "stale_link" },
  key_missing: { code: "key_missing" },
};

/** Asks the session first; opening twice is harmless, so one whose answer was lost is simply made again. */
export const openDeviceLink: OperationHandler<RequestBody<"openDeviceLink">> = async (context, body) => {
  const sessionToken = TOKEN.exec(body.link)?.[1];
  const own = ownSummary(context);
  if (sessionToken === undefined || own === undefined) return () => refusal({ code: "no_such_link" });
  const unfit = unfitFor(context, body.link, sessionToken, Date.now());
  if (unfit !== undefined) return () => refusal(unfit);
  await askVault(context, body.link);
  const { SESSIONS } = context.environment;
  // Also what is no whole link: its session tells the relying party that made it so.
  const opened = await SESSIONS.get(SESSIONS.idFromName(sessionToken)).openLink(own, body.link, suitesFor(context, body.link));
  const drawn = opened.ok ? await drawOfferFor(context, pendingFrom(opened.value)) : undefined;
  return (now) => {
    if (!opened.ok) return refusal(REFUSALS[opened.failure]);
    // The session has not heard yet how it ended here; or it was over before the account was done with the link.
    if (isEnded(context, opened.value) || context.withdrawn.has(opened.value.transactionId))
      return refusal({ code: "no_such_link" });
    const waits = awaitsSignature(context, now);
    if (waits !== undefined) return refusal(waits);
    const taken = takeOpened(context, opened.value, now);
    if (!taken.ok) return refusal({ code: taken.failure });
    const { value: transaction } = taken;
    const fallen = pinFailure(context, transaction.purpose, now);
    if (fallen === undefined) {
      return takeForDevice(context, transaction, { supported: body.supportedInteractions, drawn, now });
    }
    endUnusable(context, transaction, now);
    return refusal(fallen);
  };
};

/** While it cannot be asked, the session is left to the person's other accounts: it says only when it is taken which key is to sign. */
async function askVault(context: AccountContext, text: string): Promise<void> {
  const link = parseDeviceLink(text);
  if (link !== undefined && link.sessionType !== "cert") await askVaultFor(context, link.sessionType);
}

/** Why the session is not even asked: an account that cannot answer must not take it from the person's other accounts. */
function unfitFor(context: AccountContext, text: string, session: string, now: number): DeviceFailure | undefined {
  const link = parseDeviceLink(text);
  const locked = link && pinFailure(context, purposeOf(link), now);
  const unfit = locked ?? awaitsSignature(context, now);
  return unfit ?? (hasRoomFor(context, session, now) ? undefined : { code: "too_many_opened" });
}

/** Of which this account has a key that can answer. */
function suitesFor({ keys }: AccountContext, text: string): readonly Suite[] {
  const link = parseDeviceLink(text);
  return link === undefined ? [] : SUITES.filter((suite) => keys.current(purposeOf(link), suite) !== undefined);
}

const purposeOf = ({ sessionType }: Pick<DeviceLink, "sessionType">): Purpose => (sessionType === "auth" ? "auth" : "sign");

/** Only the person ends the wait: a page that sends them to a link of its own does not. */
function awaitsSignature({ awaited }: AccountContext, now: number): DeviceFailure | undefined {
  const waiting = awaited.read();
  return waiting !== undefined && !waiting.stopped && now < waiting.until ? { code: "awaits_signature" } : undefined;
}

const isEnded = ({ outbox }: AccountContext, { session }: OfferedTransaction): boolean =>
  outbox.all().some(({ kind, target }) => kind === "finish" && target === session);

function ownSummary(context: AccountContext): AccountSummary | undefined {
  const level = context.account.account()?.identity?.level;
  return level === undefined ? undefined : { handle: context.handle, documentNumber: documentNumber(context), level };
}
