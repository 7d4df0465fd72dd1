// The way back: the address that the app opened in the browser shows that this browser is the one that began.
import { fromBase64, sha256, toBase64Url, utf8 } from "../encoding.ts";
import type { CallbackFailureCode } from "../failures.ts";
import { failed, type Result, success } from "../result.ts";
import type { StartedDeviceLink } from "../session/started.ts";

export interface VerifiedCallback {
  /** Of an authentication that was signed: its SHA-256 is the userChallenge that was signed. */
  readonly userChallengeVerifier?: string;
}

const DIGEST = "sessionSecretDigest";
const VERIFIER = "userChallengeVerifier";
const LENGTH_LIMIT = 4096;

/**
 * Whether the address that a browser came back to (whole, as the browser had it) belongs to the session. Look the session up by the
 * browser's own cookie, never by anything in the address. Alone it proves no login: give the address to `verifyAuthentication`, too.
 */
export async function verifyCallback(
  started: Pick<StartedDeviceLink, "initialCallbackUrl" | "sessionSecret">,
  callbackUrl: string | URL,
): Promise<Result<VerifiedCallback, { readonly code: CallbackFailureCode }>> {
  const values = valuesOf(started.initialCallbackUrl, String(callbackUrl));
  if (values === undefined) return failed({ code: "callback_url" });
  const secret = fromBase64(started.sessionSecret);
  const right = secret === undefined ? undefined : toBase64Url(await sha256(secret));
  if (values.digest !== right) return failed({ code: "session_secret_digest" });
  return success(values.verifier === undefined ? {} : { userChallengeVerifier: values.verifier });
}

/** Whether the verifier of the callback is the one that the signed challenge (base64url) was made of. */
export const isVerifierOf = async (userChallenge: string | undefined, verifier: string | undefined): Promise<boolean> =>
  verifier !== undefined && toBase64Url(await sha256(utf8(verifier))) === userChallenge;

/** Undefined where it is another address, or one of the values does not stand there as it must. */
function valuesOf(
  initialCallbackUrl: string,
  callbackUrl: string,
): { readonly digest: string; readonly verifier: string | undefined } | undefined {
  if (callbackUrl.length > LENGTH_LIMIT || !URL.canParse(initialCallbackUrl) || !URL.canParse(callbackUrl)) return undefined;
  const [asked, got] = [new URL(initialCallbackUrl), new URL(callbackUrl)];
  const parameters = got.search.slice(1).split("&");
  const own = parameters.filter((parameter) => !parameter.startsWith(`${DIGEST}=`) && !parameter.startsWith(`${VERIFIER}=`));
  if (asked.origin !== got.origin || asked.pathname !== got.pathname || asked.search.slice(1) !== own.join("&")) return undefined;
  const [digest, ...moreDigests] = got.searchParams.getAll(DIGEST);
  const [verifier, ...moreVerifiers] = got.searchParams.getAll(VERIFIER);
  return digest === undefined || moreDigests.length > 0 || moreVerifiers.length > 0 ? undefined : { digest, verifier };
}
