// ACSP_V2: the exact bytes that an authentication signs. Server, device and relying party each build them from what they know;
// one byte of difference and the signature does not verify. Base64 values go in as they are, not decoded.
import { sha256 } from "@noble/hashes/sha2.js";
import { toBase64, utf8 } from "./encoding.ts";
import type { InteractionType } from "./interactions.ts";
import type { FlowType } from "./session-status.ts";

export interface AcspV2Input {
  /** `smart-id`, or what the deployment is configured for. */
  readonly schemeName: string;
  /** Base64. */
  readonly serverRandom: string;
  /** Base64 as the relying party sent it. */
  readonly rpChallenge: string;
  /** Base64url, 43 characters: SHA-256 of a verifier that only the device knows. */
  readonly userChallenge: string;
  /** The exact text that the relying party sent. */
  readonly relyingPartyName: string;
  /** Empty where the relying party acts for itself. */
  readonly brokeredRpName: string;
  /** Base64 as the relying party sent it. */
  readonly interactions: string;
  readonly interactionTypeUsed: InteractionType;
  /** Counts only in the flows that return to it. */
  readonly initialCallbackUrl: string;
  readonly flowType: FlowType;
}

/** Every field is base64, a fixed word or a URL without `|`, so no two inputs join to the same bytes. */
export function acspV2Payload(input: AcspV2Input): Uint8Array<ArrayBuffer> {
  const returnsToCallback = input.flowType === "App2App" || input.flowType === "Web2App";
  return utf8(
    [
      input.schemeName,
      "ACSP_V2",
      input.serverRandom,
      input.rpChallenge,
      input.userChallenge,
      toBase64(utf8(input.relyingPartyName)),
      toBase64(utf8(input.brokeredRpName)),
      toBase64(sha256(utf8(input.interactions))),
      input.interactionTypeUsed,
      returnsToCallback ? input.initialCallbackUrl : "",
      input.flowType,
    ].join("|"),
  );
}
