// Three codes of which one is right, the same for a request however often and wherever on this device it is opened: of codes drawn anew
// the right one would be the one that stays. So they are derived, from a secret of the account that no relying party has.
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { type DeviceRecord, storedBytes } from "../../authenticator/device-record.ts";
import type { Presentation } from "../../authenticator/presentation.ts";
import { codeChoices } from "../../authenticator/verification-code-choice.ts";
import { utf8 } from "../../protocol/encoding.ts";

/** Undefined where the interaction has no codes to choose from. */
export function choicesFor(
  { deviceToServer }: Pick<DeviceRecord, "deviceToServer">,
  transactionId: string,
  { interaction, verificationCode }: Presentation,
): readonly string[] | undefined {
  if (interaction !== "confirmationMessageAndVerificationCodeChoice") return undefined;
  const key = storedBytes(deviceToServer);
  let block = 0;
  // The channel's key seals messages with AES-GCM and is a key of HMAC only here.
  return codeChoices(verificationCode, () => hmac(sha256, key, utf8(`tally-code-choice-1 ${transactionId} ${block++}`)));
}
