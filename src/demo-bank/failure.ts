// Why a login or a payment did not succeed, as the bank keeps it and as its pages explain it.
import type { CallFailure, EndResult } from "../client/index.ts";

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
  /** Somebody changed a link or a code on its way to the authenticator. */
  "broken-link",
  /** The authenticator waits for something else of the person. */
  "busy",
  /** The authenticator cannot show what the bank wants to be read. */
  "not-shown",
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

/** Of a session that has ended, but not with OK. */
export function failureOfEndResult(endResult: Exclude<EndResult, "OK">): BankFailure {
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
    case "PROTOCOL_FAILURE":
      return "broken-link";
    case "EXPECTED_LINKED_SESSION":
      return "busy";
    case "REQUIRED_INTERACTION_NOT_SUPPORTED_BY_APP":
      return "not-shown";
    case "SERVER_ERROR":
    case "UNKNOWN":
      return "service-trouble";
  }
}

/** Of a call that gave nothing. */
export function failureOfCall({ code, status, fields }: CallFailure): BankFailure {
  switch (code) {
    case "account_unknown":
      return "unknown-person";
    case "no_suitable_account":
    case "person_must_act":
      return "no-suitable-account";
    case "too_many_requests":
      return "too-many-waiting";
    case "unreachable":
      return "unreachable";
    // Results are kept for some minutes only: whoever comes later has missed it.
    case "session_unknown":
    case "session_over":
      return "timed-out";
    default:
      console.error(`demo bank: a call of the relying-party API failed: ${[code, status, ...(fields ?? [])].join(" ")}`);
      return "service-trouble";
  }
}

/**
 * Whether nothing is decided by it: asking again may give an answer. Not where the service knows the bank no more, or the bank's client:
 * somebody has to mend that first. One strange answer may be that of a proxy in between.
 */
export const isTransient = ({ code }: CallFailure): boolean =>
  code === "unreachable" ||
  code === "service_trouble" ||
  code === "maintenance" ||
  code === "too_many_requests" ||
  code === "answer_malformed";
