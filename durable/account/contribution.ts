// A device's contribution, out of its second envelope, beside the share that it is held against: everything that an attempt
// has to await before it may be paid for.
import type { KeyPair } from "../../src/account/account-state.ts";
import type { Purpose } from "../../src/account/purpose.ts";
import { type EnvelopeBinding, openSecondEnvelope } from "../../src/channel/second-envelope.ts";
import { unwrap } from "../../src/vault/wrapping.ts";
import type { AccountContext, Decide } from "./account-context.ts";
import { sharePlace } from "./wrapped-places.ts";

/** What a device sent, and the unwrapped share of the key that it is for. */
export interface Contribution {
  readonly transcript: Uint8Array;
  readonly contribution: Uint8Array;
  readonly serverShare: Uint8Array;
}

export interface OpenedContribution extends Omit<Contribution, "serverShare"> {
  /** Of the key whose share was unwrapped. */
  readonly keyVersion: number;
  /** Undefined where there is none or it does not unwrap: the server's own damage. */
  readonly serverShare: Uint8Array | undefined;
}

/** Undefined for an envelope that is malformed or made for anything else. `purpose`: undefined where nothing is known of it. */
export async function openContribution(
  context: AccountContext,
  binding: Omit<EnvelopeBinding, "handle">,
  envelope: string,
  purpose: Purpose | undefined,
): Promise<OpenedContribution | undefined> {
  const { handle, secrets } = context;
  const contents = await openSecondEnvelope(secrets.encryptionKey, { handle, ...binding }, envelope);
  const { transcript, contribution } = contents ?? {};
  if (transcript === undefined || contribution === undefined) return undefined;
  const key = purpose === undefined ? undefined : context.keys.current(purpose);
  const serverShare = key === undefined ? undefined : await unwrap(secrets.kek, sharePlace(handle, key), key.serverShare);
  return { transcript, contribution, keyVersion: key?.keyVersion ?? 0, serverShare };
}

/** The key as it is when deciding, if the share that was unwrapped is still its own. */
export function keyOfContribution(
  context: AccountContext,
  opened: OpenedContribution,
  purpose: Purpose,
): { readonly key: KeyPair; readonly sent: Contribution } | undefined {
  const { serverShare, keyVersion } = opened;
  const key = context.keys.current(purpose);
  if (key === undefined || key.keyVersion !== keyVersion || serverShare === undefined) return undefined;
  return { key, sent: { ...opened, serverShare } };
}

/** Overwrites the share as soon as the decision is made, whatever it is. */
export const thenForget =
  (opened: OpenedContribution, decide: Decide): Decide =>
  (now) => {
    try {
      return decide(now);
    } finally {
      opened.serverShare?.fill(0);
    }
  };
