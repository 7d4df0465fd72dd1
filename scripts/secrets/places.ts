// The secrets store that wrangler.toml names, and the names in it.
import { unstable_readConfig } from "wrangler";
import { z } from "zod";
import { PkiFailure } from "../pki/pki-failure.ts";
import type { WranglerInput } from "../wrangler/run.ts";
import { listSecrets, putSecret } from "../wrangler/secrets-store.ts";
import type { SecretsStore } from "./init.ts";
import { SERVER_SECRETS, type ServerSecret } from "./server-secrets.ts";

const workerConfiguration = z.looseObject({
  secrets_store_secrets: z.array(z.looseObject({ binding: z.string(), store_id: z.string(), secret_name: z.string() })),
});

/** All of them in one store. Throws a PkiFailure with what to put into the file. */
export function openStore(wrangler: WranglerInput): {
  readonly store: SecretsStore;
  readonly places: ReadonlyMap<ServerSecret, string>;
} {
  const { target, configuration: path } = wrangler;
  const { secrets_store_secrets: bindings } = workerConfiguration.parse(
    unstable_readConfig({ config: path }, { hideWarnings: true }),
  );
  const found = SERVER_SECRETS.map((secret) => {
    const place = bindings.find(({ binding }) => binding === secret);
    if (place === undefined) throw new PkiFailure(`${path} has no secret ${secret}: take it over from the one of this project`);
    return { secret, store: place.store_id, name: place.secret_name };
  });
  const [store = "", ...others] = new Set(found.map((place) => place.store));
  if (others.length > 0) throw new PkiFailure(`${path} names several stores, and an account has one`);
  if (target.kind === "remote" && !/^[0-9a-f]{32}$/.test(store)) {
    throw new PkiFailure(
      `${path} does not name your store: put the id of \`npx wrangler secrets-store store list --remote\` in place of "${store}"`,
    );
  }
  return {
    store: {
      name: target.kind === "remote" ? store : `in ${target.folder}`,
      names: async () => new Set((await listSecrets(wrangler, store)).keys()),
      add: (name, value) => putSecret(wrangler, { store, name, id: undefined, value }),
    },
    places: new Map(found.map(({ secret, name }) => [secret, name])),
  };
}
