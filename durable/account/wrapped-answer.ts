// The part of an answer that is stored under the wrapping alone: what a device is told once and nobody else may read later.
import { utf8 } from "../../src/protocol/encoding.ts";
import type { AccountContext, SecretMembers } from "./account-context.ts";
import { answerSecretPlace } from "./wrapped-places.ts";

/** `body`: members of the answer to that request. Throws VaultUnavailable. */
export async function wrapAnswer({ handle, secrets }: AccountContext, requestId: string, body: object): Promise<SecretMembers> {
  const members = utf8(JSON.stringify(body));
  return { members, wrapped: await secrets.vault.wrap(answerSecretPlace(handle, requestId), members) };
}
