// A device's contribution, out of its second envelope, beside the share and the nonce that it is held against: everything that an
// attempt has to await before it may be paid for.
import type { KeyPair } from "../../src/account/account-state.ts";
import { type EnvelopeBinding, openSecondEnvelope } from "../../src/channel/second-envelope.ts";
import { equalBytes } from "../../src/protocol/encoding.ts";
import type { AccountContext, Decide, Outcome } from "./account-context.ts";
import { noncePlace, sharePlace } from "./wrapped-places.ts";

/** What a device sent, and the server's unwrapped part of the key that it is for. */
export interface Contribution {
  readonly transcript: Uint8Array;
  readonly contribution: Uint8Array;
  readonly serverShare: Uint8Array;
  readonly nonce: Uint8Array | undefined;
}

/** What a contribution is to be held against. */
export interface Held {
  /** Undefined where nothing is known of it. */
  readonly key: KeyPair | undefined;
  /** Of the offer, wrapped for its transaction or proof. */
  readonly nonce?: { readonly wrapped: Uint8Array | undefined; readonly subject: string };
}

export interface OpenedContribution extends Omit<Contribution, "serverShare"> {
  /** See `isGranted` of re-key.ts; undefined where the envelope has none. */
  readonly grant: Uint8Array | undefined;
  /** Of the key whose share was unwrapped. */
  readonly keyVersion: number;
  /** Undefined where there is none or it does not unwrap: the server's own damage. */
  readonly serverShare: Uint8Array | undefined;
  readonly wrappedNonce: Uint8Array | undefined;
}

/** Undefined for an envelope that is malformed or made for anything else. */
export async function openContribution(
  context: AccountContext,
  binding: Omit<EnvelopeBinding, "handle">,
  envelope: string,
  { key, nonce }: Held,
): Promise<OpenedContribution | undefined> {
  const { handle, secrets } = context;
  const contents = await openSecondEnvelope(secrets.encryptionKey, { handle, ...binding }, envelope);
  const { transcript, contribution, grant } = contents ?? {};
  if (transcript === undefined || contribution === undefined) return undefined;
  const opened = { transcript, contribution, grant, wrappedNonce: nonce?.wrapped };
  if (key === undefined) return { ...opened, keyVersion: 0, serverShare: undefined, nonce: undefined };
  const { vault } = secrets;
  const [share, drawn] = await Promise.allSettled([
    vault.unwrap(sharePlace(handle, key), key.serverShare),
    nonce?.wrapped === undefined ? undefined : vault.unwrap(noncePlace(handle, key, nonce.subject), nonce.wrapped),
  ]);
  if (share.status === "fulfilled" && drawn.status === "fulfilled") {
    return { ...opened, keyVersion: key.keyVersion, serverShare: share.value, nonce: drawn.value };
  }
  for (const each of [share, drawn]) if (each.status === "fulfilled") each.value?.fill(0);
  throw share.status === "rejected" ? share.reason : (drawn as PromiseRejectedResult).reason;
}

/** With the key as it is when deciding, if the share that was unwrapped is still its own. */
export function heldAgainst(
  opened: OpenedContribution,
  key: KeyPair | undefined,
): { readonly key: KeyPair; readonly sent: Contribution } | undefined {
  const { serverShare, keyVersion } = opened;
  if (key === undefined || key.keyVersion !== keyVersion || serverShare === undefined) return undefined;
  return { key, sent: { ...opened, serverShare } };
}

/** Whether the nonce that was unwrapped is the one that stands when deciding: another request may have used it meanwhile. */
export function isNonceOf({ wrappedNonce }: OpenedContribution, stands: Uint8Array | undefined): boolean {
  if (wrappedNonce === undefined || stands === undefined) return wrappedNonce === stands;
  return equalBytes(wrappedNonce, stands);
}

/** Share and nonce are overwritten as soon as the decision is made, whatever it is, or known not to be made. */
export const thenForget = (opened: OpenedContribution, decide: (now: number) => Outcome): Decide =>
  Object.assign((now: number) => decide(now), {
    forget: () => {
      opened.serverShare?.fill(0);
      opened.nonce?.fill(0);
    },
  });
