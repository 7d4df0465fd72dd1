// The command line, checked. No I/O.
import { resolve } from "node:path";
import { type Place, placeOf } from "../account/options.ts";
import { usageFailure } from "../authenticator/command-failure.ts";
import { readCommandLine, type Values as ValuesOf } from "../command-line.ts";
import { isKekId } from "../../src/protocol/kek-id.ts";
import type { WranglerInput } from "../wrangler/run.ts";

const OPTIONS = {
  state: { type: "string" },
  url: { type: "string" },
  key: { type: "string" },
  backup: { type: "string" },
  remote: { type: "boolean" },
  local: { type: "boolean" },
  "persist-to": { type: "string" },
  "wrangler-config": { type: "string" },
  "accounts-from-before-are-gone": { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

type OptionName = keyof typeof OPTIONS;
type Values = ValuesOf<typeof OPTIONS>;

const OF_SERVER: readonly OptionName[] = ["state", "url", "key", "json", "help"];
const OF_STORE: readonly OptionName[] = ["backup", "remote", "local", "persist-to", "wrangler-config", "json", "help"];
const COMMANDS = {
  status: OF_SERVER,
  rewrap: OF_SERVER,
  add: [...OF_SERVER, ...OF_STORE],
  remove: [...OF_SERVER, ...OF_STORE, "accounts-from-before-are-gone"],
} as const satisfies Readonly<Record<string, readonly OptionName[]>>;

/** Paths are absolute. */
export interface StorePlace {
  readonly backup: string;
  readonly wrangler: WranglerInput;
}

export type Call =
  | { readonly kind: "help" }
  | { readonly kind: "status"; readonly place: Place }
  /** `id`: of the KEK that everything goes under. */
  | { readonly kind: "rewrap"; readonly id: string; readonly place: Place }
  | { readonly kind: "add"; readonly id: string; readonly store: StorePlace; readonly place: Place }
  | {
      readonly kind: "remove";
      readonly id: string;
      readonly store: StorePlace;
      readonly place: Place;
      readonly evenUntold: boolean;
    };

/** Throws a CommandFailure for a call that makes no sense. */
export function readCall(parameters: readonly string[], environment: NodeJS.ProcessEnv): Call {
  const { command, values, subjects } = readCommandLine(parameters, OPTIONS, COMMANDS);
  if (command === undefined) return { kind: "help" };
  // npm runs scripts in the project's folder and says here where it was called.
  const path = (given: string): string => resolve(environment["INIT_CWD"] ?? ".", given);
  const [id, ...more] = subjects;
  const place = placeOf(values, path);
  if (command === "status") {
    if (id !== undefined) throw usageFailure(`status takes no "${id}"`);
    return { kind: "status", place };
  }
  if (id === undefined || more.length > 0) throw usageFailure(`${command} takes the id of one KEK, such as kek-2`);
  if (!isKekId(id)) throw usageFailure(`"${id}" is no id: 1 to 64 letters, digits, '-' or '_'`);
  if (command === "rewrap") return { kind: "rewrap", id, place };
  const store = storeOf(values, path, environment);
  if (command === "add") return { kind: "add", id, store, place };
  return { kind: "remove", id, store, place, evenUntold: values["accounts-from-before-are-gone"] === true };
}

function storeOf(values: Values, path: (given: string) => string, environment: NodeJS.ProcessEnv): StorePlace {
  const { backup, remote = false, local = false, "persist-to": folder } = values;
  if (backup === undefined) throw usageFailure("say where the backup of npm run secrets is: --backup FILE");
  if (remote === local || local !== (folder !== undefined)) {
    throw usageFailure("say which store: --remote, or --local --persist-to DIR");
  }
  const configuration = values["wrangler-config"];
  return {
    backup: path(backup),
    wrangler: {
      target: folder === undefined ? { kind: "remote" } : { kind: "local", folder: path(folder) },
      configuration: configuration === undefined ? resolve(import.meta.dirname, "../../wrangler.toml") : path(configuration),
      environment,
    },
  };
}
