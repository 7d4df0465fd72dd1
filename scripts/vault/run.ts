// From a command line to an exit code.
import type { Answer } from "../../src/protocol/operator-orders.ts";
import { giveOrder } from "../account/give-order.ts";
import { type Access, type KeyHolder, openAccess } from "../account/operator-key.ts";
import { CommandFailure, type ExitCode } from "../authenticator/command-failure.ts";
import { formatTime } from "../authenticator/explain.ts";
import { type Output, outputFor, type Printer } from "../authenticator/output.ts";
import { PkiFailure } from "../pki/pki-failure.ts";
import type { Terminal } from "../pki/terminal.ts";
import { StartFailure } from "../start-failure.ts";
import { WranglerFailure } from "../wrangler/run.ts";
import { HELP } from "./help.ts";
import { readCall, type StorePlace } from "./options.ts";
import { rewrapAll } from "./rewrap-all.ts";
import { addKek, removeKek, type Surroundings as Rotation } from "./rotation.ts";

interface Surroundings extends KeyHolder {
  readonly terminal: Terminal | undefined;
  readonly printer: Printer;
}

export async function runVault(parameters: readonly string[], surroundings: Surroundings): Promise<0 | ExitCode> {
  const { environment, printer } = surroundings;
  const output = outputFor(parameters.includes("--json"), printer, "vault");
  try {
    const call = readCall(parameters, environment);
    switch (call.kind) {
      case "help":
        printer.out(HELP);
        return 0;
      case "status": {
        const status = await statusOf(await openAccess(call.place, surroundings));
        output.answer(statusLines(status), status);
        return 0;
      }
      case "rewrap":
        return await rewrapAll(call.id, await openAccess(call.place, surroundings), output);
      case "add": {
        const status = await statusOf(await openAccess(call.place, surroundings));
        return said(output, await addKek(call.id, await rotationOf(call.store, surroundings, output), status));
      }
      case "remove": {
        const status = await statusOf(await openAccess(call.place, surroundings));
        const rotation = await rotationOf(call.store, surroundings, output);
        return said(output, await removeKek(call.id, rotation, status, call.evenUntold));
      }
    }
  } catch (error) {
    const isLocal = error instanceof StartFailure || error instanceof PkiFailure || error instanceof WranglerFailure;
    const failure = isLocal ? new CommandFailure("local", error.message) : error;
    if (!(failure instanceof CommandFailure)) throw failure;
    output.failure(failure);
    return failure.exitCode;
  }
}

const statusOf = (access: Access): Promise<Answer<"vaultStatus">> => giveOrder(access, { kind: "vaultStatus" });

function said(output: Output, sentence: string): 0 {
  output.answer([sentence], { message: sentence });
  return 0;
}

async function rotationOf(
  { backup, wrangler }: StorePlace,
  { environment, terminal }: Surroundings,
  output: Output,
): Promise<Rotation> {
  // Loaded only now: it brings wrangler along, which takes a second or two.
  const { openStore } = await import("../secrets/places.ts");
  return { ...openStore(wrangler), file: backup, asking: { environment, terminal }, note: (line) => output.note(line) };
}

function statusLines({ current, configured, problem, uses, accountsUntoldSince }: Answer<"vaultStatus">): string[] {
  const ids = [...new Set([current, ...configured, ...uses.map(({ id }) => id)])].toSorted();
  const lines = ids.map((id) => {
    const { accounts = 0, pooledShares = 0, lastCurrentAt = 0 } = uses.find((use) => use.id === id) ?? {};
    const isThere = configured.includes(id) ? "" : problem === "" ? ", NOT CONFIGURED" : ", not known whether it is configured";
    const when = lastCurrentAt === 0 ? "" : `, last current ${formatTime(lastCurrentAt)}`;
    const role = id === current ? ", the current one" : when;
    return `${id}  ${accounts} accounts, ${pooledShares} pooled shares${role}${isThere}`;
  });
  if (problem !== "") lines.push(`THE SERVER CANNOT USE ITS KEKS: ${problem}`);
  if (accountsUntoldSince > 0) {
    lines.push(
      `Accounts from before ${formatTime(accountsUntoldSince)} may name KEKs without being counted, until they are next used.`,
    );
  }
  return lines;
}
