// The command line and the environment, checked: which command, which options it takes, and their values. No I/O.
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { SelfAssertedIdentity } from "../../src/authenticator/enrolment.ts";
import type { Refusal } from "../../src/authenticator/transactions.ts";
import { usageFailure } from "./command-failure.ts";

export const DEFAULT_SERVER = "http://localhost:8787";
const DEFAULT_STATE = join(import.meta.dirname, "../../.state/authenticator.json");

const OPTIONS = {
  state: { type: "string" },
  server: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  pin1: { type: "string" },
  pin2: { type: "string" },
  "given-name": { type: "string" },
  surname: { type: "string" },
  country: { type: "string" },
  code: { type: "string" },
  "date-of-birth": { type: "string" },
  level: { type: "string" },
  transaction: { type: "string" },
  reason: { type: "string" },
  approve: { type: "boolean" },
  refuse: { type: "boolean" },
  delay: { type: "string" },
  count: { type: "string" },
  yes: { type: "boolean" },
  forget: { type: "boolean" },
} as const;

type OptionName = keyof typeof OPTIONS;
export type OptionValues = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

const EVERYWHERE: readonly OptionName[] = ["state", "server", "json", "help"];
const IDENTITY: readonly OptionName[] = ["given-name", "surname", "country", "code", "date-of-birth", "level"];

/** What each command takes besides the options of all. */
export const COMMANDS = {
  enrol: ["pin1", "pin2", ...IDENTITY],
  list: [],
  watch: ["pin1", "pin2", "approve", "refuse", "reason", "delay", "count"],
  approve: ["pin1", "pin2", "transaction", "code"],
  refuse: ["transaction", "reason"],
  status: [],
  delete: ["yes", "forget"],
  "answer-challenge": ["pin1"],
} as const satisfies Readonly<Record<string, readonly OptionName[]>>;
export type Command = keyof typeof COMMANDS;

export interface Options {
  /** Undefined where help was asked for. */
  readonly command: Command | undefined;
  readonly values: OptionValues;
  /** Absolute. */
  readonly statePath: string;
  /** Origin without a trailing slash; undefined where neither option nor environment names one. */
  readonly server: string | undefined;
  /** As given, right or wrong. */
  readonly pins: { readonly auth: string | undefined; readonly sign: string | undefined };
}

/** Throws a CommandFailure for a call that makes no sense. */
export function readOptions(parameters: readonly string[], environment: NodeJS.ProcessEnv): Options {
  const { values, positionals } = parse(parameters);
  const [name, ...more] = positionals;
  const askedForHelp = values.help === true || name === "help";
  if (name === undefined && !askedForHelp) throw usageFailure(`say what to do: ${commandNames()}, or help`);
  const command = askedForHelp ? undefined : commandOf(name ?? "");
  if (command !== undefined) {
    if (more.length > 0) throw usageFailure(`${command} takes no "${more[0]}"`);
    const allowed: readonly string[] = [...EVERYWHERE, ...COMMANDS[command]];
    const stray = Object.keys(values).find((option) => !allowed.includes(option));
    if (stray !== undefined) throw usageFailure(`${command} takes no --${stray}`);
  }
  const state = values.state ?? environment["TALLY_STATE"];
  const server = values.server ?? environment["TALLY_SERVER"];
  return {
    command,
    values,
    // npm runs scripts in the project's folder and says here where it was called.
    statePath: state === undefined ? DEFAULT_STATE : resolve(environment["INIT_CWD"] ?? ".", state),
    server: server === undefined ? undefined : origin(server),
    pins: { auth: values.pin1 ?? environment["TALLY_PIN1"], sign: values.pin2 ?? environment["TALLY_PIN2"] },
  };
}

function parse(parameters: readonly string[]): { readonly values: OptionValues; readonly positionals: readonly string[] } {
  try {
    return parseArgs({ args: [...parameters], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw usageFailure(error instanceof Error ? (error.message.split(/\. |\n/)[0] ?? "") : "unknown option");
  }
}

function commandOf(name: string): Command {
  const command = (Object.keys(COMMANDS) as Command[]).find((known) => known === name);
  if (command === undefined) throw usageFailure(`there is no command "${name}"; there are: ${commandNames()}`);
  return command;
}

const commandNames = (): string => Object.keys(COMMANDS).join(", ");

function origin(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw usageFailure(`${text} is no address: http://host:port`);
  return url.origin;
}

/** Whose account it will be; a test person of the public demo environment where nothing else is said. */
export function identityOf(values: OptionValues): SelfAssertedIdentity {
  const level = values.level ?? "qualified";
  if (level !== "qualified" && level !== "advanced") throw usageFailure(`--level is qualified or advanced, not ${level}`);
  const country = values.country ?? "EE";
  if (country !== "EE" && values.code === undefined) throw usageFailure(`--country ${country} needs a personal code: --code`);
  const dateOfBirth = values["date-of-birth"];
  return {
    givenName: values["given-name"] ?? "OK",
    surname: values.surname ?? "TESTNUMBER",
    country,
    personalCode: values.code ?? "40504040001",
    ...(dateOfBirth !== undefined && { dateOfBirth }),
    level: level === "qualified" ? "QUALIFIED" : "ADVANCED",
  };
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  user: "USER_REFUSED",
  interaction: "USER_REFUSED_INTERACTION",
  "wrong-code": "WRONG_VC",
};

export function refusalOf({ reason = "user" }: OptionValues): Refusal {
  const refusal = Object.hasOwn(REFUSALS, reason) ? REFUSALS[reason] : undefined;
  if (refusal === undefined) throw usageFailure(`--reason is ${Object.keys(REFUSALS).join(", ")}, not ${reason}`);
  return refusal;
}

/** A number of the option, or what holds without it. */
export function numberOf(values: OptionValues, option: "delay" | "count", otherwise: number): number {
  const text = values[option];
  if (text === undefined) return otherwise;
  if (!/^\d{1,6}(\.\d{1,3})?$/.test(text)) throw usageFailure(`--${option} ${text} is no number`);
  return Number(text);
}
