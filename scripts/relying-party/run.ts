// From a command line to an exit code.
import { randomUUID } from "node:crypto";
import { CommandFailure, type ExitCode } from "../authenticator/command-failure.ts";
import { type Output, outputFor, type Printer } from "../authenticator/output.ts";
import { announcedPort } from "../folder-reservation.ts";
import { StartFailure } from "../start-failure.ts";
import { makeCredential } from "./credential.ts";
import { type Database, openDatabase, type Place } from "./database.ts";
import { HELP } from "./help.ts";
import { checkNames, namesIn } from "./names.ts";
import { type Call, readCall, type Wish } from "./options.ts";
import { allRows, insertRow, partyOf, rowOf, type StoredRow, updateRow } from "./rows.ts";
import { changedColumns, changeLines, listLines, partyFields, partyLines } from "./text.ts";
import { runUsage } from "./usage.ts";

export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly printer: Printer;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** In place of the one that the command line names. */
  readonly database?: Database;
}

export async function runRelyingParty(parameters: readonly string[], surroundings: Surroundings): Promise<0 | ExitCode> {
  const { environment, printer, now } = surroundings;
  const output = outputFor(parameters.includes("--json"), printer, "relying-party");
  try {
    const call = readCall(parameters, environment);
    if (call.kind === "usage") return await runUsage(parameters, surroundings);
    if (call.kind === "help") printer.out(HELP);
    else await carryOut(call, { database: surroundings.database ?? openDatabase(call.place, environment), output, now });
    return 0;
  } catch (error) {
    const failure = error instanceof StartFailure ? new CommandFailure("local", error.message) : error;
    if (!(failure instanceof CommandFailure)) throw failure;
    output.failure(failure);
    return failure.exitCode;
  }
}

interface Desk {
  readonly database: Database;
  readonly output: Output;
  readonly now: number;
}
type Named<Kind extends Call["kind"]> = Extract<Call, { readonly kind: Kind }>;

async function carryOut(call: Exclude<Call, { readonly kind: "help" | "usage" }>, desk: Desk): Promise<void> {
  const { database, output, now } = desk;
  switch (call.kind) {
    case "list": {
      const rows = await allRows(database);
      return output.answer(listLines(rows), { parties: rows.map((row) => partyFields(row, now)) });
    }
    case "show": {
      const row = await rowOf(database, call.uuid);
      return output.answer(partyLines(row, now), { party: partyFields(row, now) });
    }
    case "add":
      return add(call, desk);
    case "set":
      return change(call.uuid, call.wish, desk, call.allowSameName);
    case "enable":
      return change(call.uuid, { enabled: 1 }, desk);
    case "disable":
      return change(call.uuid, { enabled: 0 }, desk);
    case "rotate-credential":
      return rotateCredential(call, desk);
  }
}

async function add(
  { uuid = randomUUID(), wish, allowSameName, withCredential, place }: Named<"add">,
  { database, output, now }: Desk,
): Promise<void> {
  if (!allowSameName) await checkNames({ uuid, names: namesIn(wish.names) }, database);
  const credential = withCredential ? makeCredential() : undefined;
  const row = await insertRow(database, { uuid, ...wish, ...(credential && { credential_sha256: credential.sha256 }) });
  const baseUrl = baseUrlOf(place);
  const party = partyFields(row, now);
  const lines = [
    "Registered. What the relying party configures:",
    "",
    `  base URL               ${baseUrl}`,
    `  relyingPartyUUID       ${uuid}`,
    `  relyingPartyName       one of the names below`,
    ...(credential === undefined ? [] : [`  Authorization          Bearer ${credential.token}`]),
    "",
    ...(credential === undefined ? [] : [SHOWN_ONCE, ""]),
    ...partyLines(row, now),
  ];
  output.answer(lines, { party, baseUrl, ...(credential && { credential: credential.token }) });
}

const SHOWN_ONCE =
  "The token is shown this once and kept nowhere: hand it over by a safe way. A lost one is replaced by rotate-credential.";

/** A row may be put right by a change or disabled as it is, but no change may leave one that the server cannot read. */
async function changed(uuid: string, wishFor: (before: StoredRow) => Wish, { database }: Desk, allowSameName = false) {
  const before = await rowOf(database, uuid);
  const wish = wishFor(before);
  const wished = { ...before, ...wish };
  const party = partyOf(wished);
  const disables = wish.enabled === 0;
  if (typeof party === "string" && !disables) {
    throw new CommandFailure("malformed_row", `The row of ${uuid} would be malformed: ${party}`);
  }
  if (typeof party !== "string" && party.networks.length === 0 && party.credential_sha256 === null && !disables) {
    throw new CommandFailure("nobody", "A party needs networks or a credential to be known by: --network, or rotate-credential");
  }
  // The names that it has already were looked at when it got them.
  const had = namesIn(before.names);
  const names = namesIn(wish.names).filter((name) => !had.includes(name));
  if (!allowSameName) await checkNames({ uuid, names }, database);
  const changes = Object.fromEntries(changedColumns(before, wished).map((column) => [column, wished[column]])) as Wish;
  const after = Object.keys(changes).length === 0 ? before : await updateRow(database, before, changes);
  return { before, after };
}

async function change(uuid: string, wish: Wish, desk: Desk, allowSameName = false): Promise<void> {
  const { before, after } = await changed(uuid, () => wish, desk, allowSameName);
  const columns = changedColumns(before, after);
  const lines =
    columns.length === 0
      ? ["Nothing changed: it was so before.", "", ...partyLines(after, desk.now)]
      : [...changeLines(before, after), "", "It counts everywhere within a minute."];
  const fields = { before: partyFields(before, desk.now), party: partyFields(after, desk.now) };
  desk.output.answer(lines, { changed: columns.length > 0, ...fields });
}

async function rotateCredential({ uuid, keepOldFor }: Named<"rotate-credential">, desk: Desk): Promise<void> {
  const { token, sha256 } = makeCredential();
  const { before, after } = await changed(
    uuid,
    ({ credential_sha256: old }) => ({
      credential_sha256: sha256,
      ...(keepOldFor > 0 && typeof old === "string"
        ? { previous_credential_sha256: old, previous_credential_until: desk.now + keepOldFor }
        : { previous_credential_sha256: null, previous_credential_until: null }),
    }),
    desk,
  );
  const lines = [
    `Authorization: Bearer ${token}`,
    "",
    SHOWN_ONCE,
    keepOldFor > 0
      ? "Use it after a minute, when it is known everywhere; the one before is good until the time below."
      : "It is known, and the one before refused, within a minute: until then some requests with either are refused.",
    "",
    ...changeLines(before, after),
  ];
  desk.output.answer(lines, { credential: token, party: partyFields(after, desk.now) });
}

/** Where the API is; of a deployment only its operator knows the name. */
function baseUrlOf(place: Place): string {
  if (place.kind === "remote") return "https://YOUR-DOMAIN/v3";
  return `http://localhost:${announcedPort(place.stateFolder) ?? 8787}/v3`;
}
