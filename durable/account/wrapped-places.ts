// Where an account's wrapped values belong: a value found anywhere else does not unwrap.
import type { KeyPair } from "../../src/account/account-state.ts";
import type { WrappedPlace } from "../../src/vault/wrapping.ts";

export const channelKeysPlace = (handle: string): WrappedPlace => ({
  kind: "channel-keys",
  account: handle,
  purpose: "",
  suite: "",
  keyVersion: 0,
  publicKey: new Uint8Array(0),
});

export const sharePlace = (
  handle: string,
  { purpose, suite, keyVersion, publicKey }: Pick<KeyPair, "purpose" | "suite" | "keyVersion" | "publicKey">,
): WrappedPlace => ({ kind: "server-share", account: handle, purpose, suite, keyVersion, publicKey });
