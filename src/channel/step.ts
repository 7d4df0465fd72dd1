// Is a request in step? The pure rule behind one-time passwords (OTP), repeated requests, `resume` and clone detection.
// A known id never leaves a trace: recorded, delayed or repeated messages move nothing and raise no alarm.

/** A request that was received before, under the same id. */
export interface KnownRequest {
  /** SHA-256 of the plaintext as received, base64url; the second envelope still closed. */
  readonly plaintextHash: string;
  readonly oneTimePassword: string;
  /** Its answer is still stored (it was the last one in its lane). */
  readonly answered: boolean;
}

export interface IncomingRequest {
  readonly operation: string;
  readonly oneTimePassword: string;
  readonly plaintextHash: string;
}

export type Step =
  /** Next in line: burn the OTP, act, answer with the next OTP. */
  | "in_step"
  /** Give the stored answer again, byte for byte. */
  | "repeat"
  /** `resume` for a request that never arrived: burn its id and the OTP, give the next one. */
  | "never_received"
  /** A known id that is neither repeated exactly nor the last: refused without an OTP. */
  | "refused"
  /** Admitted by something other than the OTP; answered without one. */
  | "beside"
  /** An authentic request with an unseen id and a stale OTP: two devices hold one channel. */
  | "out_of_step";

export function stepOf(currentOneTimePassword: string, known: KnownRequest | undefined, request: IncomingRequest): Step {
  if (known !== undefined) {
    const same =
      request.operation === "resume"
        ? known.oneTimePassword === request.oneTimePassword
        : known.plaintextHash === request.plaintextHash;
    return same && known.answered ? "repeat" : "refused";
  }
  // Admitted by the challenge's own nonce.
  if (request.operation === "answerChallenge") return "beside";
  if (request.oneTimePassword === currentOneTimePassword) return request.operation === "resume" ? "never_received" : "in_step";
  // A person can always close their own account, from any device that holds the channel key.
  return request.operation === "revokeKey" ? "beside" : "out_of_step";
}
