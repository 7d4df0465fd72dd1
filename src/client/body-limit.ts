// Reads the body of an answer up to a limit: no sender decides how much memory it takes, or how long.

/** Undefined for what is longer than the limit: the rest of it, which may have no end, is not fetched. Throws once `ended` aborts. */
export async function readLimited(
  { body }: Response,
  limit: number,
  ended: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  // A read that waits comes back at once, with nothing.
  const stop = () => void reader.cancel().catch(() => undefined);
  ended.addEventListener("abort", stop);
  try {
    const bytes = new Uint8Array(limit);
    let length = 0;
    for (;;) {
      ended.throwIfAborted();
      const { done, value } = (await reader.read()) as { readonly done: boolean; readonly value?: Uint8Array };
      ended.throwIfAborted();
      if (done || value === undefined) return bytes.subarray(0, length);
      if (length + value.length > limit) {
        stop();
        return undefined;
      }
      bytes.set(value, length);
      length += value.length;
    }
  } finally {
    ended.removeEventListener("abort", stop);
  }
}
