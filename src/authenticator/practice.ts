// A login that the person tries out. The server makes it, and could name a real one in its place, to a person who confirms without having
// begun anything: so the device holds what it claimed against what it drew. No I/O.
import type { ClaimedTransaction } from "../protocol/claimed-transaction.ts";
import { PRACTICE_SCHEME } from "../protocol/practice.ts";

type Login = Extract<ClaimedTransaction, { readonly kind: "authentication" }>;

/** Its signature is worth nothing to anybody, whatever else the server says of it. */
export const isPractice = (claimed: ClaimedTransaction): claimed is Login =>
  claimed.kind === "authentication" && claimed.schemeName === PRACTICE_SCHEME;

/** `rpChallenge`: base64, as this device drew it for the practice that it asked for. */
export const isPracticeOf = (rpChallenge: string, claimed: ClaimedTransaction): boolean =>
  isPractice(claimed) && claimed.rpChallenge === rpChallenge;
