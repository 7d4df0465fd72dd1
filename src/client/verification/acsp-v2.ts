// ACSP_V2: the exact bytes that a login signs, rebuilt from what the relying party remembers. Of the answer it takes only what the
// server and the device have added.
import { sha256, toBase64, utf8 } from "../encoding.ts";
import type { FlowType, InteractionType } from "../session/answer.ts";
import type { StartedAuthentication } from "../session/started.ts";

export interface AddedByAnswer {
  /** Base64. */
  readonly serverRandom: string;
  /** Base64url, 43 characters. */
  readonly userChallenge: string;
  readonly interactionTypeUsed: InteractionType;
  readonly flowType: FlowType;
}

/** UTF-8, joined by bars; base64 values as they are, not decoded; what is absent stays as an empty string. */
export async function acspV2Payload(started: StartedAuthentication, added: AddedByAnswer): Promise<Uint8Array<ArrayBuffer>> {
  const fields = [
    started.schemeName,
    "ACSP_V2",
    added.serverRandom,
    started.rpChallenge,
    added.userChallenge,
    toBase64(utf8(started.relyingPartyName)),
    toBase64(utf8(started.brokeredRelyingPartyName)),
    toBase64(await sha256(utf8(started.interactions))),
    added.interactionTypeUsed,
    started.flow === "device-link" && isSameDevice(added.flowType) ? started.initialCallbackUrl : "",
    added.flowType,
  ];
  return utf8(fields.join("|"));
}

/** Whether the person goes back to the browser on the device where the app is. */
export const isSameDevice = (flowType: FlowType): boolean => flowType === "Web2App" || flowType === "App2App";
