// Where an account's wrapped values belong: a value found anywhere else does not unwrap.
import type { KeyPair } from "../../src/account/account-state.ts";
import type { WrappedPlace } from "../../src/vault/wrapping.ts";

const placeIn = (kind: WrappedPlace["kind"], handle: string): WrappedPlace => ({
  kind,
  account: handle,
  purpose: "",
  suite: "",
  keyVersion: 0,
  publicKey: new Uint8Array(0),
});

export const channelKeysPlace = (handle: string): WrappedPlace => placeIn("channel-keys", handle);
export const pushSubscriptionPlace = (handle: string): WrappedPlace => placeIn("push-subscription", handle);
/** In another answer it would be sealed under an initialisation vector that sealed something else. */
export const answerSecretPlace = (handle: string, requestId: string): WrappedPlace => ({
  ...placeIn("answer-secret", handle),
  subject: requestId,
});

export const sharePlace = (
  handle: string,
  { purpose, suite, keyVersion, publicKey }: Pick<KeyPair, "purpose" | "suite" | "keyVersion" | "publicKey">,
): WrappedPlace => ({ kind: "server-share", account: handle, purpose, suite, keyVersion, publicKey });

/** `subject`: the transaction or proof that the nonce was offered for. */
export const noncePlace = (handle: string, key: Parameters<typeof sharePlace>[1], subject: string): WrappedPlace => ({
  ...sharePlace(handle, key),
  kind: "nonce",
  subject,
});
