// How a device asks to be told at once: over a live channel while it is open, by a push while it is not; and how it says that a notice
// was read.
import { randomOneTimePassword } from "../../../src/account/random.ts";
import { sha256 } from "@noble/hashes/sha2.js";
import type { RequestBody } from "../../../src/protocol/device-messages.ts";
import { toBase64Url, utf8 } from "../../../src/protocol/encoding.ts";
import { subscriptionText } from "../../../src/protocol/push-notice.ts";
import { isPushEndpoint } from "../../../src/push/push-hosts.ts";
import { noticeAddress } from "../../../src/push/send-push.ts";
import { canBeEncryptedTo } from "../../../src/push/subscription.ts";
import { done, type OperationHandler, refusal } from "../account-context.ts";
import type { StoredPush } from "../push-delivery.ts";
import { wrapAnswer } from "../wrapped-answer.ts";
import { pushSubscriptionPlace } from "../wrapped-places.ts";

const TICKET_LIFETIME_MS = 60_000;
/** A device that asks again and again, its answers lost, is left with the newest. */
const MAXIMUM_TICKETS = 3;

export const hashOf = (text: string): string => toBase64Url(sha256(utf8(text)));

export const openLiveChannel: OperationHandler<RequestBody<"openLiveChannel">> = async (context, _body, requestId) => {
  const ticket = randomOneTimePassword();
  const secret = await wrapAnswer(context, requestId, { ticket });
  return (now) => {
    context.live.addTicket(hashOf(ticket), now + TICKET_LIFETIME_MS, { now, most: MAXIMUM_TICKETS });
    return { ...done({}), secret };
  };
};

export const dismissNotices: OperationHandler<RequestBody<"dismissNotices">> =
  (context, { ids }) =>
  () => {
    context.notices.dismiss(ids);
    return done({ dismissed: true });
  };

/** Whatever was subscribed before is over, also where what takes its place cannot be pushed to. */
export const subscribePush: OperationHandler<RequestBody<"subscribePush">> = async (context, { subscription, notice }) => {
  const unsubscribe = () => {
    context.push.remove();
    return done({ subscribed: false });
  };
  if (subscription === null) return unsubscribe;
  if (!(await canBeEncryptedTo(subscription))) return () => refusal({ code: "malformed" });
  if (!isPushEndpoint(subscription.endpoint)) return unsubscribe;
  const { handle, secrets, origin } = context;
  const navigate = noticeAddress(origin);
  // Whatever is at an address that is no app's: its browser shows nothing by itself, and the service worker knows its own.
  const shown = notice !== undefined && navigate !== undefined ? { notice: { ...notice, navigate } } : {};
  const stored: StoredPush = { ...subscription, ...shown };
  const wrapped = await secrets.vault.wrap(pushSubscriptionPlace(handle), utf8(JSON.stringify(stored)));
  return () => {
    context.push.set({ endpointHash: hashOf(subscriptionText(subscription, notice)), wrapped });
    return done({ subscribed: true });
  };
};
