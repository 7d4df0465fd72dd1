// The outcome of a check. A fault is a stable code without anything personal in it: it goes into the log, never to the browser.

export type Fault =
  | "signature-protocol"
  | "flow-type"
  | "interaction-type"
  | "certificate-level"
  | "document-number"
  | "signature-algorithm"
  | "signature-parameters"
  | "server-random"
  | "user-challenge"
  | "certificate-encoding"
  | "certificate-extensions"
  | "certificate-chain"
  | "certificate-validity"
  | "certificate-key-usage"
  | "certificate-policies"
  | "certificate-qualification"
  | "certificate-subject"
  | "certificate-document-number"
  | "certificate-revoked"
  | "certificate-unknown"
  | "status-address"
  | "status-unreachable"
  | "status-answer"
  | "status-signer"
  | "status-signature"
  | "status-nonce"
  | "status-time"
  | "other-person"
  | "key-too-small"
  | "signature-encoding"
  | "signature";

export type Verdict<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly fault: Fault };

export const refused = (fault: Fault): { readonly ok: false; readonly fault: Fault } => ({ ok: false, fault });
