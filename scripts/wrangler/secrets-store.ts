// The secrets store of wrangler.toml, local or remote. Values go in by standard input, and never come out.
import { runWrangler, type Target, type WranglerInput } from "./run.ts";

const SECRETS_ON_A_PAGE = 100;

/** Ids of the secrets in a store, by name. */
export async function listSecrets(wrangler: WranglerInput, store: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (let page = 1; ; page++) {
    const place = ["--per-page", String(SECRETS_ON_A_PAGE), "--page", String(page)];
    const list = ["secrets-store", "secret", "list", store, ...place, ...storeTarget(wrangler.target)];
    const said = await runWrangler(wrangler, list, { accept: "returned no secrets" });
    const rows = secretRows(said);
    for (const [name, id] of rows) found.set(name, id);
    // A local store always gives everything.
    if (rows.length < SECRETS_ON_A_PAGE || wrangler.target.kind === "local") return found;
  }
}

/** Rows of the table that wrangler draws: it has no other form of the list. */
export const secretRows = (said: string): readonly (readonly [name: string, id: string])[] =>
  [...said.matchAll(/^│ ([\w-]+) +│ ([0-9a-f]{32}) +│/gm)].map(([, name = "", id = ""]) => [name, id]);

/** `id`: of the secret with this name, where there is one. */
export async function putSecret(
  wrangler: WranglerInput,
  secret: { readonly store: string; readonly name: string; readonly id: string | undefined; readonly value: string },
): Promise<void> {
  const { store, name, id, value } = secret;
  const which =
    id === undefined ? ["create", store, "--name", name, "--scopes", "workers"] : ["update", store, "--secret-id", id];
  await runWrangler(wrangler, ["secrets-store", "secret", ...which, ...storeTarget(wrangler.target)], { input: value });
}

const storeTarget = (target: Target): readonly string[] =>
  target.kind === "remote" ? ["--remote"] : ["--persist-to", target.folder];
