// Waiting for what cannot be awaited.

/** Of a machine that does much else. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 10;

export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
