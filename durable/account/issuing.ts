// From keys that are proven to certified ones: document number, certificates, index, and then the keys that stand. For an account whose
// application was signed, and for an active one with new keys of a purpose. Idempotent from the start: serial numbers and times were
// fixed before, so that a run after a crash repeats the last; except where another authority issues by then, which takes serial
// numbers of its own.
import { randomBytes } from "../../src/account/random.ts";
import "reflect-metadata";
import { X509Certificate } from "@peculiar/x509";
import type { Account, KeyPair } from "../../src/account/account-state.ts";
import type { Identity } from "../../src/account/objects.ts";
import type { PendingTransaction } from "../../src/account/pending-transaction.ts";
import { PURPOSES } from "../../src/account/purpose.ts";
import { type CertificateEntry, recordIssued } from "../../src/certificates/certificate-index.ts";
import { issueCertificate, type IssuedCertificate } from "../../src/certificates/issue.ts";
import type { Issuer } from "../../src/certificates/authority.ts";
import { loadIssuer } from "../../src/certificates/issuer.ts";
import { parsePolicies } from "../../src/certificates/policies.ts";
import { SERIAL_NUMBER_BYTES } from "../../src/certificates/serial-number.ts";
import { type AccountContext } from "./account-context.ts";
import { keyOf, record } from "./audit.ts";
import { endUnusable } from "./operations/transactions.ts";
import { raiseEpoch, revokeCertificate } from "./outbox.ts";

interface Issued {
  readonly key: KeyPair;
  readonly certificate: IssuedCertificate;
  readonly entry: CertificateEntry;
}

/** Whether certificates are to be made: of a new account, or of new keys. */
export const isIssuing = ({ account, reKeys }: AccountContext): boolean => {
  const status = account.account()?.status;
  return status === "issuing" || (status === "active" && reKeys.read()?.state === "issuing");
};

export async function issueCertificates(storage: DurableObjectStorage, context: AccountContext): Promise<void> {
  const account = context.account.account();
  const { identity } = account ?? {};
  if (account === undefined || identity === undefined || !isIssuing(context)) return;
  const { PERSONS, DATABASE } = context.environment;
  const { semanticsIdentifier, level, documentSuffix } = identity;
  const person = PERSONS.get(PERSONS.idFromName(semanticsIdentifier));
  const documentNumber = await person.reserveDocumentNumber(semanticsIdentifier, context.handle, level, documentSuffix);
  const issuer = await loadIssuer(context.environment, level);
  const issued = await Promise.all(
    keysToCertify(context).map(async (key) => issue(context, key, { account, identity, documentNumber, issuer })),
  );
  // From here on a closing finds everything: the number in the person's list, and what is to be revoked. A PIN that is locked for ever
  // meanwhile has taken its keys with it.
  const stands = (): boolean =>
    isIssuing(context) && issued.every(({ key }) => context.keys.find(key.purpose, key.keyVersion)?.state === "proven");
  const superseded = storage.transactionSync(() => (stands() ? announce(context, issued) : 0));
  if (!stands()) return;
  if (superseded > 0) throw new Error("another authority issues by now: the serial numbers of the one before are given up");
  await Promise.all(issued.map(({ entry }) => recordIssued(DATABASE, entry)));
  // An account without valid certificates signs nothing: an issuer's end may come before its own. Both ends are inclusive.
  const expiresAt = Math.min(account.expiresAt, Math.min(...issued.map(({ entry }) => entry.notAfter)) + 1000);
  // The person's list first: an account that says it is active can be asked by relying parties.
  const serialNumbers = issued.map(({ entry }) => entry.serialNumberHex);
  await person.activate(context.handle, serialNumbers, expiresAt);
  storage.transactionSync(() => {
    if (!stands()) return;
    const now = Date.now();
    for (const { key, certificate, entry } of issued) {
      context.keys.certify(key, certificate.der, entry);
      const { serialNumberHex: serialNumber, issuer: name } = entry;
      record(context, { kind: "certificate_issued", detail: { ...keyOf(key), serialNumber, issuer: name } }, now);
    }
    if (account.status === "issuing") record(context, { kind: "activated", detail: { expiresAt } }, now);
    retireKeysBefore(context, issued, now);
    context.account.setActive(documentNumber, expiresAt);
    raiseEpoch(context);
  });
}

