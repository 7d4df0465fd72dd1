// From a signed application to an active account: document number, certificates, index, activation. Idempotent from the
// start: serial numbers and times were fixed when the application was signed, so that a run after a crash repeats the last.
import { PURPOSES } from "../../src/account/purpose.ts";
import { recordIssued } from "../../src/certificates/certificate-index.ts";
import { issueCertificate } from "../../src/certificates/issue.ts";
import { loadIssuer } from "../../src/certificates/issuer.ts";
import { parsePolicies } from "../../src/certificates/policies.ts";
import type { AccountContext } from "./account-context.ts";
import { raiseEpoch } from "./outbox.ts";

export async function issueCertificates(storage: DurableObjectStorage, context: AccountContext): Promise<void> {
  const account = context.account.account();
  const { identity } = account ?? {};
  if (account === undefined || identity === undefined || account.status !== "issuing") return;
  const { PERSONS, DATABASE, CERTIFICATE_POLICIES, PKI_BASE_URL, LOCAL_MODE } = context.environment;
  const person = PERSONS.get(PERSONS.idFromName(identity.semanticsIdentifier));
  const documentNumber = await person.reserveDocumentNumber(identity.semanticsIdentifier, context.handle, identity.level);
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
  storage.transactionSync(() => {
    if (isIssuing()) for (const { key, entry } of issued) context.keys.announce(key, entry);
  });
  if (!isIssuing()) return;
  await Promise.all(issued.map(({ entry }) => recordIssued(DATABASE, entry)));
  // The person's list first: an account that says it is active can be asked by relying parties.
  await person.activate(context.handle);
  storage.transactionSync(() => {
    if (!isIssuing()) return;
    for (const { key, certificate, entry } of issued) context.keys.certify(key, certificate.der, entry);
    context.account.setActive(documentNumber);
    raiseEpoch(context);
  });
}
