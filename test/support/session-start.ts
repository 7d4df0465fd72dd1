// What routes and accounts hand to a session, for the tests of both.
import type { AccountSummary, SessionStart } from "../../src/account/objects.ts";
import type { SignatureAsked, TransactionOutcome } from "../../src/account/transaction.ts";
import { toBase64, utf8 } from "../../src/protocol/encoding.ts";

type SignatureStart = SessionStart & { readonly transaction: SignatureAsked };

export const INTERACTIONS = toBase64(utf8(JSON.stringify([{ type: "confirmationMessage", displayText200: "Hello" }])));

export const anAuthenticationStart = (accounts: readonly AccountSummary[]): SignatureStart => ({
  accounts,
  level: "QUALIFIED",
  shareClientAddress: false,
  ignoredProperties: [],
  transaction: {
    purpose: "auth",
    relyingPartyUUID: "00000000-0000-4000-8000-000000000000",
    relyingPartyName: "DEMO",
    brokeredRpName: "",
    initialCallbackUrl: "",
    sessionSecretDigest: "",
    interactions: INTERACTIONS,
    interactionTypeUsed: "confirmationMessage",
    signatureAlgorithm: "rsassa-pss",
    hashAlgorithm: "SHA3-384",
    toSign: {
      protocol: "ACSP_V2",
      schemeName: "smart-id",
      rpChallenge: toBase64(new Uint8Array(32)),
      serverRandom: "c2VydmVyUmFuZG9tc2VydmVyUmFuZG9t",
    },
  },
});

export const aSignatureStart = (accounts: readonly AccountSummary[]): SignatureStart => {
  const start = anAuthenticationStart(accounts);
  return {
    ...start,
    transaction: {
      ...start.transaction,
      purpose: "sign",
      signatureAlgorithm: "sha256WithRSAEncryption",
      hashAlgorithm: "SHA-256",
      toSign: { protocol: "RAW_DIGEST_SIGNATURE", digest: toBase64(new Uint8Array(32)), verificationCode: "0042" },
    },
  };
};

export const signedBy = (account: AccountSummary): TransactionOutcome => ({
  endResult: "OK",
  documentNumber: account.documentNumber,
  signature: "c2lnbmF0dXJl",
  userChallenge: "GnsWXXEjTCKR89fj9uo5u5ReBZ9JR7_pezLAI5jMS00",
  certificate: { value: "Y2VydGlmaWNhdGU=", certificateLevel: account.level },
  deviceIpAddress: "192.0.2.7",
});
