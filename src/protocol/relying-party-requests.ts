// Bodies of the relying-party API's POSTs: size, shape and forbidden combinations of every field. Unknown fields are ignored,
// unknown request properties are reported back. Whether the relying party may ask is decided elsewhere.
import { z } from "zod";
import {
  authenticationLevel,
  capabilities,
  initialCallbackUrl,
  interactions,
  interactionsWithoutChoice,
  linkedSessionID,
  nonce,
  nonceOfAnybody,
  nonceOfLinked,
  relyingPartyName,
  relyingPartyUUID,
  requestProperties,
  signatureLevel,
} from "./relying-party-fields.ts";
import { authenticationParameters, digestParameters, linkedDigestParameters } from "./relying-party-parameters.ts";

/** `timeoutMs` of `GET session/{sessionID}`, in milliseconds. */
export const SESSION_TIMEOUT = { shortest: 1_000, longest: 120_000, default: 60_500 } as const;

const relyingParty = { relyingPartyUUID, relyingPartyName };
const common = { capabilities, requestProperties };

const authentication = {
  ...relyingParty,
  certificateLevel: authenticationLevel,
  signatureProtocol: z.literal("ACSP_V2").meta({ description: "The one for logins." }),
  signatureProtocolParameters: authenticationParameters,
};

const signature = {
  ...relyingParty,
  certificateLevel: signatureLevel,
  signatureProtocol: z.literal("RAW_DIGEST_SIGNATURE").meta({ description: "The one for signatures." }),
  signatureProtocolParameters: digestParameters,
};

/** POST `authentication/notification/…`. */
export const authenticationRequest = z.object({
  ...authentication,
  interactions,
  vcType: z.literal("numeric4").meta({ description: "The kind of verification code that you show: four digits." }),
  ...common,
});

/** POST `authentication/device-link/…`. */
export const authenticationLinkRequest = z.object({
  ...authentication,
  interactions: interactionsWithoutChoice,
  initialCallbackUrl,
  ...common,
});
export type AuthenticationLinkRequest = z.output<typeof authenticationLinkRequest>;

/** POST `signature/notification/…`. */
export const signatureRequest = z.object({ ...signature, interactions, nonce, ...common });

/** POST `signature/device-link/…`. */
export const signatureLinkRequest = z.object({
  ...signature,
  interactions: interactionsWithoutChoice,
  initialCallbackUrl,
  nonce,
  ...common,
});

/** POST `signature/notification/linked/{documentNumber}`. */
export const linkedSignatureRequest = z.object({
  ...signature,
  signatureProtocolParameters: linkedDigestParameters,
  linkedSessionID,
  interactions: interactionsWithoutChoice,
  nonce: nonceOfLinked,
  ...common,
});

/** POST `signature/certificate-choice/notification/…`. */
export const certificateChoiceRequest = z.object({ ...relyingParty, certificateLevel: signatureLevel, nonce, ...common });

/** POST `signature/certificate-choice/device-link/anonymous`. */
export const certificateChoiceLinkRequest = z.object({
  ...relyingParty,
  certificateLevel: signatureLevel,
  initialCallbackUrl,
  nonce: nonceOfAnybody,
  ...common,
});

/** POST `signature/certificate/{documentNumber}`. */
export const certificateRequest = z.object({ ...relyingParty, certificateLevel: signatureLevel, ...common });
