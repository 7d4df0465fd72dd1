// What other objects and the certificate index must hear of an account. Written in the same commit as the fact itself,
// delivered after it, repeated until acknowledged; every receiver is idempotent.
import { randomIdentifier } from "../../src/account/random.ts";
import type { KeyPair } from "../../src/account/account-state.ts";
import type { Disowning } from "../../src/account/past-transaction.ts";
import type { TransactionOutcome } from "../../src/account/transaction.ts";
import { isPractice } from "../../src/account/practice.ts";
import type { PendingTransaction } from "../../src/account/pending-transaction.ts";
import type { Purpose } from "../../src/account/purpose.ts";
import {
  type CertificateEntry,
  recordRevoked,
  type Revocation,
  type RevocationReason,
  revokeBySerialNumber,
} from "../../src/certificates/certificate-index.ts";
import { serialNumberHex } from "../../src/certificates/serial-number.ts";
import type { AccountNotice } from "../../src/protocol/device-messages.ts";
import { type AccountContext } from "./account-context.ts";
import { record } from "./audit.ts";
import { tellHistory, type TransactionToTell } from "./history.ts";
import { recordKeks } from "../../src/vault/kek-index.ts";
import type { OutboxItem } from "./outbox-store.ts";
import type { KeksToTell } from "./vault-keeper.ts";

/** Ends a transaction for the relying party, for the person's history, and here. An application and a practice have none to tell. */
export function finishTransaction(
  context: AccountContext,
  transaction: PendingTransaction,
  outcome: TransactionOutcome,
  now: number,
): void {
  context.transactions.remove(transaction.transactionId);
  if (transaction.details.kind === "application" || isPractice(transaction.details.offered)) return;
  tellHistory(context, transaction, outcome.endResult, now);
  context.outbox.post("finish", transaction.details.offered.session, outcome);
}

/** Committed here first, then raised in the Person object: an account restored from a backup finds a higher value there. */
export function raiseEpoch(context: AccountContext): void {
  const epoch = context.account.raiseEpoch();
  const person = context.account.account()?.identity?.semanticsIdentifier;
  if (person === undefined) return;
  for (const item of context.outbox.all()) {
    if (item.kind === "epoch") context.outbox.acknowledge(item.id);
  }
  context.outbox.post("epoch", person, epoch);
}

/** What a certificate is revoked by. `entry`: where this account knows it. */
interface RevocationToTell {
  readonly entry?: CertificateEntry;
  readonly revocation: Revocation;
}

/**
 * Of a key without a serial number nothing was ever issued. One with a number but without an entry may have a certificate too: rows
 * that were brought back can be older than what the index heard. `revokedAt`: where its time was over before anybody looked.
 */
export function revokeCertificate(
  context: AccountContext,
  key: KeyPair,
  reason: RevocationReason,
  now: number,
  revokedAt: number = now,
): void {
  const serialNumber = context.keys.serialNumber(key);
  if (serialNumber.length === 0) return;
  const entry = context.keys.indexEntry(key);
  const payload = { ...(entry !== undefined && { entry }), revocation: { revokedAt, reason } };
  tellRevoked(context, serialNumberHex(serialNumber), payload, now);
}

/** Of a certificate of this account that nothing is known of here but its number: 32 lower-case hexadecimal digits. */
export function revokeUnknown(context: AccountContext, serialNumber: string, reason: RevocationReason, now: number): void {
  tellRevoked(context, serialNumber, { revocation: { revokedAt: now, reason } }, now);
}

function tellRevoked(context: AccountContext, serialNumber: string, payload: RevocationToTell, now: number): void {
  context.outbox.post("revocation", serialNumber, payload);
  record(context, { kind: "certificate_revoked", detail: { serialNumber, reason: payload.revocation.reason } }, now);
}

export const isRevocation = ({ kind }: OutboxItem): boolean => kind === "revocation";
/** What the person said of their history: they look at it next. */
export const isSaying = ({ kind }: OutboxItem): boolean => kind === "disown" || kind === "allow";
export const isForOtherDevices = ({ kind }: OutboxItem): boolean => kind === "notice";

/** `notice`: for the person's other accounts, which are told apart from the person's list; null where nobody ever used this one. */
export function tellPersonClosed(context: AccountContext, person: string, notice: AccountNotice | null): void {
  context.outbox.post("closed", person, null);
  if (notice !== null) context.outbox.post("notice", person, notice);
}

/** A PIN of an active account is locked for ever. */
export function tellPersonPinDead(context: AccountContext, purpose: Purpose, now: number): void {
  const { status, identity, documentNumber } = context.account.account() ?? {};
  if (status !== "active" || identity === undefined || documentNumber === undefined) return;
  const notice: AccountNotice = { kind: "pin_dead", purpose, id: randomIdentifier(), documentNumber, at: now };
  context.outbox.post("notice", identity.semanticsIdentifier, notice);
}

/** Delivers one item. Throws where the receiver could not be reached: the item stays. */
export async function deliver(context: AccountContext, item: OutboxItem): Promise<void> {
  const { SESSIONS, PERSONS, DATABASE } = context.environment;
  const person = (): ReturnType<typeof PERSONS.get> => PERSONS.get(PERSONS.idFromName(item.target));
  switch (item.kind) {
    case "finish":
      await SESSIONS.get(SESSIONS.idFromName(item.target)).finish(context.handle, JSON.parse(item.payload) as TransactionOutcome);
      return;
    case "epoch":
      await person().raiseEpoch(context.handle, JSON.parse(item.payload) as number);
      return;
    case "transaction": {
      const { past, epoch } = JSON.parse(item.payload) as TransactionToTell;
      await person().recordTransaction(context.handle, past, epoch);
      return;
    }
    case "disown":
      await person().disown(context.handle, JSON.parse(item.payload) as Disowning);
      return;
    case "allow":
      await person().allowParty(context.handle, JSON.parse(item.payload) as string);
      return;
    case "closed":
      await person().close(context.handle);
      return;
    case "notice":
      await person().tellOthers(context.handle, JSON.parse(item.payload) as AccountNotice);
      return;
    case "revocation": {
      const { entry, revocation } = JSON.parse(item.payload) as RevocationToTell;
      await (entry === undefined
        ? revokeBySerialNumber(DATABASE, item.target, revocation)
        : recordRevoked(DATABASE, entry, revocation));
      return;
    }
    case "vault":
      await recordKeks(context.environment, { handle: context.handle, ...(JSON.parse(item.payload) as KeksToTell) });
      return;
    default:
      throw new Error(`unknown kind of outbox item: ${item.kind}`);
  }
}