/** Every key of a new account, or the new ones of a purpose; oldest first, as everybody lists them. */
function keysToCertify({ keys, reKeys, account }: AccountContext): readonly KeyPair[] {
  const reKey = reKeys.read();
  const purposes = account.account()?.status === "issuing" ? PURPOSES : reKey === undefined ? [] : [reKey.purpose];
  const proven = purposes.flatMap((purpose) => keys.unfinished(purpose)).filter(({ state }) => state === "proven");
  if (proven.length === 0) throw new Error("certificates are to be issued for no key");
  return proven.toSorted((left, right) => left.keyVersion - right.keyVersion);
}

async function issue(
  context: AccountContext,
  key: KeyPair,
  { account, identity, documentNumber, issuer }: { account: Account; identity: Identity; documentNumber: string; issuer: Issuer },
): Promise<Issued> {
  const { CERTIFICATE_POLICIES, PKI_BASE_URL, LOCAL_MODE } = context.environment;
  const reKey = account.status === "active" ? context.reKeys.read() : undefined;
  const certificate = await issueCertificate({
    purpose: key.purpose,
    identity,
    documentNumber,
    publicKey: key.publicKey,
    serialNumber: context.keys.serialNumber(key),
    issuer,
    now: Math.max(reKey?.until ?? account.appliedAt, sinceWhen(issuer)),
    // The last second of a certificate is valid: later ones end with the first.
    notAfterLimit: account.expiresAt - 1000,
    policies: parsePolicies(CERTIFICATE_POLICIES),
    pkiBaseUrl: PKI_BASE_URL,
    test: LOCAL_MODE === "true",
  });
  const { serialNumberHex, notBefore, notAfter } = certificate;
  return { key, certificate, entry: { serialNumberHex, issuer: issuer.name, notBefore, notAfter } };
}

/** Milliseconds since the epoch: one that came after the times were fixed issues from its own beginning on. 0 for one that is not valid yet. */
function sinceWhen({ certificate }: Issuer): number {
  const notBefore = new X509Certificate(certificate).notBefore.getTime();
  return notBefore <= Date.now() ? notBefore : 0;
}

/**
 * How many serial numbers were replaced instead: the index knows a number under one issuer for ever, and what another one signed with
 * it would be known to nobody and could not be revoked.
 */
function announce(context: AccountContext, issued: readonly Issued[]): number {
  const superseded = issued.filter(({ key, entry }) => (context.keys.indexEntry(key) ?? entry).issuer !== entry.issuer);
  for (const { key } of superseded) {
    revokeCertificate(context, key, "superseded", Date.now());
    context.keys.renumber(key, randomBytes(SERIAL_NUMBER_BYTES));
  }
  if (superseded.length === 0) for (const { key, entry } of issued) context.keys.announce(key, entry);
  return superseded.length;
}

/** In the commit in which the new keys stand: the server shares of the old ones are destroyed, and their certificates revoked. */
function retireKeysBefore(context: AccountContext, issued: readonly Issued[], now: number): void {
  const { keys, reKeys, transactions } = context;
  const reKey = reKeys.read();
  if (context.account.account()?.status !== "active" || reKey === undefined) return;
  const isNew = (key: KeyPair): boolean => issued.some(({ key: { keyVersion } }) => keyVersion === key.keyVersion);
  const { purpose, change } = reKey;
  record(context, { kind: "key_change_done", detail: { purpose, change } }, now);
  if (change === "replace") {
    for (const key of keys.living(purpose)) {
      if (isNew(key)) continue;
      revokeCertificate(context, key, "superseded", now);
      keys.destroy(key);
    }
    // A relying party was given the certificate that is revoked here, for what it would have signed with it.
    if (purpose === "sign") context.awaited.remove();
    for (const pending of transactions.all()) {
      if (pending.purpose !== purpose) continue;
      if (follows(pending)) endUnusable(context, pending, now);
      // Offered for a key that is gone: the device claims it again.
      else transactions.forgetOffer(pending.transactionId);
    }
  }
  reKeys.remove();
}

const follows = ({ details }: PendingTransaction): boolean =>
  details.kind === "relying-party" && details.offered.follows !== undefined;
