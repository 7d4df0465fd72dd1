// From a command line to an exit code.
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { answerCloneChallenge, close, enrol, status } from "./account.ts";
import { CommandFailure, type ExitCode } from "./command-failure.ts";
import { connectionFailure } from "./connection-failure.ts";
import { type Context, openContext, settleEarlier } from "./context.ts";
import { HELP } from "./help.ts";
import { addKeys, changeOnePin } from "./keys.ts";
import { type Command, readOptions } from "./options.ts";
import { outputFor, type Printer } from "./output.ts";
import { approve, list, open, refuse } from "./transactions.ts";
import { watch } from "./watch.ts";

const RUN: Readonly<Record<Command, (context: Context) => Promise<void>>> = {
  enrol,
  list,
  watch,
  open,
  approve,
  refuse,
  status,
  "change-pin": changeOnePin,
  "add-keys": addKeys,
  delete: close,
  "answer-challenge": answerCloneChallenge,
};

export async function runAuthenticator(
  parameters: readonly string[],
  environment: NodeJS.ProcessEnv,
  printer: Printer,
): Promise<0 | ExitCode> {
  const output = outputFor(parameters.includes("--json"), printer);
  let url = "the server";
  try {
    const options = readOptions(parameters, environment);
    if (options.command === undefined) {
      printer.out(HELP);
      return 0;
    }
    const context = openContext(options, output);
    ({ url } = context.client.server);
    if (options.values.forget !== true) await settleEarlier(context);
    await RUN[options.command](context);
    return 0;
  } catch (error) {
    const failure = error instanceof ServerUnreachable ? connectionFailure(error, url) : error;
    if (!(failure instanceof CommandFailure)) throw failure;
    output.failure(failure);
    return failure.exitCode;
  }
}
