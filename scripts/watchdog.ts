// Whether the runtime still answers. When its process is killed, what drives it starts another one, which may stay silent for ever.

export interface Watched {
  /** Address that answers 200 as long as all is well. */
  readonly url: string;
  readonly everyMilliseconds: number;
  readonly timeoutMilliseconds: number;
  /** So many in a row are one too many. */
  readonly failures: number;
}

/** Resolves when the address has not answered so many times in a row; until then it never does. */
export async function untilSilent({ url, everyMilliseconds, timeoutMilliseconds, failures }: Watched): Promise<void> {
  for (let missing = 0; missing < failures;) {
    await new Promise((resolve) => setTimeout(resolve, everyMilliseconds));
    missing = (await answers(url, timeoutMilliseconds)) ? 0 : missing + 1;
  }
}

async function answers(url: string, timeoutMilliseconds: number): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMilliseconds) });
    // Read to its end, or the connection stays taken.
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
