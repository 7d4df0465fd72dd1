// The end of an account comes into sight: when to renew it, and how the account before is closed once another one stands. A renewal is a
// new account, with the identity proven again; nothing of a key goes from one to the other.
import type { Result } from "../account/result.ts";
import type { AnswerBody, RequestBody } from "../protocol/device-messages.ts";
import type { ChannelClient, ChannelFailure } from "./channel-client.ts";

type KeyState = AnswerBody<"getKeyState">;

/** Milliseconds before the end, where a server of before does not say from when on. */
const RENEWAL_WINDOW_MS = 60 * 24 * 60 * 60 * 1000;

/** What servers of before know, newest first. */
const EARLIER_QUESTIONS: readonly RequestBody<"getKeyState">[] = [{ renewal: true }, {}];

/** With the time from which the account is to be renewed, and with new accounts. A server of before is asked for what it knows. */
export async function askKeyState(client: ChannelClient): Promise<Result<KeyState, ChannelFailure>> {
  let answer = await client.call("getKeyState", () => ({ renewal: true, newAccounts: true }));
  for (const earlier of EARLIER_QUESTIONS) {
    if (answer.ok || answer.failure.code !== "malformed") return answer;
    answer = await client.call("getKeyState", () => earlier);
  }
  return answer;
}

/** By the server's clock. */
export const isDueForRenewal = ({ status, now, expiresAt, renewFrom = expiresAt - RENEWAL_WINDOW_MS }: KeyState): boolean =>
  status === "active" && now >= renewFrom;

/** Closes the account, whose place the active account of that document number takes. Can be asked again: a closed account stays closed. */
export const closeForSuccessor = (
  client: ChannelClient,
  successor: string,
): Promise<Result<AnswerBody<"revokeKey">, ChannelFailure>> => client.call("revokeKey", () => ({ successor }));
