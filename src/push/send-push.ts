// Sends one push (RFC 8030) that says only that something waits: neither the push service nor whoever holds the device's lock screen
// learns more. Never follows a redirect, never reads an answer's body, never logs an address: whoever knows it can push.
import webPush from "web-push";
import type { PushSubscription } from "../protocol/device-messages.ts";
import { isCallbackUrl } from "../protocol/device-link.ts";
import { utf8 } from "../protocol/encoding.ts";
import { noticeWords } from "./notice-words.ts";
import { isPushEndpoint } from "./push-hosts.ts";
import type { VapidDetails } from "./vapid.ts";

/** Bytes of every payload: encryption hides what it says and not how long it is, which would tell the push service the person's language. */
export const PAYLOAD_LENGTH = 1024;
/** The service worker has words of its own. */
const WITHOUT_WORDS = '{"waiting":true}';
const TIME_LIMIT_MS = 10_000;

export type PushOutcome =
  | { readonly kind: "sent" }
  /** The subscription is over (404, 410) and never comes back. */
  | { readonly kind: "gone" }
  /** The push service answered otherwise, or is none that may be called (status 0). */
  | { readonly kind: "refused"; readonly status: number }
  | { readonly kind: "unreachable" };

/** What a browser may show by itself. `navigate`: what a tap opens, as `noticeAddress` makes it. */
export interface ShownNotice {
  readonly lang: string;
  readonly navigate: string;
}

/** The app, at the origin under which its device reaches this server. Undefined where that is neither https nor loopback: no app is there. */
export const noticeAddress = (origin: string): string | undefined =>
  isCallbackUrl(origin) ? new URL("/?check", origin).href : undefined;

/**
 * A declarative message (W3C Push API, `web_push` 8030): a browser that knows it shows it even where it has stopped or lost the service worker.
 * `mutable`: where there is one, it is asked first, and tells the app's open windows. To every other browser these are bytes like any.
 */
const declarative = ({ lang, navigate }: ShownNotice): string =>
  JSON.stringify({
    web_push: 8030,
    mutable: true,
    notification: { ...noticeWords(lang), dir: "auto", tag: "waiting", navigate },
  });

/** With spaces after it, which mean nothing in JSON. Throws a RangeError for what is longer. */
const padded = (json: string): string => json + " ".repeat(PAYLOAD_LENGTH - utf8(json).length);

/**
 * `notice`: absent for browsers that show nothing by themselves. `timeToLive`: whole seconds for which the message is worth delivering. Throws for
 * keys that do not encrypt.
 */
export async function sendPush(input: {
  readonly subscription: PushSubscription;
  readonly notice?: ShownNotice | undefined;
  readonly vapid: VapidDetails;
  readonly timeToLive: number;
}): Promise<PushOutcome> {
  const { endpoint, p256dh, auth } = input.subscription;
  // Again: the list may have become shorter since this was stored.
  if (!isPushEndpoint(endpoint)) return { kind: "refused", status: 0 };
  const payload = padded(input.notice === undefined ? WITHOUT_WORDS : declarative(input.notice));
  const { headers, body } = webPush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, payload, {
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
