// The code of a request, where comparing it by eye is not enough. Three codes of which one is right, the same for a request however often
// and wherever on this device it is opened: of codes drawn anew the right one would be the one that stays. So they are derived, from a
// secret of the account that no relying party has. Or, where the person wants it so, no code at all: they type the one that the relying
// party shows, and who sees none has nothing to choose from. One choice in three that is made blindly is right.
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { type DeviceRecord, storedBytes } from "../../authenticator/device-record.ts";
import type { Presentation } from "../../authenticator/presentation.ts";
import { codeChoices } from "../../authenticator/verification-code-choice.ts";
import { utf8 } from "../../protocol/encoding.ts";
import type { Model } from "./model.ts";
import type { CodeTyping } from "./screen-parts.ts";
import type { AccountView } from "./state.ts";

/** Undefined where the interaction has no codes to choose from. */
export function choicesFor(
  { deviceToServer }: Pick<DeviceRecord, "deviceToServer">,
  transactionId: string,
  { interaction, verificationCode }: Presentation,
): readonly string[] | undefined {
  if (!isChoice({ interaction })) return undefined;
  const key = storedBytes(deviceToServer);
  let block = 0;
  // The channel's key seals messages with AES-GCM and is a key of HMAC only here.
  return codeChoices(verificationCode, () => hmac(sha256, key, utf8(`tally-code-choice-1 ${transactionId} ${block++}`)));
}

export const isChoice = ({ interaction }: Pick<Presentation, "interaction">): boolean =>
  interaction === "confirmationMessageAndVerificationCodeChoice";

/** Codes that may be typed for a request whose code is only compared: nobody is refused for a slip of the finger. */
export const TRIES = 3;
export const EMPTY_CODE: CodeTyping = { digits: "" };

/** Undefined where the person types no codes, and where the request has none. */
export const typingFor = (account: AccountView | undefined, { verificationCode }: Presentation): CodeTyping | undefined =>
  account?.typesCode === true && verificationCode !== "" ? EMPTY_CODE : undefined;

/** 0 to 9; undefined erases the last one. Nothing is typed while an answer is on its way. */
export function typeCode({ store }: Model, digit: number | undefined): void {
  const { screen } = store;
  if (screen.name !== "transaction" || screen.typing === undefined || screen.busy) return;
  const { typing, shown } = screen;
  const digits = digit === undefined ? typing.digits.slice(0, -1) : `${typing.digits}${digit}`;
  if (digits.length <= shown.verificationCode.length) store.stay({ ...screen, typing: { digits } });
}

export async function setTypesCode({ store, accounts }: Model, accountId: string, typesCode: boolean): Promise<void> {
  if (store.account(accountId) !== undefined) await accounts.setOwn(accountId, { typesCode });
}
