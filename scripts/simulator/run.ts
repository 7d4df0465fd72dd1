// From a command line to an exit code. Only writes down who is wanted: the simulator does the rest, now or at the next start.
import { existsSync } from "node:fs";
import { dayOf } from "../../src/registration/calendar-date.ts";
import { PEOPLE, type TestPerson } from "../../src/simulator/people.ts";
import { CommandFailure, type ExitCode } from "../authenticator/command-failure.ts";
import { columns, type Output, outputFor, type Printer } from "../authenticator/output.ts";
import { printable } from "../authenticator/printable.ts";
import { StateFile } from "../authenticator/state-file.ts";
import { announcedPort } from "../folder-reservation.ts";
import { StartFailure } from "../start-failure.ts";
import { HELP } from "./help.ts";
import { readCall } from "./options.ts";
import { changeAddedPeople, everybody, simulatorFolder } from "./people-file.ts";
import { recordOf } from "./population.ts";

export async function runSimulator(
  parameters: readonly string[],
  environment: NodeJS.ProcessEnv,
  printer: Printer,
): Promise<0 | ExitCode> {
  const output = outputFor(parameters.includes("--json"), printer, "simulator");
  try {
    const call = readCall(parameters, environment, dayOf(Date.now()));
    switch (call.kind) {
      case "help":
        printer.out(HELP);
        break;
      case "list":
        await list(call.stateFolder, output);
        break;
      case "add":
        await add(call.stateFolder, call.person, output);
        break;
      case "remove":
        await remove(call.stateFolder, call.documentNumber, output);
    }
    return 0;
  } catch (error) {
    const failure = error instanceof StartFailure ? new CommandFailure("local", error.message) : error;
    if (!(failure instanceof CommandFailure)) throw failure;
    output.failure(failure);
    return failure.exitCode;
  }
}

async function list(stateFolder: string, output: Output): Promise<void> {
  const people = await Promise.all(
    everybody(stateFolder).map(async (person) => ({
      ...person,
      added: !PEOPLE.includes(person),
      enrolled: await isEnrolled(stateFolder, person),
    })),
  );
  const rows = people.map(({ documentNumber, givenName, surname, behaviour, enrolled }) => {
    const name = printable(`${givenName} ${surname}`);
    return [documentNumber, `${behaviour} (${name})${enrolled ? "" : ", not enrolled yet"}`] as const;
  });
  output.answer(columns(rows), { people });
}

/** As far as the device knows: its keys for signing are the last thing that it keeps. */
async function isEnrolled(stateFolder: string, { documentNumber }: TestPerson): Promise<boolean> {
  const record = await new StateFile(recordOf(simulatorFolder(stateFolder), documentNumber), "").read();
  return record?.keys.some(({ purpose }) => purpose === "sign") === true;
}

async function add(stateFolder: string, person: TestPerson, output: Output): Promise<void> {
  const { documentNumber } = person;
  if (!existsSync(stateFolder)) throw new CommandFailure("no_server", `There is no local server in ${stateFolder}: npm start`);
  if (PEOPLE.some((known) => known.documentNumber === documentNumber)) throw alreadyThere(documentNumber);
  await changeAddedPeople(stateFolder, ({ people, removed }) => {
    if (people.some((known) => known.documentNumber === documentNumber)) throw alreadyThere(documentNumber);
    if (removed.includes(documentNumber)) {
      throw new CommandFailure("closing", `${documentNumber} is still being closed: take another --suffix`);
    }
    return { people: [...people, person], removed };
  });
  const when = isRunning(stateFolder) ? "enrolled now, if its test people are running" : "enrolled at the next npm start";
  output.answer([`${documentNumber} is added: ${when}.`], { documentNumber });
}

const alreadyThere = (documentNumber: string): CommandFailure =>
  new CommandFailure("person_exists", `${documentNumber} is there already: take another --suffix.`);

async function remove(stateFolder: string, documentNumber: string, output: Output): Promise<void> {
  if (PEOPLE.some((known) => known.documentNumber === documentNumber)) {
    throw new CommandFailure(
      "of_the_table",
      `${documentNumber} is of the table: npm start -- --test-people chooses among those.`,
    );
  }
  await changeAddedPeople(stateFolder, ({ people, removed }) => {
    const others = people.filter((person) => person.documentNumber !== documentNumber);
    if (others.length === people.length) throw new CommandFailure("no_such_person", `Nobody was added as ${documentNumber}.`);
    return { people: others, removed: [...removed, documentNumber] };
  });
  const when = isRunning(stateFolder) ? "now, if its test people are running" : "at the next npm start";
  output.answer([`${documentNumber} is removed: the account is closed ${when}.`], { documentNumber });
}

/** A server that was killed may be taken for a running one: nothing is lost by that. */
const isRunning = (stateFolder: string): boolean => announcedPort(stateFolder) !== undefined;
