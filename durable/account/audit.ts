// Records security events of an account, inside the caller's storage transaction: a fact that is not committed leaves no event.
import { sha256 } from "@noble/hashes/sha2.js";
import type { KeyPair } from "../../src/account/account-state.ts";
import type { AuditEvent } from "../../src/audit/audit-event.ts";
import { toBase64Url } from "../../src/protocol/encoding.ts";
import type { AccountContext } from "./account-context.ts";

/** Before somebody's identity is proven nothing is recorded: anybody can begin an enrolment, as often as they like. */
export function record(context: AccountContext, event: AuditEvent, now: number): void {
  if (context.account.account()?.identity !== undefined) context.audit.append(event, now);
}

/** Names a key: its version alone is one of its purpose. */
export const keyOf = ({ purpose, suite, keyVersion }: KeyPair): Pick<KeyPair, "purpose" | "suite" | "keyVersion"> => ({
  purpose,
  suite,
  keyVersion,
});

/** Keys whose possession is proven, once all that belong together are. */
export function recordKeys(context: AccountContext, keys: readonly KeyPair[], now: number): void {
  for (const key of keys) {
    record(context, { kind: "key_made", detail: { ...keyOf(key), publicKeyHash: digestOf(key.publicKey) } }, now);
  }
}

/** SHA-256, base64url. */
export const digestOf = (bytes: Uint8Array): string => toBase64Url(sha256(bytes));

/** As the last event of a chain. Once: while the queue does not have it, the object asks again and again. */
export function recordAbandoned(context: AccountContext, now: number): void {
  const waiting = context.audit.lastWaiting();
  if (waiting?.kind !== "abandoned") record(context, { kind: "abandoned", detail: {} }, now);
}
