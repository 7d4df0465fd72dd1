// From a signed application to an active account: document number, certificates, index, activation. Idempotent from the
// start: serial numbers and times were fixed when the application was signed, so that a run after a crash repeats the last; except
// where another authority issues by then, which takes serial numbers of its own.
import { PURPOSES } from "../../src/account/purpose.ts";
import type { KeyPair } from "../../src/account/account-state.ts";
import { type CertificateEntry, recordIssued } from "../../src/certificates/certificate-index.ts";
import { issueCertificate } from "../../src/certificates/issue.ts";
import { loadIssuer } from "../../src/certificates/issuer.ts";
import { parsePolicies } from "../../src/certificates/policies.ts";
import { SERIAL_NUMBER_BYTES } from "../../src/certificates/serial-number.ts";
import { type AccountContext, randomBytes } from "./account-context.ts";
import { raiseEpoch, revokeCertificate } from "./outbox.ts";

export async function issueCertificates(storage: DurableObjectStorage, context: AccountContext): Promise<void> {
  const account = context.account.account();
  const { identity } = account ?? {};
  if (account === undefined || identity === undefined || account.status !== "issuing") return;
  const { PERSONS, DATABASE, CERTIFICATE_POLICIES, PKI_BASE_URL, LOCAL_MODE } = context.environment;
  const person = PERSONS.get(PERSONS.idFromName(identity.semanticsIdentifier));
  const { semanticsIdentifier, level, documentSuffix } = identity;
  const documentNumber = await person.reserveDocumentNumber(semanticsIdentifier, context.handle, level, documentSuffix);
  const issuer = await loadIssuer(context.environment, identity.level);
  const issued = await Promise.all(
    PURPOSES.map(async (purpose) => {
      const key = context.keys.current(purpose);
      if (key === undefined) throw new Error("an application without a key");
      const certificate = await issueCertificate({
        purpose,
        identity,
        documentNumber,
        publicKey: key.publicKey,
        serialNumber: context.keys.serialNumber(key),
        issuer,
        now: account.appliedAt,
        notAfterLimit: account.expiresAt,
        policies: parsePolicies(CERTIFICATE_POLICIES),
        pkiBaseUrl: PKI_BASE_URL,
        test: LOCAL_MODE === "true",
      });
      const { serialNumberHex, notBefore, notAfter } = certificate;
      return { key, certificate, entry: { serialNumberHex, issuer: issuer.name, notBefore, notAfter } };
    }),
  );
  // From here on a closing finds everything: the number in the person's list, and what is to be revoked.
  const isIssuing = (): boolean => context.account.account()?.status === "issuing";
  const superseded = storage.transactionSync(() => (isIssuing() ? announce(context, issued) : 0));
  if (!isIssuing()) return;
  if (superseded > 0) throw new Error("another authority issues by now: the serial numbers of the one before are given up");
  await Promise.all(issued.map(({ entry }) => recordIssued(DATABASE, entry)));
  // The person's list first: an account that says it is active can be asked by relying parties.
  await person.activate(
    context.handle,
    issued.map(({ entry }) => entry.serialNumberHex),
  );
  storage.transactionSync(() => {
    if (!isIssuing()) return;
    for (const { key, certificate, entry } of issued) context.keys.certify(key, certificate.der, entry);
    // An account without valid certificates signs nothing: an issuer's end may come before its own. Both ends are inclusive.
    context.account.setActive(documentNumber, Math.min(...issued.map(({ entry }) => entry.notAfter)) + 1000);
    raiseEpoch(context);
  });
}

/**
 * How many serial numbers were replaced instead: the index knows a number under one issuer for ever, and what another one signed with
 * it would be known to nobody and could not be revoked.
 */
function announce(
  context: AccountContext,
  issued: readonly { readonly key: KeyPair; readonly entry: CertificateEntry }[],
): number {
  const superseded = issued.filter(({ key, entry }) => (context.keys.indexEntry(key) ?? entry).issuer !== entry.issuer);
  for (const { key } of superseded) {
    revokeCertificate(context, key, "superseded", Date.now());
    context.keys.renumber(key, randomBytes(SERIAL_NUMBER_BYTES));
  }
  if (superseded.length === 0) for (const { key, entry } of issued) context.keys.announce(key, entry);
  return superseded.length;
}
