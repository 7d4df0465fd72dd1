// How long an account lives, and from when on its person is asked to renew it. Pure: the calendar is that of UTC.

/** Three years: no certificate is valid for longer, and an authority whose time to issue is over serves its own for as long. */
const MAXIMUM_LIFETIME_MONTHS = 36;

/** Milliseconds before its end in which an account is renewed. */
const RENEWAL_WINDOW_MS = 60 * 24 * 60 * 60 * 1000;

/**
 * Reads ACCOUNT_LIFETIME_MONTHS. Where there is none, as in a configuration of before: three years. Throws for what is no whole number
 * of months from 1 to 36.
 */
export function parseLifetime(text = String(MAXIMUM_LIFETIME_MONTHS)): number {
  const months = /^[1-9]\d?$/.test(text) ? Number(text) : Infinity;
  if (months > MAXIMUM_LIFETIME_MONTHS) {
    throw new Error(`ACCOUNT_LIFETIME_MONTHS must be a whole number from 1 to ${MAXIMUM_LIFETIME_MONTHS}, not "${text}"`);
  }
  return months;
}

/** What is wrong with it, in a sentence for the operator; undefined where nothing is. */
export function lifetimeProblem(text: string | undefined): string | undefined {
  try {
    parseLifetime(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Milliseconds since the epoch: the same day so many months later. A day that its month does not have counts as the first of the next. */
export function accountExpiry(appliedAt: number, lifetimeMonths: number): number {
  const begun = new Date(appliedAt);
  const [year, month, day] = [begun.getUTCFullYear(), begun.getUTCMonth() + lifetimeMonths, begun.getUTCDate()];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const midnight = day > lastDay ? Date.UTC(year, month + 1, 1) : Date.UTC(year, month, day);
  return midnight + (appliedAt - Date.UTC(year, begun.getUTCMonth(), day));
}

/** Milliseconds since the epoch: 60 days before the end, or from the middle of a life that is not worth two of these. */
export function renewalStart({ appliedAt, expiresAt }: { readonly appliedAt: number; readonly expiresAt: number }): number {
  return Math.max(expiresAt - RENEWAL_WINDOW_MS, Math.ceil((appliedAt + expiresAt) / 2));
}
