// One natural person: which accounts there are, how far each has come (epoch), and which signature requests were just made.
// Named by the semantics identifier. Holds no key and decides nothing about PINs.
import { DurableObject } from "cloudflare:workers";
import type { AccountSummary, PersonApi } from "../../src/account/objects.ts";
import type { CertificateLevel } from "../../src/account/purpose.ts";
import type { Environment } from "../../src/environment.ts";
import { formatDocumentNumber, randomSuffix } from "../../src/protocol/document-number.ts";
import {
  activateAccount,
  activeAccounts,
  closeAccount,
  documentNumberOf,
  epochOf,
  forgetSessions,
  insertAccount,
  nextExpiry,
  personExists,
  preparePerson,
  raiseEpoch,
  recentSession,
  rememberSession,
} from "./person-store.ts";

/** Milliseconds within which the same signature request is one request. */
const REPEAT_WINDOW = 15_000;

const randomBytes = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

export class PersonObject extends DurableObject<Environment> implements PersonApi {
  readonly #storage = this.ctx.storage;
  readonly #sql = this.ctx.storage.sql;

  async reserveDocumentNumber(semanticsIdentifier: string, handle: string, level: CertificateLevel): Promise<string> {
    preparePerson(this.#storage);
    const earlier = documentNumberOf(this.#sql, handle);
    if (earlier !== undefined) return earlier;
    for (;;) {
      const suffix = randomSuffix(randomBytes);
      const documentNumber = formatDocumentNumber({ semanticsIdentifier, suffix, qualified: level === "QUALIFIED" });
      if (insertAccount(this.#sql, { handle, documentNumber, level }, suffix)) return documentNumber;
    }
  }

  /** Idempotent; throws for an account that was never reserved here. A closed account stays closed. */
  async activate(handle: string): Promise<void> {
    preparePerson(this.#storage);
    if (!activateAccount(this.#sql, handle) && documentNumberOf(this.#sql, handle) === undefined) {
      throw new Error("an account is activated that has no document number");
    }
  }

  async close(handle: string): Promise<void> {
    if (personExists(this.#storage)) closeAccount(this.#sql, handle);
  }

  async accounts(): Promise<readonly AccountSummary[]> {
    return personExists(this.#storage) ? activeAccounts(this.#sql) : [];
  }

  async repeatedSession(fingerprint: string, newSessionID: string): Promise<string> {
    preparePerson(this.#storage);
    const now = Date.now();
    const earlier = recentSession(this.#sql, fingerprint, now);
    if (earlier !== undefined) return earlier;
    forgetSessions(this.#sql, now);
    rememberSession(this.#sql, fingerprint, newSessionID, now + REPEAT_WINDOW);
    await this.#hurry();
    return newSessionID;
  }

  async raiseEpoch(handle: string, epoch: number): Promise<void> {
    preparePerson(this.#storage);
    raiseEpoch(this.#sql, handle, epoch);
  }

  async epoch(handle: string): Promise<number> {
    return personExists(this.#storage) ? epochOf(this.#sql, handle) : 0;
  }

  /** Only clears away what no answer counts any more. */
  override async alarm(): Promise<void> {
    if (!personExists(this.#storage)) return;
    forgetSessions(this.#sql, Date.now());
    await this.#hurry();
  }

  async #hurry(): Promise<void> {
    const expiry = nextExpiry(this.#sql);
    if (expiry !== undefined) await this.#storage.setAlarm(expiry);
  }
}
