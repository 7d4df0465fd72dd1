// Confirmations, with a PIN or without, whose answer was lost. One rule for all of them: what became of an attempt is kept here until the person is told,
// and they are told on the screen of its own request or on the home screen, never on another request's.
import type { Purpose } from "../../account/purpose.ts";
import type { Settled } from "../../authenticator/channel-client.ts";

/** Whose request the attempt is for. */
export interface About {
  readonly purpose: Purpose;
  readonly relyingPartyName: string;
}

export class Attempts {
  readonly #about = new Map<string, About>();
  readonly #lost = new Set<string>();
  readonly #settled = new Map<string, { readonly accountId: string; readonly settled: Settled }>();

  /** A PIN, or the person's word, is on its way for that transaction. */
  made(transactionId: string, about: About): void {
    this.#about.set(transactionId, about);
  }

  /** No answer came: nothing may be said of the request but that its end is not known. */
  lost(transactionId: string): void {
    this.#lost.add(transactionId);
  }

  isLost(transactionId: string): boolean {
    return this.#lost.has(transactionId);
  }

  /** The engine learned what became of an interrupted request, whoever made it go on. */
  settled(accountId: string, settled: Settled): void {
    const { operation, transactionId } = settled.request;
    if (operation !== "performSignature" && operation !== "confirmCertificateChoice") return;
    this.#lost.delete(transactionId);
    this.#settled.set(transactionId, { accountId, settled });
  }

  /** The server says that the request still waits: nothing that was lost ended it. */
  stillOpen(transactionId: string): void {
    this.#lost.delete(transactionId);
  }

  of(transactionId: string): Settled | undefined {
    return this.#settled.get(transactionId)?.settled;
  }

  /** What this page knows of the request, also when it is over. */
  about(transactionId: string): About | undefined {
    return this.#about.get(transactionId);
  }

  /** Transactions of the account whose attempts were settled and that nobody was told of. */
  untold(accountId: string): readonly string[] {
    return [...this.#settled].filter(([, kept]) => kept.accountId === accountId).map(([transactionId]) => transactionId);
  }

  told(transactionId: string): void {
    this.#lost.delete(transactionId);
    this.#settled.delete(transactionId);
  }
}
