// From a command line to an exit code.
import type { AccountOrder } from "../../src/protocol/operator-orders.ts";
import { CommandFailure, type ExitCode, usageFailure } from "../authenticator/command-failure.ts";
import { type Output, outputFor, type Printer } from "../authenticator/output.ts";
import { PkiFailure } from "../pki/pki-failure.ts";
import { StartFailure } from "../start-failure.ts";
import { giveOrder } from "./give-order.ts";
import { HELP } from "./help.ts";
import { type Access, type Asking, type KeyHolder, makeKeyFile, openAccess } from "./operator-key.ts";
import { readCall } from "./options.ts";
import { accountLines, closedLines, revokedLines } from "./text.ts";

export interface Surroundings extends KeyHolder {
  readonly printer: Printer;
}

export async function runAccount(parameters: readonly string[], surroundings: Surroundings): Promise<0 | ExitCode> {
  const { environment, printer, terminal } = surroundings;
  const output = outputFor(parameters.includes("--json"), printer, "account");
  try {
    const call = readCall(parameters, environment);
    switch (call.kind) {
      case "help":
        printer.out(HELP);
        break;
      case "new-key": {
        const publicKey = await makeKeyFile(call.file, surroundings);
        const lines = [`The key is in ${call.file}. For wrangler.toml:`, "", `OPERATOR_PUBLIC_KEY = '${publicKey}'`];
        output.answer(lines, { file: call.file, publicKey });
        break;
      }
      case "order": {
        const access = await openAccess(call.place, surroundings);
        if (!call.sure) await makeSure(call.order, terminal);
        await carryOut(access, call.order, output);
      }
    }
    return 0;
  } catch (error) {
    const failure = error instanceof StartFailure || error instanceof PkiFailure ? failureOf(error) : error;
    if (!(failure instanceof CommandFailure)) throw failure;
    output.failure(failure);
    return failure.exitCode;
  }
}

/** What the state folder, a key file or the terminal said. */
const failureOf = ({ message }: Error): CommandFailure => new CommandFailure("local", message);

/** What cannot be undone is said twice. */
async function makeSure(order: AccountOrder, terminal: Asking | undefined): Promise<void> {
  if (order.kind === "show") return;
  if (terminal === undefined) throw usageFailure("this cannot be undone; if you mean it: --yes");
  const [subject, what, name] =
    order.kind === "revokeCertificate"
      ? [order.serialNumber, "revokes the certificate", "serial number"]
      : [order.documentNumber, "closes the account and revokes its certificates", "document number"];
  if ((await terminal.ask(`This ${what}, for ever. Type the ${name} again: `)) !== subject)
    throw new CommandFailure("not_confirmed", "That is another one: nothing was done.");
}

async function carryOut(access: Access, order: AccountOrder, output: Output): Promise<void> {
  switch (order.kind) {
    case "show": {
      const answer = await giveOrder(access, order);
      const lines = answer.accounts.flatMap((account, index) => [...(index === 0 ? [] : [""]), ...accountLines(account)]);
      return output.answer(lines, answer);
    }
    case "revoke":
    case "close": {
      const answer = await giveOrder<"revoke" | "close">(access, order);
      return output.answer(closedLines(answer), answer);
    }
    case "revokeCertificate": {
      const answer = await giveOrder(access, order);
      return output.answer(revokedLines(answer), answer);
    }
  }
}
