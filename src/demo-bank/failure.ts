// Why a login or a payment did not succeed, as the bank keeps it and as its pages explain it.

export const FAILURES = [
  /** Nobody of that country and code has an account. */
  "unknown-person",
  /** The person has an account, but none of the level that a bank needs. */
  "no-suitable-account",
  "refused",
  "wrong-code",
  "timed-out",
  /** The PIN is locked, or the account closed. */
  "locked",
  "too-many-waiting",
  /** The service answered, but not with what was asked for. */
  "service-trouble",
  "unreachable",
  /** The answer came and is not what it must be: nothing of it is believed. */
  "not-verified",
  "insufficient-funds",
] as const;

export type BankFailure = (typeof FAILURES)[number];

export const isBankFailure = (text: string | null): text is BankFailure => FAILURES.some((failure) => failure === text);

/** `result.endResult` of a session that is not OK. */
export function failureOfEndResult(endResult: string): BankFailure {
  switch (endResult) {
    case "USER_REFUSED":
    case "USER_REFUSED_INTERACTION":
    case "USER_REFUSED_CERT_CHOICE":
      return "refused";
    case "WRONG_VC":
      return "wrong-code";
    case "TIMEOUT":
      return "timed-out";
    case "DOCUMENT_UNUSABLE":
    case "ACCOUNT_UNUSABLE":
      return "locked";
    default:
      return "service-trouble";
  }
}

/** Whether nothing is decided by it: asking again may give an answer. */
export const isTransient = (failure: BankFailure): boolean => failure === "unreachable" || failure === "service-trouble";
