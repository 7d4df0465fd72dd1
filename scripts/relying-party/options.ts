// The command line, checked: which command, on which database, for whom, and the columns that it wants to be otherwise. No I/O.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { CERTIFICATE_LEVELS } from "../../src/account/purpose.ts";
import { DEMO_PARTY_UUID } from "../../src/relying-party/demo-party.ts";
import { relyingPartyRow } from "../../src/relying-party/registration.ts";
import { usageFailure } from "../authenticator/command-failure.ts";
import { readCommandLine, type Values as ValuesOf } from "../command-line.ts";
import { CONFIGURATION, DEFAULT_STATE, type Place } from "./database.ts";
import { checkNetworks } from "./networks.ts";
import type { StoredParty } from "./rows.ts";
import { USAGE_OPTIONS } from "./usage-options.ts";

const OPTIONS = {
  remote: { type: "boolean" },
  "wrangler-config": { type: "string" },
  state: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  uuid: { type: "string" },
  name: { type: "string", multiple: true },
  network: { type: "string", multiple: true },
  "no-network": { type: "boolean" },
  "no-credential": { type: "boolean" },
  endpoint: { type: "string", multiple: true },
  level: { type: "string", multiple: true },
  capability: { type: "string", multiple: true },
  "no-capability": { type: "boolean" },
  flow: { type: "string", multiple: true },
  "may-learn-client-address": { type: "boolean" },
  "no-may-learn-client-address": { type: "boolean" },
  "rate-limit": { type: "string" },
  "allow-same-name": { type: "boolean" },
  "keep-old": { type: "string" },
} as const;

type OptionName = keyof typeof OPTIONS;
type Values = ValuesOf<typeof OPTIONS>;

const EVERYWHERE = ["remote", "wrangler-config", "state", "json", "help"] as const satisfies readonly OptionName[];
const OF_A_PARTY = [
  ...EVERYWHERE,
  "name",
  "allow-same-name",
  "network",
  "no-credential",
  "endpoint",
  "level",
  "capability",
  "flow",
  "may-learn-client-address",
  "rate-limit",
] as const satisfies readonly OptionName[];

/** What each command takes. */
export const COMMANDS = {
  add: [...OF_A_PARTY, "uuid"],
  list: EVERYWHERE,
  show: EVERYWHERE,
  set: [...OF_A_PARTY, "no-network", "no-capability", "no-may-learn-client-address"],
  disable: EVERYWHERE,
  enable: EVERYWHERE,
  "rotate-credential": [...EVERYWHERE, "keep-old"],
  /** Reads its own: usage.ts. */
  usage: [],
} as const satisfies Readonly<Record<string, readonly OptionName[]>>;
type Command = Exclude<keyof typeof COMMANDS, "usage">;

/** Columns that shall be otherwise. */
export type Wish = Partial<Omit<StoredParty, "uuid">>;

export type Call = { readonly kind: "help" } | { readonly kind: "usage" } | (OneCall & { readonly place: Place });
type OneCall =
  | { readonly kind: "list" }
  | { readonly kind: "show" | "disable" | "enable"; readonly uuid: string }
  /** `uuid`: undefined for a new one. `withCredential`: one is made. */
  | (Named & { readonly kind: "add"; readonly uuid: string | undefined; readonly withCredential: boolean })
  | (Named & { readonly kind: "set"; readonly uuid: string })
  /** `keepOldFor`: milliseconds. */
  | { readonly kind: "rotate-credential"; readonly uuid: string; readonly keepOldFor: number };

interface Named {
  readonly wish: Wish;
  /** Whatever other parties are called. */
  readonly allowSameName: boolean;
}

const HOUR = 3_600_000;
/** Hours: a month. */
const LONGEST_KEPT = 720;

/** Throws a CommandFailure for a call that makes no sense. */
export function readCall(parameters: readonly string[], environment: NodeJS.ProcessEnv): Call {
  // The options of all, so that no value of one is taken for the command, wherever it stands.
  const options = { ...USAGE_OPTIONS, ...OPTIONS };
  const [word] = parseArgs({ args: [...parameters], options, allowPositionals: true, strict: false }).positionals;
  if (word === "usage") return { kind: word };
  const { command, values, subjects } = readCommandLine(parameters, OPTIONS, COMMANDS);
  if (command === "usage") throw new Error("usage is the first word, or none");
  if (command === undefined) return { kind: "help" };
  const place = placeOf(values, environment);
  const needsSubject = command !== "add" && command !== "list";
  const [subject, ...more] = needsSubject ? subjects : [undefined, ...subjects];
  if (more.length > 0) throw usageFailure(`${command} takes no "${more[0]}"`);
  if (!needsSubject) return { ...(command === "list" ? { kind: command } : additionOf(values)), place };
  if (subject === undefined) throw usageFailure(`${command} needs the UUID of a relying party (list shows them)`);
  return { ...changeOf(command, uuidOf(subject), values), place };
}

