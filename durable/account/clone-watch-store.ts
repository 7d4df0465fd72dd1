// Every SQL statement about the clone watch: requests out of step, the challenge that stands, wrong answers to challenges.
import type { ProofRequest } from "../../src/protocol/claimed-transaction.ts";

type Row = Record<string, SqlStorageValue>;

export interface Challenge {
  /** 16 random bytes, base64url. */
  readonly challenge: string;
  readonly proof: ProofRequest;
  readonly expiresAt: number;
}

export interface CloneWatch {
  readonly outOfStep: number;
  readonly lastAt: number;
  /** Wrong answers to challenges, over the account's life. */
  readonly wrongAnswers: number;
  readonly challenge: Challenge | undefined;
}

export class CloneWatchStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  read(): CloneWatch {
    const row = this.#sql.exec<Row>("SELECT * FROM clone_watch").one();
    return {
      outOfStep: row["out_of_step"] as number,
      lastAt: row["last_at"] as number,
      wrongAnswers: row["wrong_answers"] as number,
      challenge:
        row["challenge"] === null
          ? undefined
          : {
              challenge: row["challenge"] as string,
              proof: JSON.parse(row["challenge_proof"] as string) as ProofRequest,
              expiresAt: row["challenge_expires_at"] as number,
            },
    };
  }

  recordOutOfStep(now: number): void {
    this.#sql.exec("UPDATE clone_watch SET out_of_step = out_of_step + 1, last_at = ?", now);
  }

  /** One at a time: a newer challenge takes the place of an older one. */
  setChallenge(challenge: Challenge): void {
    this.#sql.exec(
      "UPDATE clone_watch SET challenge = ?, challenge_proof = ?, challenge_expires_at = ?",
      challenge.challenge,
      JSON.stringify(challenge.proof),
      challenge.expiresAt,
    );
  }

  burnChallenge(): void {
    this.#sql.exec("UPDATE clone_watch SET challenge = NULL, challenge_proof = NULL, challenge_expires_at = 0");
  }

  setWrongAnswers(count: number): void {
    this.#sql.exec("UPDATE clone_watch SET wrong_answers = ?", count);
  }
}
