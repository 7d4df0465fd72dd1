// Reads what another server answers, and no more of it than is of use: what it sends without an end is not kept.
import { concatBytes, fromUtf8 } from "../protocol/encoding.ts";

/** Undefined for a body that is longer, or no UTF-8. `most`: bytes. */
export async function readAtMost(response: Response, most: number): Promise<string | undefined> {
  if (response.body === null) return "";
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const parts: Uint8Array[] = [];
  for (let length = 0; ;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > most) {
      await reader.cancel();
      return undefined;
    }
    parts.push(value);
  }
  try {
    return fromUtf8(concatBytes(...parts));
  } catch {
    return undefined;
  }
}
