// `signature/certificate/{documentNumber}`: an account's signing certificate at once, without asking the person.
import { type Result, success } from "../account/result.ts";
import type { GivenCertificate } from "../account/transaction.ts";
import type { Environment } from "../environment.ts";
import type { Failure } from "../http/failures.ts";
import type { CertificateAnswer } from "../protocol/relying-party-answers.ts";
import { certificateRequest } from "../protocol/relying-party-requests.ts";
import { type Addressee, admit, suitableAccounts } from "./admission.ts";

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
  const certificate: Result<GivenCertificate, "unusable"> = await ACCOUNTS.get(ACCOUNTS.idFromString(account.handle)).certificate(
    "sign",
  );
  if (!certificate.ok) return success({ state: "DOCUMENT_UNUSABLE" });
  const { value, certificateLevel } = certificate.value;
  return success({ state: "OK", cert: { value, certificateLevel } });
}
