// Command lines of the form COMMAND [SUBJECT…] [OPTIONS]: which command, and that it takes what it was given. No I/O. What the values mean
// is for each script to say.
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { usageFailure } from "./authenticator/command-failure.ts";

export type Values<Options extends ParseArgsOptionsConfig> = ReturnType<typeof parseArgs<{ options: Options }>>["values"];

/**
 * `commands`: the options that each takes. `command`: undefined where help was asked for; every line of options has `help`. Throws a
 * CommandFailure for a call that makes no sense.
 */
export function readCommandLine<const Options extends ParseArgsOptionsConfig, Command extends string>(
  parameters: readonly string[],
  options: Options,
  commands: Readonly<Record<Command, readonly (keyof Options)[]>>,
): { readonly command: Command | undefined; readonly values: Values<Options>; readonly subjects: readonly string[] } {
  const { values, positionals } = parse(parameters, options);
  const [name, ...subjects] = positionals;
  if (name === "help" || (values as { help?: unknown }).help === true) return { command: undefined, values, subjects };
  const names = Object.keys(commands) as Command[];
  if (name === undefined) throw usageFailure(`say what to do: ${names.join(", ")}, or help`);
  const command = names.find((known) => known === name);
  if (command === undefined) throw usageFailure(`there is no command "${name}"; there are: ${names.join(", ")}`);
  const stray = Object.keys(values).find((option) => !commands[command].includes(option));
  if (stray !== undefined) throw usageFailure(`${command} takes no --${stray}`);
  return { command, values, subjects };
}

function parse<const Options extends ParseArgsOptionsConfig>(parameters: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...parameters], options, allowPositionals: true });
  } catch (error) {
    throw usageFailure(error instanceof Error ? (error.message.split(/\. |\n/)[0] ?? "") : "unknown option");
  }
}
