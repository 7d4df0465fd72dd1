// A server that does not answer is an expected failure, and so a value.
import { failed, type Result } from "../account/result.ts";
import { ServerUnreachable } from "../authenticator/server-connection.ts";

/** Whether the request arrived is known only when it is settled. */
export interface Unreachable {
  readonly code: "unreachable";
}

export async function reached<Value, Failure>(
  work: () => Promise<Result<Value, Failure>>,
): Promise<Result<Value, Failure | Unreachable>> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServerUnreachable)) throw error;
    return failed({ code: "unreachable" });
  }
}
