// Waiting for work that goes on by itself, but not for long. No timer is left behind: it would keep the object in memory.

/** Resolves with the work or after that time. Throws as the work does. */
export async function atMost(milliseconds: number, work: Promise<void>): Promise<void> {
  const over = new AbortController();
  const patience = scheduler.wait(milliseconds, { signal: over.signal }).catch(() => undefined);
  await Promise.race([work, patience]).finally(() => over.abort());
}

/** The same, but throws after that time. Whatever the work comes to later is not heard of. */
export async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let isDone = false;
  const finish = async (): Promise<void> => {
    await work;
    isDone = true;
  };
  await atMost(milliseconds, finish());
  if (!isDone) throw new Error(`not done within ${milliseconds} ms`);
}
