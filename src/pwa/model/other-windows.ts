// The windows of this browser are one device: what the person answers in one of them is no news from elsewhere to the others, and that one
// alone leads them back to where the request began. Told from window to window, and kept nowhere.
import type { OutcomeKind } from "./screen-parts.ts";
import type { Screen } from "./state.ts";

/** What another window said of a request. */
export interface Told {
  readonly transactionId: string;
  /** `answering`: the person's answer is on its way there. `asked`: it was a wrong PIN. */
  readonly is: "answering" | "asked" | "over";
  /** What they answered; undefined where something else is said there, of a lock for example. */
  readonly outcome: OutcomeKind | undefined;
  /** It has a way back. */
  readonly returns: boolean;
}

const STAGES: readonly Told["is"][] = ["answering", "asked", "over"];
/** An answer that is longer on its way than that was lost, or its window is gone: whoever ends the request then may be another device. */
const ANSWER_MS = 60_000;
const CHANNEL = "tally-answers";

/** The person's own doing. Whatever else ends a request each window finds out, and shows with its way back. */
const ANSWERS: readonly OutcomeKind[] = ["confirmed", "refused", "wrong-code", "certificate-given"];
const AFTER_ANSWERS: readonly Screen["name"][] = ["awaiting", "locked", "dead"];

export class OtherWindows {
  readonly #told = new Map<string, Told & { readonly heardAt: number }>();
  #channel: BroadcastChannel | undefined;

  /** At a start. `over`: called for a request that was answered in another window. */
  open(over: (told: Told) => void): void {
    this.#channel = new BroadcastChannel(CHANNEL);
    this.#channel.addEventListener("message", ({ data }) => {
      const told = readTold(data);
      if (told === undefined) return;
      if (told.is === "asked") this.#told.delete(told.transactionId);
      else this.#told.set(told.transactionId, { ...told, heardAt: Date.now() });
      if (told.is === "over") over(told);
    });
  }

  /** Undefined where no other window has anything to do with it, or had once and said no more. */
  of(transactionId: string): Told | undefined {
    const told = this.#told.get(transactionId);
    return told?.is === "answering" && Date.now() > told.heardAt + ANSWER_MS ? undefined : told;
  }

  /** The person answers it here. */
  answering(transactionId: string): void {
    this.#tell({ transactionId, is: "answering", outcome: undefined, returns: false });
  }

  /** What they answered counts for nothing: whoever ends the request now may be another device. */
  stillAsked(transactionId: string): void {
    this.#tell({ transactionId, is: "asked", outcome: undefined, returns: false });
  }

  /** With that screen. What another window is at is told by that one; what became of its answer, by whoever hears it first. */
  ended(transactionId: string, screen: Screen, returns: boolean): void {
    const told = this.#told.get(transactionId);
    if (told?.is === "over") return;
    const outcome = screen.name === "outcome" ? ANSWERS.find((answer) => answer === screen.outcome) : undefined;
    if (outcome === undefined && (told !== undefined || !AFTER_ANSWERS.includes(screen.name))) return;
    this.#tell({ transactionId, is: "over", outcome, returns });
  }

  #tell(told: Told): void {
    this.#channel?.postMessage(told);
  }
}

/** A window may be of another version. */
function readTold(data: unknown): Told | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { transactionId, is: said, outcome, returns } = data as Readonly<Partial<Record<keyof Told, unknown>>>;
  const is = STAGES.find((stage) => stage === said);
  if (typeof transactionId !== "string" || is === undefined || typeof returns !== "boolean") return undefined;
  return { transactionId, is, outcome: ANSWERS.find((answer) => answer === outcome), returns };
}
