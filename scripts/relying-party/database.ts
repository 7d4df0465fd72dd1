// Which database a command speaks to, and what is said where it does not answer as it should.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CommandFailure } from "../authenticator/command-failure.ts";
import { querySql } from "../wrangler/database.ts";
import { WranglerFailure, type WranglerInput } from "../wrangler/run.ts";

export interface Database {
  /** Runs statements and gives the rows of each. */
  query(sql: string): Promise<readonly (readonly unknown[])[]>;
}

/** Paths are absolute. */
export type Place =
  | { readonly kind: "remote"; readonly configuration: string }
  /** The state folder of a local server, which may run meanwhile. */
  | { readonly kind: "local"; readonly stateFolder: string };

const PROJECT = join(import.meta.dirname, "../..");
export const CONFIGURATION = join(PROJECT, "wrangler.toml");
export const DEFAULT_STATE = join(PROJECT, ".state");

export function openDatabase(place: Place, environment: NodeJS.ProcessEnv): Database {
  // wrangler would make an empty one.
  if (place.kind === "local" && !existsSync(join(place.stateFolder, "v3/d1"))) {
    throw new CommandFailure(
      "no_server",
      `There is no local server in ${place.stateFolder}: npm start, or --state FOLDER, or --remote`,
    );
  }
  const wrangler: WranglerInput =
    place.kind === "remote"
      ? { target: { kind: "remote" }, configuration: place.configuration, environment }
      : { target: { kind: "local", folder: place.stateFolder }, configuration: CONFIGURATION, environment };
  return {
    query: async (sql) => {
      try {
        return await querySql(wrangler, sql);
      } catch (error) {
        throw explained(error, place);
      }
    },
  };
}

function explained(error: unknown, place: Place): unknown {
  if (!(error instanceof WranglerFailure)) return error;
  if (!/no such table|no such column|has no column/.test(error.message)) return new CommandFailure("no_answer", error.message, 3);
  const cure =
    place.kind === "remote"
      ? "npx wrangler d1 migrations apply DATABASE --remote"
      : `start its server once (npm start -- --state ${place.stateFolder})`;
  return new CommandFailure("old_database", `The database is of an older Tally: ${cure}, then try again`);
}
