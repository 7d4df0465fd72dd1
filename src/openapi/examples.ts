// Bodies that work: with the relying party, the test people and the device links of local mode. Values that would fill a screen, and
// prove nothing in a document, are cut to their beginnings.
import { hash } from "../protocol/algorithms.ts";
import { toBase64, utf8 } from "../protocol/encoding.ts";
import type { Interaction as Shown } from "../protocol/interactions.ts";

/** Test people of local mode. */
export const PERSON = "PNOEE-40504040001";
export const DOCUMENT = "PNOEE-40504040001-DEM0-Q";
export const LINK_DOCUMENT = "PNOEE-40404040009-MOCK-Q";

export const SESSION = "e7d6c5b4-3c1f-4d0a-9b51-6a2f0c8d1e37";
const SIGNED_SESSION = "0f9b8a7c-52d3-4b6e-8f10-93c4a7e5d218";

const PARTY = { relyingPartyUUID: "00000000-0000-4000-8000-000000000000", relyingPartyName: "DEMO" };

const interactions = (type: Shown["type"], field: "displayText60" | "displayText200", text: string): string =>
  toBase64(utf8(JSON.stringify([{ type, [field]: text }])));

const PSS = { signatureAlgorithm: "rsassa-pss", signatureAlgorithmParameters: { hashAlgorithm: "SHA-512" } };

const authentication = {
  ...PARTY,
  certificateLevel: "QUALIFIED",
  signatureProtocol: "ACSP_V2",
  signatureProtocolParameters: {
    rpChallenge: "GYS+yoah6emAcVDNIajwSs6UB/M95XrDxMzXBUkwQJ9YFDipXXzGpPc7raWcuc2+TEoRc7WvIZ/7dU/iRXenYg==",
    ...PSS,
  },
  interactions: interactions("displayTextAndPIN", "displayText60", "Log in to the self-service?"),
};

const signature = {
  ...PARTY,
  certificateLevel: "QUALIFIED",
  signatureProtocol: "RAW_DIGEST_SIGNATURE",
  signatureProtocolParameters: { digest: toBase64(hash("SHA-512", utf8("Contract no. 7"))), ...PSS },
  interactions: interactions("confirmationMessage", "displayText200", "Sign contract no. 7?"),
};

const returning = { initialCallbackUrl: "https://rp.example.com/back?state=5" };

export const REQUESTS = {
  authentication: { ...authentication, vcType: "numeric4" },
  authenticationLink: { ...authentication, ...returning },
  signature,
  signatureLink: { ...signature, ...returning },
  linkedSignature: { ...signature, linkedSessionID: SESSION },
  certificateChoice: { ...PARTY, certificateLevel: "QUALIFIED" },
  certificateChoiceLink: { ...PARTY, certificateLevel: "QUALIFIED", ...returning },
  certificate: { ...PARTY, certificateLevel: "QUALIFIED" },
  mockDeviceLink: {
    documentNumber: LINK_DOCUMENT,
    deviceLink:
      "http://localhost:8787/device-link?deviceLinkType=QR&elapsedSeconds=1&sessionToken=7kB3vXoM2sQ9TzLr5aNcYd1uHfPgE8wJ4iK6mRxO0bV" +
      "&sessionType=auth&version=1.0&lang=eng&authCode=mZ0q3S8XyJr5v1cWb7oKfUeTnHdLpA2iG9xQkR4tYsE",
    flowType: "QR",
  },
} as const;

const cert = { value: "MIIGNDCCBbqgAwIBAgIQTN50O+Go9jn8NBD44WurMjAKBggqhkjOPQQDAzA9MQsw", certificateLevel: "QUALIFIED" };
/** Of an Ed25519 key: it says that it is shorter. */
const ed25519Cert = { ...cert, value: "MIIDszCCAzmgAwIBAgIQcWdYPxpOH9e7wcstL0QXDjAKBggqhkjOPQQDAzA9MQsw" };
const signed = {
  value: "RQnvwKaTP++65cVlU3aeoBjEpClCmOekbTT0lnDWVnewsU2qAZg2D6bU+4HqCyUN",
  flowType: "Notification",
  signatureAlgorithm: "rsassa-pss",
  signatureAlgorithmParameters: {
    hashAlgorithm: "SHA-512",
    maskGenAlgorithm: { algorithm: "id-mgf1", parameters: { hashAlgorithm: "SHA-512" } },
    saltLength: 64,
    trailerField: "0xbc",
  },
};
const { value, ...algorithm } = signed;
const signedWithEd25519 = {
  value: "42pcMnbeWjfa3+2qJY9ityKr3vXvUnioDAATaJMRp5V16EtnF7hZK0dpZzHEjl4fP1O/JHCbFWPKK6n9cukfCg==",
  flowType: "Notification",
  signatureAlgorithm: "ed25519",
  signatureAlgorithmParameters: { hashAlgorithm: "SHA-512" },
};
const OK = { state: "COMPLETE", result: { endResult: "OK", documentNumber: DOCUMENT } };

export const ANSWERS = {
  started: { sessionID: SESSION },
  signatureStarted: { sessionID: SIGNED_SESSION, vc: { type: "numeric4", value: "4927" } },
  linkStarted: {
    sessionID: SESSION,
    sessionToken: "7kB3vXoM2sQ9TzLr5aNcYd1uHfPgE8wJ4iK6mRxO0bV",
    sessionSecret: "c2Vzc2lvblNlY3JldC1vZi0zMi1ieXRlcy1mb3ItZG8=",
    deviceLinkBase: "http://localhost:8787/device-link",
  },
  certificate: { state: "OK", cert },
  unusable: { state: "DOCUMENT_UNUSABLE" },
  running: { state: "RUNNING" },
  authenticated: {
    ...OK,
    signatureProtocol: "ACSP_V2",
    signature: {
      value,
      serverRandom: "MTlop6EXCrQ6FOErcKjxUhbV",
      userChallenge: "GnsWXXEjTCKR89fj9uo5u5ReBZ9JR7_pezLAI5jMS00",
      ...algorithm,
    },
    cert,
    interactionTypeUsed: "displayTextAndPIN",
  },
  signed: {
    ...OK,
    signatureProtocol: "RAW_DIGEST_SIGNATURE",
    signature: signed,
    cert,
    interactionTypeUsed: "confirmationMessage",
  },
  signedWithEd25519: {
    ...OK,
    signatureProtocol: "RAW_DIGEST_SIGNATURE",
    signature: signedWithEd25519,
    cert: ed25519Cert,
    interactionTypeUsed: "confirmationMessage",
  },
  chosen: { ...OK, signature: { flowType: "QR" }, cert },
  refusedInteraction: {
    state: "COMPLETE",
    result: {
      endResult: "USER_REFUSED_INTERACTION",
      documentNumber: DOCUMENT,
      details: { interaction: "confirmationMessage" },
    },
  },
  refused: { state: "COMPLETE", result: { endResult: "USER_REFUSED", documentNumber: DOCUMENT } },
  opened: { opened: true },
} as const;
