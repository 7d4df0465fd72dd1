// `signature/certificate/{documentNumber}`: an account's signing certificate at once, without asking the person.
import type { CertificateLevel } from "../account/purpose.ts";
import { type Result, success } from "../account/result.ts";
import type { Environment } from "../environment.ts";
import type { Failure } from "../http/failures.ts";
import { certificateRequest } from "../protocol/relying-party-requests.ts";
import { type Addressee, admit, suitableAccounts } from "./admission.ts";

interface Certificate {
  /** Base64 of DER. */
  readonly value: string;
  readonly certificateLevel: CertificateLevel;
}

export type CertificateAnswer = { readonly state: "OK"; readonly cert: Certificate } | { readonly state: "DOCUMENT_UNUSABLE" };

export async function signingCertificate(
  environment: Environment,
  request: Request,
  addressee: Addressee,
): Promise<Result<CertificateAnswer, Failure>> {
  const admitted = await admit(environment, request, certificateRequest, { endpoint: "certificate" });
  if (!admitted.ok) return admitted;
  const accounts = await suitableAccounts(environment, addressee, admitted.value);
  if (!accounts.ok) return accounts;
  const [account] = accounts.value;
  if (account === undefined) throw new Error("suitable accounts are never none");
  const { ACCOUNTS } = environment;
  const certificate: Result<Certificate, "unusable"> = await ACCOUNTS.get(ACCOUNTS.idFromString(account.handle)).certificate(
    "sign",
  );
  if (!certificate.ok) return success({ state: "DOCUMENT_UNUSABLE" });
  const { value, certificateLevel } = certificate.value;
  return success({ state: "OK", cert: { value, certificateLevel } });
}
