// Where the person returns to when a request has ended that a page or an app of the relying party opened here. Only addresses that the
// engine gave are ever gone to. The last one outlives a reload of the page, and so does the end that was shown with it.
import type { DeviceRecord } from "../../authenticator/device-record.ts";
import { returnAddress } from "../../authenticator/transactions.ts";
import { type CertificateChoice, type ClaimedTransaction, claimedTransactionSchema } from "../../protocol/claimed-transaction.ts";
import { forgetTab, readTab, writeTab } from "../storage/tab-storage.ts";
import type { OutcomeKind } from "./screen-parts.ts";
import type { Screen } from "./state.ts";

/** For as long as a session's result can be fetched after its end. */
const USEFUL_MS = 5 * 60_000;

/** After these the relying party may hold a signature: the proof of who asked for it goes along. */
const MAYBE_SIGNED: readonly OutcomeKind[] = ["confirmed", "interrupted"];

/** Ends that a reload shows again. */
const KEPT_ENDS: readonly OutcomeKind[] = [
  "confirmed",
  "refused",
  "wrong-code",
  "timed-out",
  "answered-elsewhere",
  "not-presentable",
  "failed",
  "interrupted",
  "not-supported",
  "key-missing",
  "certificate-given",
  "waiting-stopped",
  "nothing-came",
];

interface WayBack {
  /** With what proves an authentication to the browser that began it. */
  readonly signed: string;
  readonly unsigned: string;
}

/** What a tab remembers. */
interface Kept {
  readonly accountId: string;
  /** The request that was opened by a link. */
  readonly claimed: ClaimedTransaction;
  /** The request that ends; another one where a signature follows a certificate choice. */
  readonly transactionId: string;
  /** How it ended, once it did. */
  readonly outcome?: OutcomeKind;
}

/** What was on the screen. */
export type Restored = Required<Kept>;

export class WaysBack {
  readonly #ways = new Map<string, WayBack>();
  /** Account → the last certificate choice that a link opened. */
  readonly #choices = new Map<string, CertificateChoice>();

  /** When a request is shown. `record`: of its account. */
  remember(record: DeviceRecord, accountId: string, claimed: ClaimedTransaction): void {
    const { transactionId } = claimed;
    const opened = this.#openedBy(accountId, claimed);
    const unsigned = returnAddress(record, opened, false);
    // A choice that leads back nowhere takes the place of one that did, too.
    if (claimed.kind === "certificate-choice") this.#choices.set(accountId, claimed);
    if (unsigned === undefined) return;
    this.#ways.set(transactionId, { unsigned, signed: returnAddress(record, opened, true) ?? unsigned });
    writeTab("way-back", { accountId, claimed: opened, transactionId } satisfies Kept);
  }

  /** The signature that follows a certificate choice leads back to where that choice came from. */
  #openedBy(accountId: string, claimed: ClaimedTransaction): ClaimedTransaction {
    const choice = this.#choices.get(accountId);
    const follows =
      claimed.kind === "signature" &&
      claimed.flowType === "Notification" &&
      claimed.verificationCode === "" &&
      claimed.initialCallbackUrl === "" &&
      // As the server compares names.
      claimed.relyingPartyName.toLowerCase() === choice?.relyingPartyName.toLowerCase();
    return follows && choice !== undefined ? choice : claimed;
  }

  /** The ending with its way back, where the request has one. */
  from<End extends Screen>(transactionId: string, screen: End): End {
    const way = this.#ways.get(transactionId);
    if (way === undefined) return screen;
    if (screen.name === "locked" || screen.name === "dead") return { ...screen, returnTo: way.unsigned };
    if (screen.name !== "outcome") return screen;
    noteEnd(transactionId, screen.outcome);
    return { ...screen, returnTo: MAYBE_SIGNED.includes(screen.outcome) ? way.signed : way.unsigned };
  }

  /** The same where the signature after a certificate choice never came. */
  fromWait<End extends Screen>(accountId: string, screen: End): End {
    const choice = this.#choices.get(accountId);
    return choice === undefined ? screen : this.from(choice.transactionId, screen);
  }

  /** What a reload interrupted. The ending, where one was on the screen. */
  async restore(recordOf: (accountId: string) => Promise<DeviceRecord | undefined>, now: number): Promise<Restored | undefined> {
    const kept = readKept();
    const record = kept && now < kept.claimed.expiresAt + USEFUL_MS ? await recordOf(kept.accountId) : undefined;
    if (kept === undefined || record === undefined) {
      this.forget();
      return undefined;
    }
    const { accountId, claimed, transactionId, outcome } = kept;
    this.remember(record, accountId, claimed);
    const way = this.#ways.get(claimed.transactionId);
    if (way !== undefined) this.#ways.set(transactionId, way);
    writeTab("way-back", kept);
    return outcome === undefined ? undefined : { accountId, claimed, transactionId, outcome };
  }

  has(transactionId: string): boolean {
    return this.#ways.has(transactionId);
  }

  /** Another window leads the person back from it. */
  drop(transactionId: string): void {
    this.#ways.delete(transactionId);
    if (readKept()?.transactionId === transactionId) this.forget();
  }

  /** The person went back, or does not want to. */
  forget(): void {
    forgetTab("way-back");
  }
}

function noteEnd(transactionId: string, outcome: OutcomeKind): void {
  const kept = readKept();
  if (kept?.transactionId === transactionId) writeTab("way-back", { ...kept, outcome } satisfies Kept);
}

function readKept(): Kept | undefined {
  const kept = readTab("way-back");
  if (typeof kept !== "object" || kept === null) return undefined;
  const { accountId, transactionId, outcome: ended, claimed: request } = kept as Readonly<Partial<Record<keyof Kept, unknown>>>;
  const claimed = claimedTransactionSchema.safeParse(request).data;
  if (typeof accountId !== "string" || typeof transactionId !== "string" || claimed === undefined) return undefined;
  const outcome = KEPT_ENDS.find((known) => known === ended);
  return { accountId, claimed, transactionId, ...(outcome !== undefined && { outcome }) };
}
