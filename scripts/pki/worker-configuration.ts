// What wrangler.toml says about the Worker, held against a hierarchy's configuration: certificates must not name addresses where nobody
// answers, nor keys go to a store that the Worker does not read.
import { isDeepStrictEqual } from "node:util";
import { parsePolicies } from "../../src/certificates/policies.ts";
import type { Target } from "../wrangler/run.ts";
import { isStoreOf, readWorkerFile, secretPlaces, type StoredSecret } from "../wrangler/worker-file.ts";
import { policiesText } from "./configuration.ts";
import type { Deployment } from "./deployment.ts";
import { PkiFailure } from "./pki-failure.ts";
import { PKI_SECRETS, type PkiSecret } from "./secrets.ts";

/** Where each secret goes. PkiFailure with the lines to put into the file, where it does not agree. */
export function checkWorkerConfiguration(
  path: string,
  { configuration }: Deployment,
  target: Target,
): ReadonlyMap<PkiSecret, StoredSecret> {
  const file = readWorkerFile(path);
  const { vars, d1_databases: databases } = file;
  const [pkiBaseUrl, policies] = [vars["PKI_BASE_URL"], vars["CERTIFICATE_POLICIES"]].map(String);
  const lines: string[] = [];
  if (pkiBaseUrl !== configuration.pkiBaseUrl) lines.push(`PKI_BASE_URL = ${JSON.stringify(configuration.pkiBaseUrl)}`);
  if (!isSamePolicies(policies ?? "", policiesText(configuration))) {
    const text = policiesText(configuration);
    // TOML takes JSON's strings too, but a literal one is easier to read.
    lines.push(`CERTIFICATE_POLICIES = ${text.includes("'") ? JSON.stringify(text) : `'${text}'`}`);
  }
  if (lines.length > 0) throw new PkiFailure(disagreement(path, ["[vars]", ...lines]));
  if (!databases.some(({ binding }) => binding === "DATABASE")) throw new PkiFailure(`${path} has no D1 database DATABASE`);
  const places = secretPlaces(path, file, PKI_SECRETS);
  const stores = new Set([...places.values()].map(({ store }) => store));
  const [store = ""] = stores;
  if (stores.size > 1 || !isStoreOf(target, store)) {
    const id = `store_id = "<32 hexadecimal digits from: npx wrangler secrets-store store list --remote>"`;
    throw new PkiFailure(
      disagreement(
        path,
        PKI_SECRETS.flatMap((secret) => ["[[secrets_store_secrets]]", `binding = "${secret}"`, id]),
      ),
    );
  }
  return places;
}

/** However they are spelt: what is absent has its default. */
function isSamePolicies(left: string, right: string): boolean {
  try {
    return isDeepStrictEqual(parsePolicies(left), parsePolicies(right));
  } catch {
    return false;
  }
}

const disagreement = (path: string, lines: readonly string[]): string =>
  [
    `${path} does not agree with this hierarchy. Put these lines there and publish again (a Worker that runs already is deployed with them first):`,
    "",
    ...lines,
  ].join("\n");
