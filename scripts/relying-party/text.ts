// A registered party as lines for people and as fields for programs. Never a hash of a credential: whoever asks learns whether there is one.
import type { RelyingParty } from "../../src/relying-party/registration.ts";
import { formatTime } from "../authenticator/explain.ts";
import { columns } from "../authenticator/output.ts";
import { printable } from "../authenticator/printable.ts";
import { type Column, partyOf, type StoredRow } from "./rows.ts";

/** For programs: what a person reads, with names that do not change. */
export function partyFields(row: StoredRow, now: number): object {
  const party = partyOf(row);
  if (typeof party === "string") return { uuid: row.uuid, enabled: row.enabled === 1, malformed: party };
  const { uuid, names, networks, endpoints, levels, capabilities, flows } = party;
  return {
    uuid,
    enabled: party.enabled === 1,
    names,
    networks,
    hasCredential: party.credential_sha256 !== null,
    previousCredentialUntil: previousUntil(party, now)?.toISOString() ?? null,
    endpoints,
    levels,
    capabilities,
    flows,
    mayLearnClientAddress: party.may_learn_client_address === 1,
    rateLimit: party.rate_limit,
  };
}

export function partyLines(row: StoredRow, now: number): string[] {
  const party = partyOf(row);
  if (typeof party === "string") return malformedLines(row, party);
  return columns([
    ["UUID", party.uuid],
    ["state", party.enabled === 1 ? "enabled" : "DISABLED: nothing that it asks is answered"],
    ["names", listed(party.names)],
    ["networks", listed(party.networks, "any, with the credential")],
    ["credential", credentialText(party, now)],
    ["endpoints", listed(party.endpoints)],
    ["levels", listed(party.levels)],
    ["capabilities", listed(party.capabilities)],
    ["flows", listed(party.flows)],
    ["people's addresses", party.may_learn_client_address === 1 ? "may ask for them" : "may not ask for them"],
    ["rate limit", party.rate_limit],
  ]);
}

const malformedLines = (row: StoredRow, problem: string): string[] => [
  `${printable(String(row.uuid))} is MALFORMED: its requests are answered with 500 until set puts it right (${printable(problem)}).`,
  ...columns(Object.entries(row).map(([column, value]) => [column, cellText(column as Column, value)] as const)),
];

/** One line for each party. */
export const listLines = (rows: readonly StoredRow[]): string[] =>
  rows.length === 0
    ? ["No relying party is registered."]
    : columns(
        rows.map((row) => {
          const party = partyOf(row);
          const state = row.enabled === 1 ? [] : ["DISABLED"];
          const known = typeof party === "string" ? ["MALFORMED"] : [listed(party.names), party.rate_limit];
          return [printable(String(row.uuid)), [...known, ...state].join(", ")] as const;
        }),
      );

function credentialText(party: RelyingParty, now: number): string {
  if (party.credential_sha256 === null) return "none: known by its networks alone";
  const until = previousUntil(party, now);
  return until === undefined ? "yes" : `yes, and the one before until ${formatTime(until.getTime())}`;
}

function previousUntil({ previous_credential_until: until }: RelyingParty, now: number): Date | undefined {
  return until === null || until <= now ? undefined : new Date(until);
}

const listed = (items: readonly string[], none = "none"): string => items.map(printable).join(", ") || none;

/** Before and after of every column that changed. */
export function changeLines(before: StoredRow, after: StoredRow): string[] {
  return columns(
    changedColumns(before, after).map((column) => {
      const [old, now] = [cellText(column, before[column]), cellText(column, after[column])];
      return [column.replace("_sha256", "").replaceAll("_", " "), `${old} → ${old === now ? `another ${now}` : now}`];
    }),
  );
}

export const changedColumns = (before: StoredRow, after: StoredRow): Column[] =>
  (Object.keys(after) as Column[]).filter((column) => before[column] !== after[column]);

function cellText(column: Column, value: StoredRow[Column]): string {
  if (value === null) return "none";
  switch (column) {
    case "credential_sha256":
    case "previous_credential_sha256":
      return "one";
    case "previous_credential_until":
      return typeof value === "number" ? formatTime(value) : printable(value);
    case "enabled":
    case "may_learn_client_address":
      return value === 1 ? "yes" : value === 0 ? "no" : printable(String(value));
    default:
      return listText(String(value));
  }
}

/** A list as people write it, anything else as it stands. */
function listText(text: string): string {
  try {
    const items: unknown = JSON.parse(text);
    if (Array.isArray(items)) return listed(items.map(String));
  } catch {
    // It is no list.
  }
  return printable(text);
}
