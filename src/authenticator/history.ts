// The person's history, asked of the server in pages.
import type { Result } from "../account/result.ts";
import type { AnswerBody, RequestBody } from "../protocol/device-messages.ts";
import type { ChannelClient, ChannelFailure } from "./channel-client.ts";

/** With the account of each entry. A server of before, which knows no such question, is asked for what it knows. */
export async function askHistory(
  client: ChannelClient,
  page: Pick<RequestBody<"getHistory">, "before" | "limit">,
): Promise<Result<AnswerBody<"getHistory">, ChannelFailure>> {
  const answer = await client.call("getHistory", () => ({ ...page, accounts: true }));
  if (answer.ok || answer.failure.code !== "malformed") return answer;
  return client.call("getHistory", () => page);
}
