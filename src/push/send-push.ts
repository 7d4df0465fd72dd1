// Sends one push (RFC 8030) that says only that something waits: neither the push service nor whoever holds the device's lock screen
// learns more. Never follows a redirect, never reads an answer's body, never logs an address: whoever knows it can push.
import webPush from "web-push";
import type { PushSubscription } from "../protocol/device-messages.ts";
import { isPushEndpoint } from "./push-hosts.ts";
import type { VapidDetails } from "./vapid.ts";

const PAYLOAD = '{"waiting":true}';
const TIME_LIMIT_MS = 10_000;

export type PushOutcome =
  | { readonly kind: "sent" }
  /** The subscription is over (404, 410) and never comes back. */
  | { readonly kind: "gone" }
  /** The push service answered otherwise, or is none that may be called (status 0). */
  | { readonly kind: "refused"; readonly status: number }
  | { readonly kind: "unreachable" };

/** `timeToLive`: whole seconds for which the message is worth delivering. Throws for keys that do not encrypt. */
export async function sendPush(input: {
  readonly subscription: PushSubscription;
  readonly vapid: VapidDetails;
  readonly timeToLive: number;
}): Promise<PushOutcome> {
  const { endpoint, p256dh, auth } = input.subscription;
  // Again: the list may have become shorter since this was stored.
  if (!isPushEndpoint(endpoint)) return { kind: "refused", status: 0 };
  const { headers, body } = webPush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, PAYLOAD, {
    vapidDetails: { ...input.vapid },
    TTL: input.timeToLive,
    urgency: "high",
    contentEncoding: "aes128gcm",
  });
  const sent = new Headers(headers);
  sent.delete("content-length");
  const limit = new AbortController();
  // Not AbortSignal.timeout: its timer would keep the account in memory long after the answer.
  const timer = setTimeout(() => limit.abort(), TIME_LIMIT_MS);
  try {
    const response = await fetch(endpoint, {
      method: "POST",
      headers: sent,
      body: new Uint8Array(body),
      redirect: "manual",
      signal: limit.signal,
    });
    await response.body?.cancel();
    return outcomeOf(response.status);
  } catch {
    return { kind: "unreachable" };
  } finally {
    clearTimeout(timer);
  }
}

function outcomeOf(status: number): PushOutcome {
  if (status >= 200 && status < 300) return { kind: "sent" };
  return status === 404 || status === 410 ? { kind: "gone" } : { kind: "refused", status };
}
