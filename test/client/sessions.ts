// Sessions as the client remembers them, one of each kind, for the same person, and right answers to them.
import type {
  StartedDeviceLinkAuthentication,
  StartedDeviceLinkCertificateChoice,
  StartedDeviceLinkSignature,
  StartedLinkedSignature,
  StartedNotificationAuthentication,
  StartedNotificationCertificateChoice,
  StartedNotificationSignature,
} from "../../src/client/index.ts";
import { callbackAddress, sessionSecretDigest } from "../../src/protocol/device-link.ts";
import { fromBase64, toBase64, utf8 } from "../../src/protocol/encoding.ts";
import { IDENTITY } from "./signer.ts";

export const DOCUMENT = utf8('{"amount":"12.00"}');
export const VERIFIER = "V".repeat(43);
export const SESSION_SECRET = toBase64(new Uint8Array(32).fill(9));
const CALLBACK = "https://rp.example.com/back?value=RrKjjT4aggzu27YBddX1bQ";
const DIGEST = toBase64(new Uint8Array(await crypto.subtle.digest("SHA-512", DOCUMENT)));

const session = {
  sessionID: "b4a1cbd5-5b4e-4f2a-9f43-8f7a5f0a2f11",
  receivedAt: Date.now(),
  schemeName: "smart-id",
  relyingPartyName: "DEMO",
  brokeredRelyingPartyName: "Example RP",
  certificateLevel: "QUALIFIED",
  asked: { semanticsIdentifier: IDENTITY.semanticsIdentifier },
} as const;

const link = {
  flow: "device-link",
  sessionToken: "S2gPzh0R9tNHjvCz4mmuQmxZ2PSY1X3lQFcFRQXkq0b",
  sessionSecret: SESSION_SECRET,
  deviceLinkBase: "https://id.example.com/device-link",
  initialCallbackUrl: CALLBACK,
} as const;

const interactions = toBase64(
  utf8(
    JSON.stringify([
      { type: "confirmationMessage", displayText200: "Log in to Rowan Bank, or pay 12.00 EUR" },
      { type: "displayTextAndPIN", displayText60: "Rowan Bank" },
    ]),
  ),
);

const login = {
  ...session,
  kind: "authentication",
  rpChallenge: toBase64(new Uint8Array(64).fill(3)),
  algorithm: "rsassa-pss/SHA-512",
  interactions,
} as const;
const payment = { ...session, kind: "signature", digest: DIGEST, algorithm: "rsassa-pss/SHA-512", interactions } as const;
const choice = { ...session, kind: "certificate-choice" } as const;

export const NOTIFIED_LOGIN: StartedNotificationAuthentication = { ...login, flow: "notification", verificationCode: "0417" };
export const LINKED_LOGIN: StartedDeviceLinkAuthentication = { ...login, ...link, asked: {} };
export const NOTIFIED_PAYMENT: StartedNotificationSignature = { ...payment, flow: "notification", verificationCode: "0417" };
/** The same by Ed25519. */
export const ED25519_LOGIN: StartedNotificationAuthentication = { ...NOTIFIED_LOGIN, algorithm: "ed25519/SHA-512" };
export const ED25519_PAYMENT: StartedNotificationSignature = { ...NOTIFIED_PAYMENT, algorithm: "ed25519/SHA-512" };
export const LINKED_PAYMENT: StartedDeviceLinkSignature = { ...payment, ...link };
export const FOLLOWING_PAYMENT: StartedLinkedSignature = {
  ...payment,
  flow: "linked",
  choice: { flowType: "Web2App", initialCallbackUrl: CALLBACK, sessionSecret: SESSION_SECRET },
};
export const NOTIFIED_CHOICE: StartedNotificationCertificateChoice = { ...choice, flow: "notification" };
export const LINKED_CHOICE: StartedDeviceLinkCertificateChoice = { ...choice, ...link, asked: {} };

const secretDigest = sessionSecretDigest(fromBase64(SESSION_SECRET)!);
/** Where the browser comes back to. */
export const LOGIN_BACK = callbackAddress(CALLBACK, { sessionSecretDigest: secretDigest, userChallengeVerifier: VERIFIER });
export const PAYMENT_BACK = callbackAddress(CALLBACK, { sessionSecretDigest: secretDigest });