function changeOf(command: Exclude<Command, "add" | "list">, uuid: string, values: Values): OneCall {
  switch (command) {
    case "set": {
      const wish = wishOf(values);
      if (Object.keys(wish).length === 0) throw usageFailure("set needs at least one option that says what");
      return { kind: command, uuid, wish, allowSameName: values["allow-same-name"] === true };
    }
    case "rotate-credential":
      return { kind: command, uuid, keepOldFor: hoursOf(values["keep-old"] ?? "0") * HOUR };
    case "show":
    case "disable":
    case "enable":
      return { kind: command, uuid };
  }
}

function additionOf(values: Values): OneCall {
  const uuid = values.uuid === undefined ? undefined : uuidOf(values.uuid);
  const problem = uuid === undefined ? undefined : relyingPartyRow.shape.uuid.safeParse(uuid).error?.issues[0];
  if (problem !== undefined) throw usageFailure(`--uuid: ${problem.message}`);
  if (uuid === DEMO_PARTY_UUID) throw usageFailure("this UUID is that of the DEMO party, which every local server has");
  if (values.name === undefined) throw usageFailure("add needs a name: --name");
  const withCredential = values["no-credential"] !== true;
  if (!withCredential && values.network === undefined) {
    throw usageFailure("a party without a credential needs networks that it is known by: --network");
  }
  return { kind: "add", uuid, wish: wishOf(values), allowSameName: values["allow-same-name"] === true, withCredential };
}

const uuidOf = (text: string): string => {
  if (z.guid().safeParse(text).success) return text.toLowerCase();
  throw usageFailure(`${text} is no UUID`);
};

function hoursOf(text: string): number {
  const hours = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (hours <= LONGEST_KEPT) return hours;
  throw usageFailure(`--keep-old is a number of hours from 0 to ${LONGEST_KEPT}, not ${text}`);
}

/** Held against the schema that the server reads rows with: a mistake is better heard here. */
function wishOf(values: Values): Wish {
  const { name, network, endpoint, level, capability, flow, "rate-limit": rateLimit } = values;
  checkNetworks(network ?? []);
  const wishes = [
    ["name", "names", listOf(name)],
    ["network", "networks", listOrNone("network", network, values["no-network"])],
    ["endpoint", "endpoints", listOf(endpoint)],
    ["level", "levels", listOf(level?.map((text) => CERTIFICATE_LEVELS.find((known) => known === text.toUpperCase()) ?? text))],
    ["capability", "capabilities", listOrNone("capability", capability, values["no-capability"])],
    ["flow", "flows", listOf(flow)],
    ["may-learn-client-address", "may_learn_client_address", permissionOf(values)],
    ["rate-limit", "rate_limit", rateLimit],
  ] as const;
  const wish: Record<string, string | number | null> = values["no-credential"] === true ? { ...NO_CREDENTIAL } : {};
  for (const [option, column, value] of wishes) {
    if (value === undefined) continue;
    const problem = relyingPartyRow.shape[column].safeParse(value).error?.issues[0];
    if (problem !== undefined) throw usageFailure(`--${option}: ${problem.message}`);
    wish[column] = value;
  }
  return wish;
}

/** The one of before goes too: it would be good again beside the next one. */
const NO_CREDENTIAL = { credential_sha256: null, previous_credential_sha256: null, previous_credential_until: null } as const;

const listOf = (items: readonly string[] | undefined): string | undefined =>
  items === undefined ? undefined : JSON.stringify([...new Set(items)]);

function listOrNone(option: OptionName, items: readonly string[] | undefined, none: boolean | undefined): string | undefined {
  if (none !== true) return listOf(items);
  if (items !== undefined) throw usageFailure(`either --${option} or --no-${option}, not both`);
  return "[]";
}

function permissionOf(values: Values): 0 | 1 | undefined {
  const { "may-learn-client-address": may, "no-may-learn-client-address": mayNot } = values;
  if (may === true && mayNot === true) throw usageFailure("either --may-learn-client-address or --no-…, not both");
  if (may === true) return 1;
  return mayNot === true ? 0 : undefined;
}

export function placeOf(values: Pick<Values, "remote" | "state" | "wrangler-config">, environment: NodeJS.ProcessEnv): Place {
  const { remote, state, "wrangler-config": configuration } = values;
  // npm runs scripts in the project's folder and says here where it was called.
  const absolute = (path: string): string => resolve(environment["INIT_CWD"] ?? ".", path);
  if (remote === true) {
    if (state !== undefined) throw usageFailure("--state is for a local server, --remote for the deployed one: not both");
    return { kind: "remote", configuration: configuration === undefined ? CONFIGURATION : absolute(configuration) };
  }
  if (configuration !== undefined) throw usageFailure("--wrangler-config goes with --remote");
  return { kind: "local", stateFolder: state === undefined ? DEFAULT_STATE : absolute(state) };
}
