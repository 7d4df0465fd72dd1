// What of a relying party's request is in front of the person: what is signed is computed from the same claimed request
// (message-to-sign.ts), never from anything else that the server says.
import type { ClaimedTransaction, ShownTransaction } from "../protocol/claimed-transaction.ts";
import { fromBase64 } from "../protocol/encoding.ts";
import { type InteractionType, parseInteractions } from "../protocol/interactions.ts";
import { verificationCode } from "../protocol/verification-code.ts";

/** A relying party's request as it is shown. */
export interface Presentation {
  readonly relyingPartyName: string;
  readonly interaction: InteractionType;
  readonly text: string;
  /** Four digits, to be compared with what the relying party shows; empty where the person began on its page (device links). */
  readonly verificationCode: string;
}

/** Undefined for what shows no text of a relying party, and for a request that contradicts itself. */
export function presentation(claimed: ClaimedTransaction): Presentation | undefined {
  if (claimed.kind === "application" || claimed.kind === "certificate-choice") return undefined;
  const interactions = parseInteractions(claimed.interactions);
  if (typeof interactions === "string") return undefined;
  const shown = interactions.find(({ type }) => type === claimed.interactionTypeUsed);
  const code = shownCode(claimed);
  if (shown === undefined || code === undefined) return undefined;
  // A code to choose from is the only thing that ties such a request to the page of the relying party.
  if (code === "" && shown.type === "confirmationMessageAndVerificationCodeChoice") return undefined;
  const { relyingPartyName } = claimed;
  return { relyingPartyName, interaction: shown.type, text: shown.displayText, verificationCode: code };
}

/** A device link ties the request to the page it was made for: there is no code to compare. */
function shownCode(claimed: ShownTransaction): string | undefined {
  if (claimed.flowType !== "Notification") return "";
  return claimed.kind === "signature" ? claimed.verificationCode : codeOf(claimed.rpChallenge);
}

function codeOf(rpChallenge: string): string | undefined {
  const bytes = fromBase64(rpChallenge);
  return bytes === undefined ? undefined : verificationCode(bytes);
}
