// The certificates of the keys that stand, for the account's own device. What is said of each is read in its very bytes.
import "reflect-metadata";
import { Name, X509Certificate } from "@peculiar/x509";
import { PURPOSES, type Suite, SUITES } from "../../../src/account/purpose.ts";
import type { AccountCertificate } from "../../../src/protocol/account-certificates.ts";
import type { AnswerBody, RequestBody } from "../../../src/protocol/device-messages.ts";
import { toBase64Url } from "../../../src/protocol/encoding.ts";
import { decodePublicKey } from "../../../src/split-key/rsa/public-key.ts";
import { type AccountContext, done, type OperationHandler } from "../account-context.ts";

export const getCertificates: OperationHandler<RequestBody<"getCertificates">> = (context) => () => {
  const body: AnswerBody<"getCertificates"> = {
    appliedAt: context.account.account()?.appliedAt ?? 0,
    certificates: standingCertificates(context),
  };
  return done(body);
};

const standingCertificates = ({ keys }: AccountContext): AccountCertificate[] =>
  PURPOSES.flatMap((purpose) => SUITES.map((suite) => keys.current(purpose, suite)))
    .filter((key) => key !== undefined)
    .map((key) => ({ purpose: key.purpose, suite: key.suite, ...describe(keys.certificate(key), key.suite) }));

function describe(der: Uint8Array<ArrayBuffer>, suite: Suite): Omit<AccountCertificate, "purpose" | "suite"> {
  const certificate = new X509Certificate(der);
  return {
    der: toBase64Url(der),
    subject: nameOf(certificate.subjectName),
    issuer: nameOf(certificate.issuerName),
    issuerName: certificate.issuerName.getField("CN")[0] ?? "",
    serialNumber: certificate.serialNumber.toLowerCase(),
    notBefore: certificate.notBefore.getTime(),
    notAfter: certificate.notAfter.getTime(),
    key: keyOf(new Uint8Array(certificate.publicKey.rawData), suite),
  };
}

/** Of its attributes all but one have a short name already. */
const nameOf = (name: Name): string => new Name(name.toArrayBuffer(), { serialNumber: "2.5.4.5" }).toString();

/** The bits of a composite modulus are counted: two halves of a kind have now and then one less than twice as many. */
function keyOf(publicKey: Uint8Array, suite: Suite): AccountCertificate["key"] {
  switch (suite) {
    case "rsa":
      return { algorithm: "RSA", bits: decodePublicKey(publicKey)?.toString(2).length ?? 0 };
    case "ed25519":
      return { algorithm: "Ed25519", bits: 256 };
  }
}
