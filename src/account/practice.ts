// A login that nobody asked for: the person tries out how requests come and are confirmed. It is shown, chosen, signed and counted as any
// other, and then thrown away. Its signature is under a scheme of its own, so that no relying party takes it for one made for it.
import { toBase64, utf8 } from "../protocol/encoding.ts";
import { parseInteractions } from "../protocol/interactions.ts";
import { PRACTICE_NAME, PRACTICE_SCHEME, PRACTICE_UUID } from "../protocol/practice.ts";
import { PROOF_ALGORITHMS } from "../protocol/proof-message.ts";
import { MAIN_SUITE } from "./purpose.ts";
import { TIME_TO_ANSWER } from "./session.ts";
import type { OfferedTransaction } from "./transaction.ts";

const INTERACTION = "confirmationMessageAndVerificationCodeChoice";

interface Practice {
  /** UUID. */
  readonly transactionId: string;
  /** Base64 of 32 bytes that the device drew: it shows the code of them as a relying party's page would. */
  readonly rpChallenge: string;
  /** Base64 of 24 bytes. */
  readonly serverRandom: string;
  /** In the person's language, 200 characters at most. */
  readonly displayText: string;
}

/** Undefined for a text that no relying party may send either. `now`: milliseconds since the epoch. */
export function practiceTransaction(
  { transactionId, rpChallenge, serverRandom, displayText }: Practice,
  now: number,
): OfferedTransaction | undefined {
  const interactions = toBase64(utf8(JSON.stringify([{ type: INTERACTION, displayText200: displayText }])));
  if (typeof parseInteractions(interactions) === "string") return undefined;
  return {
    purpose: "auth",
    relyingPartyUUID: PRACTICE_UUID,
    relyingPartyName: PRACTICE_NAME,
    brokeredRpName: "",
    initialCallbackUrl: "",
    sessionSecretDigest: "",
    interactions,
    interactionTypeUsed: INTERACTION,
    ...PROOF_ALGORITHMS[MAIN_SUITE],
    toSign: { protocol: "ACSP_V2", schemeName: PRACTICE_SCHEME, rpChallenge, serverRandom },
    transactionId,
    session: "",
    expiresAt: now + TIME_TO_ANSWER,
    flowType: "Notification",
  };
}

/** Why that SCHEME_NAME cannot be, in a sentence for the operator; undefined where it can. */
export const schemeProblem = (schemeName: string): string | undefined =>
  schemeName === PRACTICE_SCHEME
    ? `SCHEME_NAME may not be "${PRACTICE_SCHEME}": what people practise with is signed under it, and relying parties would take it`
    : undefined;

/** No session waits for its outcome, it belongs into nobody's history, and no signature was given to anybody. */
export const isPractice = ({ relyingPartyUUID }: Pick<OfferedTransaction, "relyingPartyUUID">): boolean =>
  relyingPartyUUID === PRACTICE_UUID;
