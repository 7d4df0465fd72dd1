// From a request in a program's words to the path and body that the API takes, and to what there is to remember of it. What the API
// would surely refuse is refused here, before anybody is asked.
import { type Algorithm, ALGORITHMS, DEFAULT_ALGORITHM } from "../algorithms.ts";
import { fromBase64 } from "../encoding.ts";
import type { CallFailure } from "../failures.ts";
import { failed, type Result, success } from "../result.ts";
import type { Asked, CertificateLevel } from "../session/started.ts";
import { encodeInteractions, type Interaction } from "./interactions.ts";
import type { Addressee } from "./requests.ts";

export interface Target {
  readonly path: string;
  readonly asked: Asked;
}

export interface Plan<Remembered> {
  readonly body: object;
  readonly remembered: Remembered;
}

type Planned<Value> = Result<Value, CallFailure>;

/** `PNOEE-…`, and document numbers, which begin like that. Never `..`: it stands in a path. */
const IDENTIFIER = /^[A-Z]{5}-[\u0021-\u007e]{1,80}$/;
const CALLBACK = /^https?:\/\/[^\s|#]+$/;
const CALLBACK_LIMIT = 1800;
const DEFAULT_LEVEL = "QUALIFIED";

/** `prefix`: of the path, for example `authentication/notification`. */
export function targetOf(prefix: string, to: Addressee | "anyone"): Planned<Target> {
  if (to === "anyone") return success({ path: `${prefix}/anonymous`, asked: {} });
  if ("documentNumber" in to) return documentTarget(`${prefix}/document`, to.documentNumber);
  const { semanticsIdentifier } = to;
  if (!IDENTIFIER.test(semanticsIdentifier)) return wrong("semanticsIdentifier");
  return success({ path: `${prefix}/etsi/${encodeURIComponent(semanticsIdentifier)}`, asked: { semanticsIdentifier } });
}

export function documentTarget(prefix: string, documentNumber: string): Planned<Target> {
  if (!IDENTIFIER.test(documentNumber)) return wrong("documentNumber");
  return success({ path: `${prefix}/${encodeURIComponent(documentNumber)}`, asked: { documentNumber } });
}

interface Common {
  readonly certificateLevel?: CertificateLevel;
  readonly shareClientAddress?: boolean;
  readonly capabilities?: readonly string[];
  readonly nonce?: string;
  readonly initialCallbackUrl?: string;
}

/** What all requests have in common; all there is to the choice of a certificate. */
export function commonPlan(request: Common): Planned<Plan<{ readonly certificateLevel: CertificateLevel }>> {
  const { certificateLevel = DEFAULT_LEVEL, shareClientAddress, capabilities, nonce, initialCallbackUrl } = request;
  if (initialCallbackUrl !== undefined && !isCallback(initialCallbackUrl)) return wrong("initialCallbackUrl");
  const body = {
    certificateLevel,
    ...(capabilities !== undefined && { capabilities }),
    ...(shareClientAddress === true && { requestProperties: { shareMdClientIpAddress: true } }),
    ...(nonce !== undefined && { nonce }),
    ...(initialCallbackUrl !== undefined && { initialCallbackUrl }),
  };
  return success({ body, remembered: { certificateLevel } });
}

const isCallback = (text: string): boolean => text.length <= CALLBACK_LIMIT && CALLBACK.test(text) && URL.canParse(text);

interface Signing extends Common {
  readonly algorithm?: Algorithm;
  readonly interactions: readonly Interaction[];
}

interface Signed {
  readonly certificateLevel: CertificateLevel;
  readonly algorithm: Algorithm;
  readonly interactions: string;
}

/** `more`: fields of one kind of request alone. */
export const authenticationPlan = (
  request: Signing,
  rpChallenge: string,
  more: object = {},
): Planned<Plan<Signed & { readonly rpChallenge: string }>> => signingPlan(request, "ACSP_V2", { rpChallenge }, more);

export function signaturePlan(
  request: Signing & { readonly digest: string },
  more: object = {},
): Planned<Plan<Signed & { readonly digest: string }>> {
  const { digest, algorithm = DEFAULT_ALGORITHM } = request;
  if (fromBase64(digest)?.length !== ALGORITHMS[algorithm].hashLength) return wrong("digest");
  return signingPlan(request, "RAW_DIGEST_SIGNATURE", { digest }, more);
}

/** After a choice, whose certificate is that of the RSA key. The type says so too, but not to a program without types. */
export function linkedSignaturePlan(request: Parameters<typeof signaturePlan>[0], linkedSessionID: string) {
  const { algorithm = DEFAULT_ALGORITHM } = request;
  return ALGORITHMS[algorithm].scheme === "Ed25519" ? wrong("algorithm") : signaturePlan(request, { linkedSessionID });
}

function signingPlan<ToSign extends object>(
  request: Signing,
  signatureProtocol: string,
  toSign: ToSign,
  more: object,
): Planned<Plan<Signed & ToSign>> {
  const common = commonPlan(request);
  if (!common.ok) return common;
  const interactions = encodeInteractions(request.interactions);
  if (interactions === undefined) return wrong("interactions");
  const { algorithm = DEFAULT_ALGORITHM } = request;
  const { signatureAlgorithm, hashAlgorithm } = ALGORITHMS[algorithm];
  const signatureProtocolParameters = { ...toSign, signatureAlgorithm, signatureAlgorithmParameters: { hashAlgorithm } };
  const body = { ...common.value.body, signatureProtocol, signatureProtocolParameters, interactions, ...more };
  return success({ body, remembered: { ...common.value.remembered, ...toSign, algorithm, interactions } });
}

const wrong = (field: string) => failed<CallFailure>({ code: "request_invalid", fields: [field] });
