// Whether nothing answered, or something did that is of no use: the person at the keyboard looks in different places.
import type { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { CommandFailure } from "./command-failure.ts";

/** `url`: of the server. `server_unreachable` where no answer came, `bad_answer` where it was not one of a working Tally server. */
export function connectionFailure({ cause, message }: ServerUnreachable, url: string): CommandFailure {
  // Only what the network said has a cause.
  if (cause === undefined) return new CommandFailure("bad_answer", `${url} answers, but not as it should: ${message}`, 3);
  const late = cause instanceof Error && cause.name === "TimeoutError";
  const reason = late ? "it took too long; the next command asks again" : "is it running (npm start)?";
  return new CommandFailure("server_unreachable", `No answer from ${url}: ${reason}`, 3);
}
