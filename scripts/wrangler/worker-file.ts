// What wrangler.toml says of the Worker's bindings, and where it has the Worker read its secrets.
import { unstable_readConfig } from "wrangler";
import { z } from "zod";
import { PkiFailure } from "../pki/pki-failure.ts";
import type { Target } from "./run.ts";

export interface StoredSecret {
  readonly store: string;
  readonly name: string;
}

const workerFile = z.looseObject({
  vars: z.record(z.string(), z.unknown()),
  secrets_store_secrets: z.array(z.looseObject({ binding: z.string(), store_id: z.string(), secret_name: z.string() })),
  d1_databases: z.array(z.looseObject({ binding: z.string() })),
});
type WorkerFile = z.output<typeof workerFile>;

/** Throws a PkiFailure for a file that cannot be read. */
export function readWorkerFile(path: string): WorkerFile {
  try {
    return workerFile.parse(unstable_readConfig({ config: path }, { hideWarnings: true }));
  } catch (error) {
    throw new PkiFailure(
      `${path} cannot be read: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}`,
    );
  }
}

/** Where each of them is kept. Throws a PkiFailure for one that the file does not name. */
export function secretPlaces<Secret extends string>(
  path: string,
  { secrets_store_secrets: bindings }: WorkerFile,
  secrets: readonly Secret[],
): ReadonlyMap<Secret, StoredSecret> {
  return new Map(
    secrets.map((secret) => {
      const found = bindings.find(({ binding }) => binding === secret);
      if (found === undefined)
        throw new PkiFailure(`${path} has no secret ${secret}: take it over from the wrangler.toml of this project`);
      return [secret, { store: found.store_id, name: found.secret_name }] as const;
    }),
  );
}

/** Whether it names a store of that target: an account's store has an id of its own, a local one any name. */
export const isStoreOf = (target: Target, store: string): boolean => target.kind === "local" || /^[0-9a-f]{32}$/.test(store);
