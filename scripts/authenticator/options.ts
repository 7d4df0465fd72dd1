// The command line and the environment, checked: which command, which options it takes, and their values. No I/O.
import { join, resolve } from "node:path";
import { type Purpose, PURPOSES } from "../../src/account/purpose.ts";
import type { SelfAssertedIdentity } from "../../src/authenticator/enrolment.ts";
import type { Refusal } from "../../src/authenticator/transactions.ts";
import { readCommandLine, type Values } from "../command-line.ts";
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
  "new-pin": { type: "string" },
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
  successor: { type: "string" },
} as const;

type OptionName = keyof typeof OPTIONS;
export type OptionValues = Values<typeof OPTIONS>;

const EVERYWHERE: readonly OptionName[] = ["state", "server", "json", "help"];
const IDENTITY: readonly OptionName[] = ["given-name", "surname", "country", "code", "date-of-birth", "level"];

/** What each command takes besides the options of all. */
export const COMMANDS = {
  enrol: ["pin1", "pin2", ...IDENTITY],
  list: [],
  watch: ["pin1", "pin2", "approve", "refuse", "reason", "delay", "count"],
  open: ["pin1", "pin2", "approve", "refuse", "reason"],
  approve: ["pin1", "pin2", "transaction", "code"],
  refuse: ["transaction", "reason"],
  status: [],
  "change-pin": ["pin1", "pin2", "new-pin"],
  "add-keys": ["pin1", "pin2"],
  delete: ["yes", "forget", "successor"],
  "answer-challenge": ["pin1"],
} as const satisfies Readonly<Record<string, readonly OptionName[]>>;
export type Command = keyof typeof COMMANDS;

const WITH_EVERYWHERE = Object.fromEntries(
  Object.entries(COMMANDS).map(([command, options]) => [command, [...EVERYWHERE, ...options]]),
) as unknown as Readonly<Record<Command, readonly OptionName[]>>;

export interface Options {
  /** Undefined where help was asked for. */
  readonly command: Command | undefined;
  /** Of `open`; empty with every other command. */
  readonly link: string;
  /** Whose PIN is changed by `change-pin`; undefined with every other command. */
  readonly purpose: Purpose | undefined;
  readonly values: OptionValues;
  /** Absolute. */
  readonly statePath: string;
  /** Origin without a trailing slash; undefined where neither option nor environment names one. */
  readonly server: string | undefined;
  /** As given, right or wrong. */
  readonly pins: Readonly<Record<Purpose | "new", string | undefined>>;
}

/** Throws a CommandFailure for a call that makes no sense. */
export function readOptions(parameters: readonly string[], environment: NodeJS.ProcessEnv): Options {
  const { command, values, subjects } = readCommandLine(parameters, OPTIONS, WITH_EVERYWHERE);
  const takesOne = command === "open" || command === "change-pin";
  const [subject = "", ...more] = takesOne ? subjects : ["", ...subjects];
  if (command === "open" && subject === "") throw usageFailure("open needs a link, in quotes");
  if (command !== undefined && more.length > 0) throw usageFailure(`${command} takes no "${more[0]}"`);
  const state = values.state ?? environment["TALLY_STATE"];
  const server = values.server ?? environment["TALLY_SERVER"];
  return {
    command,
    link: command === "open" ? subject : "",
    purpose: command === "change-pin" ? purposeOf(subject) : undefined,
    values,
    // npm runs scripts in the project's folder and says here where it was called.
    statePath: state === undefined ? DEFAULT_STATE : resolve(environment["INIT_CWD"] ?? ".", state),
    server: server === undefined ? undefined : origin(server),
    pins: {
      auth: values.pin1 ?? environment["TALLY_PIN1"],
      sign: values.pin2 ?? environment["TALLY_PIN2"],
      new: values["new-pin"] ?? environment["TALLY_NEW_PIN"],
    },
  };
}

function purposeOf(subject: string): Purpose {
  const purpose = PURPOSES.find((known) => known === subject);
  if (purpose === undefined) throw usageFailure("change-pin auth (PIN1), or change-pin sign (PIN2)");
  return purpose;
}

function origin(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw usageFailure(`${text} is no address: http://host:port`);
  return url.origin;
}

/** Whose account it will be; somebody who is none of the test people, whose device would answer first, where nothing else is said. */
export function identityOf(values: OptionValues): SelfAssertedIdentity {
  const level = values.level ?? "qualified";
  if (level !== "qualified" && level !== "advanced") throw usageFailure(`--level is qualified or advanced, not ${level}`);
  const country = values.country ?? "EE";
  if (country !== "EE" && values.code === undefined) throw usageFailure(`--country ${country} needs a personal code: --code`);
  const dateOfBirth = values["date-of-birth"];
  return {
    givenName: values["given-name"] ?? "MARI",
    surname: values.surname ?? "TAMM",
    country,
    personalCode: values.code ?? "48503140291",
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
