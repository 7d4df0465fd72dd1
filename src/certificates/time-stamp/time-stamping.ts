// From the bytes of a request for a time stamp to the bytes of its answer. Stores nothing. Never throws: what goes wrong here is
// answered in the words of RFC 3161 and told to the log.
import { SERIAL_NUMBER_BYTES } from "../serial-number.ts";
import { parseTimeStampRequest } from "./request.ts";
import { grantedReply, rejectionReply } from "./response.ts";
import { readSigner } from "./signer.ts";
import { signTimeStamp } from "./token.ts";

/** DER of a TimeStampResp. `signer`: the variable TIME_STAMP_SIGNER. `now`: milliseconds since the epoch. */
export async function answerTimeStampRequest(
  signer: string,
  der: Uint8Array<ArrayBuffer>,
  now: number,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const request = parseTimeStampRequest(der);
    if (!request.ok) return rejectionReply(request.failure);
    const { notBefore, notAfter, ...current } = await readSigner(signer);
    if (now < notBefore || now > notAfter) throw new Error("the certificate of the signer of time stamps is not valid now");
    const random = crypto.getRandomValues(new Uint8Array(SERIAL_NUMBER_BYTES));
    return grantedReply(await signTimeStamp({ request: request.value, signer: current, now, random }));
  } catch (error) {
    console.error("time stamp:", error instanceof Error ? error.message : typeof error);
    return rejectionReply("systemFailure");
  }
}
