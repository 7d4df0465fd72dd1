// The command line, checked. No I/O.
import { resolve } from "node:path";
import { type Place as ServerPlace, placeOf as serverPlaceOf } from "../account/options.ts";
import { chainName } from "../../src/audit/chain.ts";
import { usageFailure } from "../authenticator/command-failure.ts";
import { readCommandLine, type Values as ValuesOf } from "../command-line.ts";
import type { Place as DatabasePlace } from "../relying-party/database.ts";
import { placeOf as databasePlaceOf } from "../relying-party/options.ts";

const OPTIONS = {
  delete: { type: "boolean" },
  remote: { type: "boolean" },
  "wrangler-config": { type: "string" },
  state: { type: "string" },
  url: { type: "string" },
  key: { type: "string" },
  heads: { type: "string" },
  "object-heads": { type: "string" },
  "write-heads": { type: "string" },
  "accept-fork": { type: "string", multiple: true },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;
type OptionName = keyof typeof OPTIONS;
type Values = ValuesOf<typeof OPTIONS>;

/** What each command takes. */
export const COMMANDS = {
  export: ["delete", "remote", "wrangler-config", "state", "json", "help"],
  heads: ["heads", "remote", "wrangler-config", "state", "url", "key", "json", "help"],
  verify: ["heads", "object-heads", "write-heads", "accept-fork", "json", "help"],
} as const satisfies Readonly<Record<string, readonly OptionName[]>>;

/** Paths are absolute. */
export type Call =
  | { readonly kind: "help" }
  | { readonly kind: "export"; readonly file: string; readonly deletes: boolean; readonly place: DatabasePlace }
  | {
      readonly kind: "heads";
      readonly file: string;
      readonly exports: readonly string[];
      readonly place: ServerPlace;
      readonly database: DatabasePlace;
      readonly heads: string | undefined;
    }
  | {
      readonly kind: "verify";
      readonly exports: readonly string[];
      readonly heads: string | undefined;
      readonly objectHeads: string | undefined;
      readonly writeHeads: string | undefined;
      /** Names of chains. */
      readonly acceptForks: ReadonlySet<string>;
    };

/** Throws a CommandFailure for a call that makes no sense. */
export function readCall(parameters: readonly string[], environment: NodeJS.ProcessEnv): Call {
  const { command, values, subjects } = readCommandLine(parameters, OPTIONS, COMMANDS);
  if (command === undefined) return { kind: "help" };
  // npm runs scripts in the project's folder and says here where it was called.
  const path = (given: string): string => resolve(environment["INIT_CWD"] ?? ".", given);
  const files = subjects.map(path);
  const [file, ...more] = files;
  if (file === undefined) throw usageFailure(`${command} needs a file`);
  const heads = values.heads === undefined ? undefined : path(values.heads);
  switch (command) {
    case "export":
      if (more.length > 0) throw usageFailure("export writes one file");
      return { kind: command, file, deletes: values.delete === true, place: databasePlaceOf(values, environment) };
    case "heads":
      // One without the other would leave accounts out, or compare those of two deployments.
      if ((values.url === undefined) !== (values.remote === undefined))
        throw usageFailure("heads takes --url and --remote together");
      return {
        kind: command,
        file,
        exports: more,
        heads,
        place: serverPlaceOf(values, path),
        database: databasePlaceOf(values, environment),
      };
    case "verify":
      return { kind: command, exports: files, heads, ...filesOf(values, path), acceptForks: forksOf(values) };
  }
}

const filesOf = (values: Values, path: (given: string) => string) => ({
  objectHeads: values["object-heads"] === undefined ? undefined : path(values["object-heads"]),
  writeHeads: values["write-heads"] === undefined ? undefined : path(values["write-heads"]),
});

function forksOf({ "accept-fork": chains = [], "object-heads": told }: Values): ReadonlySet<string> {
  if (chains.length > 0 && told === undefined)
    throw usageFailure("--accept-fork needs --object-heads: the account says which branch it is on");
  const stray = chains.find((chain) => !chainName.safeParse(chain).success);
  if (stray !== undefined) throw usageFailure(`--accept-fork names a chain, by 64 hexadecimal digits, not ${stray}`);
  return new Set(chains);
}
