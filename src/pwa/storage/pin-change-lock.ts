// One change of an account's PIN at a time, over all windows: the browser keeps the lock, and releases it when its window is closed. What
// came of a change can be told only when nobody is at it any more.

const nameOf = (account: string): string => `tally-pin-change-${account}`;

/** Undefined, and nothing was done, where another window is at it. */
export async function whileChangingPin<Value>(
  account: string,
  work: () => Promise<Value>,
): Promise<{ value: Value } | undefined> {
  const done = await navigator.locks.request(nameOf(account), { ifAvailable: true }, async (lock) =>
    lock === null ? undefined : { value: await work() },
  );
  return done;
}

export async function isPinBeingChanged(account: string): Promise<boolean> {
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name }) => name === nameOf(account));
}
