// The PIN lockout: pure. Three wrong in a row lock for 3 hours, three more for 24, three more for ever.
// An attempt is paid before it is evaluated; what it turned out to be settles the payment. Times are milliseconds since
// the epoch, always the server's.

/** One for each account and purpose. `wrong` counts payments since the last right PIN; `lockedUntil` is 0 when not locked. */
export interface Lockout {
  readonly wrong: number;
  readonly lockedUntil: number;
}

export type LockoutStatus =
  | { readonly state: "usable"; readonly attemptsLeft: number }
  | { readonly state: "locked"; readonly until: number }
  | { readonly state: "dead" };

const HOUR = 3_600_000;
const ATTEMPTS_PER_ROUND = 3;
/** How long the first and the second round lock; the end of the third destroys the key. */
const LOCK_DURATIONS = [3 * HOUR, 24 * HOUR] as const;
const LAST_ATTEMPT = ATTEMPTS_PER_ROUND * (LOCK_DURATIONS.length + 1);

export const UNUSED_LOCKOUT: Lockout = { wrong: 0, lockedUntil: 0 };

export function lockoutStatus(lockout: Lockout, now: number): LockoutStatus {
  if (lockout.wrong >= LAST_ATTEMPT) return { state: "dead" };
  if (now < lockout.lockedUntil) return { state: "locked", until: lockout.lockedUntil };
  return { state: "usable", attemptsLeft: ATTEMPTS_PER_ROUND - (lockout.wrong % ATTEMPTS_PER_ROUND) };
}

/** Takes the payment for one attempt. Only for a usable lockout; the result is what is stored before evaluating. */
export const pay = (lockout: Lockout): Lockout => ({ wrong: lockout.wrong + 1, lockedUntil: 0 });

/** A wrong PIN keeps its payment, and a full round locks. */
export function settleWrong(paid: Lockout, now: number): Lockout {
  if (paid.wrong % ATTEMPTS_PER_ROUND !== 0) return paid;
  const duration = LOCK_DURATIONS[paid.wrong / ATTEMPTS_PER_ROUND - 1];
  return duration === undefined ? paid : { ...paid, lockedUntil: now + duration };
}

/** A right PIN forgives every wrong one before it. */
export const settleRight = (): Lockout => UNUSED_LOCKOUT;

/** A right contribution that was accepted before proves no knowledge of the PIN now: it gets back its own payment only. */
export const settleReplay = (beforePayment: Lockout): Lockout => beforePayment;
