// What a push shall say where the browser shows it by itself (Declarative Web Push, W3C Push API) and no script of ours runs any more: that
// something waits, in the language of the device that subscribed. The words, and where a tap leads, are the server's own: what was stored
// once with other ones would show them with this service's name long after whoever stored it was shut out.
import { z } from "zod/mini";
import type { PushSubscription } from "./device-messages.ts";

export const pushNotice = z.strictObject({
  /** ISO 639-1; one that the server has no words of is answered in English. */
  lang: z.string().check(z.regex(/^[a-z]{2}$/)),
});
export type PushNotice = z.infer<typeof pushNotice>;

/** What `pushEndpointHash` is the SHA-256 of: in another language it is another subscription. */
export const subscriptionText = ({ endpoint }: Pick<PushSubscription, "endpoint">, notice: PushNotice | undefined): string =>
  notice === undefined ? endpoint : JSON.stringify([endpoint, notice.lang]);
