// Pushes that something waits, to the device that subscribed. Runs beside everything else and never fails: a push is a hint, and a
// device that gets none asks when it is opened.
import type { PushSubscription } from "../../src/protocol/device-messages.ts";
import { fromUtf8 } from "../../src/protocol/encoding.ts";
import { type PushOutcome, sendPush, type ShownNotice } from "../../src/push/send-push.ts";
import { vapidDetails } from "../../src/push/vapid.ts";
import type { AccountContext } from "./account-context.ts";
import { pushSubscriptionPlace } from "./wrapped-places.ts";

/** Since it happened. A notice waits for as long as it takes; after a week a push is not worth more than the next look. */
const NOTICE_PUSH_LIFETIME_MS = 7 * 24 * 3_600_000;

/** As it is stored, wrapped. */
export type StoredPush = PushSubscription & { readonly notice?: ShownNotice };

/** Until when something waits whose push was held back, because a device looked on; undefined where nothing does. */
export function pushOwedUntil({ transactions, notices }: AccountContext, now: number): number | undefined {
  const newest = notices.newestPushOwed();
  const until = Math.max(newest === undefined ? 0 : newest + NOTICE_PUSH_LIFETIME_MS, transactions.pushOwedUntil(now) ?? 0);
  return now < until ? until : undefined;
}

/** One push tells of everything that waits. */
export function settlePushes({ transactions, notices }: AccountContext): void {
  transactions.settlePushes();
  notices.settlePushes();
}

/** `expiresAt`: when what waits is over, in milliseconds since the epoch; a push that comes later would only puzzle. */
export async function pushWaiting(context: AccountContext, expiresAt: number, now: number): Promise<void> {
  await pushNow(context, expiresAt, now);
}

/** `none`: there is no subscription. What did not work is logged here. */
export async function pushNow(
  context: AccountContext,
  expiresAt: number,
  now: number,
): Promise<Pick<PushOutcome, "kind"> | { readonly kind: "none" }> {
  try {
    const stored = context.push.read();
    if (stored === undefined) return { kind: "none" };
    const { handle, secrets, environment } = context;
    const opened = await secrets.vault.unwrap(pushSubscriptionPlace(handle), stored.wrapped);
    if (opened === undefined) throw new Error("the subscription does not unwrap");
    const { notice, ...subscription } = JSON.parse(fromUtf8(opened)) as StoredPush;
    const timeToLive = Math.max(0, Math.floor((expiresAt - now) / 1000));
    const outcome = await sendPush({ subscription, notice, vapid: await vapidDetails(environment), timeToLive });
    if (outcome.kind === "gone") context.push.prune(stored.endpointHash);
    else if (outcome.kind !== "sent")
      console.error("a push was not sent:", outcome.kind, "status" in outcome ? outcome.status : "");
    return outcome;
  } catch (error) {
    // Not the whole error: its text may hold the address.
    console.error("a push was not sent:", error instanceof Error ? error.name : "unknown");
    return { kind: "unreachable" };
  }
}
