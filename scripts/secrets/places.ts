// The secrets store that wrangler.toml names, and the names in it.
import { PkiFailure } from "../pki/pki-failure.ts";
import type { WranglerInput } from "../wrangler/run.ts";
import { listSecrets, putSecret } from "../wrangler/secrets-store.ts";
import { isStoreOf, readWorkerFile, secretPlaces } from "../wrangler/worker-file.ts";
import type { SecretsStore } from "./init.ts";
import { SERVER_SECRETS, type ServerSecret } from "./server-secrets.ts";

/** All of them in one store. Throws a PkiFailure with what to put into the file. */
export function openStore(wrangler: WranglerInput): {
  readonly store: SecretsStore & { replace(name: string, value: string): Promise<void> };
  readonly places: ReadonlyMap<ServerSecret, string>;
} {
  const { target, configuration: path } = wrangler;
  const found = secretPlaces(path, readWorkerFile(path), SERVER_SECRETS);
  const [store = "", ...others] = new Set([...found.values()].map((place) => place.store));
  if (others.length > 0) throw new PkiFailure(`${path} names several stores, and an account has one`);
  if (!isStoreOf(target, store)) {
    throw new PkiFailure(
      `${path} does not name your store: put the id of \`npx wrangler secrets-store store list --remote\` in place of "${store}"`,
    );
  }
  return {
    store: {
      name: target.kind === "remote" ? store : `in ${target.folder}`,
      names: async () => new Set((await listSecrets(wrangler, store)).keys()),
      add: (name, value) => putSecret(wrangler, { store, name, id: undefined, value }),
      replace: async (name, value) => {
        const id = (await listSecrets(wrangler, store)).get(name);
        return putSecret(wrangler, { store, name, id, value });
      },
    },
    places: new Map([...found].map(([secret, { name }]) => [secret, name])),
  };
}
