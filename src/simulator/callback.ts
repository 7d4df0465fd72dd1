// The way back of a same-device flow: what the person's browser would do after the app has returned to it. Its answer means nothing
// here, and redirects are not followed: where they lead is the browser's business.

const TIME_LIMIT_MS = 10_000;

/**
 * GETs the address, with the cookie header of the browser that began. `address`: of `returnAddress`, which lets only https and loopback
 * pass. What went wrong, in words, or undefined.
 */
export async function callBack(address: string, cookie: string | undefined): Promise<string | undefined> {
  try {
    const response = await fetch(address, {
      headers: cookie === undefined ? {} : { cookie },
      redirect: "manual",
      signal: AbortSignal.timeout(TIME_LIMIT_MS),
    });
    await response.body?.cancel();
    return response.status < 400 ? undefined : `it answered ${response.status}`;
  } catch (error) {
    const { cause = error } = error instanceof Error ? error : {};
    return cause instanceof Error ? cause.message || cause.name : "no answer";
  }
}
