// What stays of a relying party's transaction when it is over: for whom, of which kind, which way it came and how it ended. Nothing of what
// was shown, signed or given. Pure.
import type { z } from "zod/mini";
import type { pastFlow, pastKind, pastResult } from "../protocol/history.ts";
import { isSignature, type OfferedTransaction, type TransactionOutcome } from "./transaction.ts";

type PastResult = z.infer<typeof pastResult>;

export interface PastTransaction {
  /** The transaction's: the same on every account that was asked. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: z.infer<typeof pastKind>;
  readonly flow: z.infer<typeof pastFlow>;
  readonly result: PastResult;
  readonly relyingPartyUUID: string;
  readonly relyingPartyName: string;
  /** The account had taken it: it knows how it ended better than those that were only asked. */
  readonly claimed: boolean;
}

/** "I did not start this", as an account tells it. */
export interface Disowning {
  readonly transactionId: string;
  /** The party's notifications are refused from then on: the refusal's random id, and when it was said, in milliseconds since the epoch. */
  readonly refusal?: { readonly id: string; readonly since: number };
}

const RESULTS: Readonly<Partial<Record<TransactionOutcome["endResult"] | "TIMEOUT", PastResult>>> = {
  OK: "confirmed",
  USER_REFUSED: "refused",
  USER_REFUSED_INTERACTION: "refused",
  USER_REFUSED_CERT_CHOICE: "refused",
  WRONG_VC: "wrong_code",
  TIMEOUT: "timed_out",
};

export function pastTransaction(
  offered: OfferedTransaction,
  endResult: TransactionOutcome["endResult"] | "TIMEOUT",
  { claimed, at }: Pick<PastTransaction, "claimed" | "at">,
): PastTransaction {
  const { transactionId: id, flowType: flow, relyingPartyUUID, relyingPartyName } = offered;
  const result = RESULTS[endResult] ?? "failed";
  return { id, at, kind: kindOf(offered), flow, result, relyingPartyUUID, relyingPartyName, claimed };
}

function kindOf(offered: OfferedTransaction): PastTransaction["kind"] {
  if (!isSignature(offered)) return "certificate-choice";
  return offered.toSign.protocol === "ACSP_V2" ? "authentication" : "signature";
}
