// Waiting for work that goes on by itself, but not for long.

/** Resolves with the work or after that time. Leaves no timer behind, which would keep the object in memory. Throws as the work does. */
export async function atMost(milliseconds: number, work: Promise<void>): Promise<void> {
  const over = new AbortController();
  const patience = scheduler.wait(milliseconds, { signal: over.signal }).catch(() => undefined);
  await Promise.race([work, patience]).finally(() => over.abort());
}
