// The command line, checked: which command, in which state folder, and who is added. No I/O.
import { join, resolve } from "node:path";
import { parseDocumentNumber } from "../../src/protocol/document-number.ts";
import { INTERACTION_TYPES, type InteractionType } from "../../src/protocol/interactions.ts";
import { parseCalendarDate } from "../../src/registration/calendar-date.ts";
import { personName } from "../../src/registration/person-name.ts";
import { readPersonalCode } from "../../src/registration/personal-code.ts";
import { BEHAVIOURS } from "../../src/simulator/behaviour.ts";
import type { TestPerson } from "../../src/simulator/people.ts";
import { usageFailure } from "../authenticator/command-failure.ts";
import { readCommandLine, type Values as ValuesOf } from "../command-line.ts";

const DEFAULT_STATE = join(import.meta.dirname, "../../.state");

const OPTIONS = {
  state: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  country: { type: "string" },
  code: { type: "string" },
  "given-name": { type: "string" },
  surname: { type: "string" },
  "date-of-birth": { type: "string" },
  level: { type: "string" },
  suffix: { type: "string" },
  behaviour: { type: "string" },
  interactions: { type: "string" },
} as const;

type OptionName = keyof typeof OPTIONS;
type Values = ValuesOf<typeof OPTIONS>;

const EVERYWHERE = ["state", "json", "help"] as const satisfies readonly OptionName[];

/** What each command takes. */
export const COMMANDS = {
  list: EVERYWHERE,
  add: [
    ...EVERYWHERE,
    "country",
    "code",
    "given-name",
    "surname",
    "date-of-birth",
    "level",
    "suffix",
    "behaviour",
    "interactions",
  ],
  remove: EVERYWHERE,
} as const satisfies Readonly<Record<string, readonly OptionName[]>>;

export type Call =
  | { readonly kind: "help" }
  /** Paths are absolute. */
  | { readonly kind: "list"; readonly stateFolder: string }
  | { readonly kind: "add"; readonly stateFolder: string; readonly person: TestPerson }
  | { readonly kind: "remove"; readonly stateFolder: string; readonly documentNumber: string };

/** `today`: `YYYY-MM-DD`. Throws a CommandFailure for a call that makes no sense. */
export function readCall(parameters: readonly string[], environment: NodeJS.ProcessEnv, today: string): Call {
  const { command, values, subjects } = readCommandLine(parameters, OPTIONS, COMMANDS);
  if (command === undefined) return { kind: "help" };
  // npm runs scripts in the project's folder and says here where it was called.
  const stateFolder = values.state === undefined ? DEFAULT_STATE : resolve(environment["INIT_CWD"] ?? ".", values.state);
  const [documentNumber, ...more] = command === "remove" ? subjects : [undefined, ...subjects];
  if (more.length > 0) throw usageFailure(`${command} takes no "${more[0]}"`);
  switch (command) {
    case "list":
      return { kind: command, stateFolder };
    case "add":
      return { kind: command, stateFolder, person: personOf(values, today) };
    case "remove":
      if (documentNumber === undefined) throw usageFailure("remove needs a document number (list shows them)");
      return { kind: command, stateFolder, documentNumber };
  }
}

/** Held against the same rules as at the server: a mistake is better heard here. */
function personOf(values: Values, today: string): TestPerson {
  const { country = "EE", code, suffix = "MOCK", level = "qualified", behaviour: wished = "OK" } = values;
  if (code === undefined) throw usageFailure("add needs a personal code: --code");
  if (!/^[A-Z]{2}$/.test(country)) throw usageFailure(`--country is of two upper-case letters, not ${country}`);
  const read = readPersonalCode(country, code, { testPeople: true });
  if (!read.ok) throw usageFailure(`--code ${code} is no personal code of ${country} (${read.failure.replaceAll("_", " ")})`);
  if (level !== "qualified" && level !== "advanced") throw usageFailure(`--level is qualified or advanced, not ${level}`);
  const documentNumber = `PNO${country}-${code}-${suffix}-${level === "qualified" ? "Q" : "NQ"}`;
  if (parseDocumentNumber(documentNumber) === undefined) throw usageFailure(`--suffix is of four of 0-9A-Z, not ${suffix}`);
  const behaviour = BEHAVIOURS.find((known) => known === wished);
  if (behaviour === undefined) throw usageFailure(`--behaviour is ${BEHAVIOURS.join(", ")}, not ${wished}`);
  const interactions = values.interactions === undefined ? undefined : interactionsOf(values.interactions);
  const dateOfBirth = dateOfBirthOf(values["date-of-birth"], read.value.dateOfBirth, today);
  return {
    documentNumber,
    givenName: nameOf("given-name", values["given-name"] ?? "OK"),
    surname: nameOf("surname", values.surname ?? "TESTNUMBER"),
    behaviour,
    ...(interactions !== undefined && { interactions }),
    ...(dateOfBirth !== undefined && { dateOfBirth }),
  };
}

function nameOf(option: OptionName, text: string): string {
  const name = personName.safeParse(text);
  if (!name.success) throw usageFailure(`--${option} ${text} is not written as a name`);
  return name.data;
}

function interactionsOf(list: string): readonly InteractionType[] {
  return list.split(",").map((name) => {
    const type = INTERACTION_TYPES.find((known) => known === name.trim());
    if (type === undefined) throw usageFailure(`--interactions are of ${INTERACTION_TYPES.join(",")}; not ${name}`);
    return type;
  });
}

/** Only where the code holds none. */
function dateOfBirthOf(text: string | undefined, ofCode: string | undefined, today: string): string | undefined {
  if ((ofCode ?? "") > today) throw usageFailure("the personal code is of somebody who is not born yet");
  if (text === undefined || text === ofCode) return undefined;
  if (ofCode !== undefined) throw usageFailure(`the personal code holds another date of birth: ${ofCode}`);
  const date = parseCalendarDate(text);
  if (date === undefined || date > today) throw usageFailure(`--date-of-birth is a day of the past, YYYY-MM-DD; not ${text}`);
  return date;
}
