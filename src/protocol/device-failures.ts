// Why an operation of the device channel failed, as it travels.
import { z } from "zod/mini";
import { proofRequestSchema } from "./claimed-transaction.ts";
import { bytes32, identifier, keyVersion, milliseconds, suite } from "./device-fields.ts";

/** Why an operation failed; every one is sealed like a success. */
export const failureSchema = z.discriminatedUnion("code", [
  z.strictObject({ code: z.literal("wrong_pin"), attemptsLeft: z.int(), lockedUntil: milliseconds }),
  z.strictObject({ code: z.literal("pin_locked"), lockedUntil: milliseconds }),
  z.strictObject({ code: z.literal("pin_dead") }),
  z.strictObject({ code: z.literal("transcript_mismatch") }),
  z.strictObject({ code: z.literal("no_such_transaction") }),
  z.strictObject({ code: z.literal("claimed_elsewhere") }),
  /** The person's history has no such entry, or not any more. */
  z.strictObject({ code: z.literal("no_such_entry") }),
  z.strictObject({ code: z.literal("not_claimed") }),
  /** No session waits under this link: over, of another server, or no device link at all. */
  z.strictObject({ code: z.literal("no_such_link") }),
  /** A QR code of some time ago, perhaps sent on by somebody: the person scans the one that is shown now. */
  z.strictObject({ code: z.literal("stale_link") }),
  /** Not what the session's relying party made. A session for anybody is over: PROTOCOL_FAILURE. One that names its person goes on. */
  z.strictObject({ code: z.literal("forged_link") }),
  /** The session is for another account or person, or for a higher level than this account has. */
  z.strictObject({ code: z.literal("not_for_this_account") }),
  /** This device waits for the signature after a certificate choice: nothing else is opened until it came or the person stops waiting. */
  z.strictObject({ code: z.literal("awaits_signature") }),
  /** So many that were opened still wait on this account that another one is not taken. */
  z.strictObject({ code: z.literal("too_many_opened") }),
  /** The relying party allows no interaction that this app can show. The session is over. */
  z.strictObject({ code: z.literal("interaction_not_supported") }),
  /** The relying party asks for a kind of signature that this account has no key for. The session is over, unless its link names the person. */
  z.strictObject({ code: z.literal("key_missing") }),
  z.strictObject({ code: z.literal("wrong_state") }),
  z.strictObject({ code: z.literal("malformed") }),
  z.strictObject({ code: z.literal("unacceptable_key") }),
  z.strictObject({ code: z.literal("possession_not_proven") }),
  z.strictObject({ code: z.literal("account_closed"), reason: z.string() }),
  /** The account is not closed: no newer usable account of this person, of this level or a higher one, would take its place. */
  z.strictObject({ code: z.literal("unacceptable_successor") }),
  /** `challenge` is absent when none can be answered (PIN1 locked or dead, too many wrong answers, no active account). */
  z.strictObject({
    code: z.literal("out_of_step"),
    challenge: z.optional(z.strictObject({ challenge: identifier, suite, keyVersion, proof: proofRequestSchema })),
  }),
  z.strictObject({ code: z.literal("challenge_over") }),
  z.strictObject({ code: z.literal("challenge_failed") }),
  /**
   * The id of this request is known and its answer is no longer there, or was for other bytes. `plaintextHash` (SHA-256,
   * base64url) says which bytes: else an intermediary could give the refusal of a delayed message to the `resume` of it,
   * and the device would come out of step.
   */
  z.strictObject({ code: z.literal("refused"), plaintextHash: bytes32 }),
  z.strictObject({ code: z.literal("server_error") }),
]);
export type DeviceFailure = z.infer<typeof failureSchema>;
