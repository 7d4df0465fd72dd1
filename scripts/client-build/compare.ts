// Whether a server gives out what these sources build: what it publishes of its build, the bytes of every file that it serves, and the
// policy that it sends with them. It sees what the server gives to this machine now; a server could give others something else, and that
// is what the app compares in their browsers.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PUBLISHED, type Published, publishedIn } from "./published.ts";

/** Read by the server itself, and served to nobody. */
const HEADERS = "/_headers";
const POLICY = "Content-Security-Policy";
const PATIENCE_MILLISECONDS = 30_000;
/** A file of ours has a tenth of it. */
const MAXIMUM_BYTES = 5_000_000;

export interface Comparison {
  /** One line for each difference, with the path of the site. */
  readonly differences: readonly string[];
  /** Commit that the server names; undefined where it names none. */
  readonly commit: string | undefined;
  /** How many files were fetched. */
  readonly fetched: number;
}

/** `output`: folder of a build. `site`: address of the server. Rejects where the server is not reached, or publishes nothing. */
export async function compareWithServer(output: string, site: URL): Promise<Comparison> {
  const ours = publishedIn(JSON.parse(readFileSync(join(output, PUBLISHED), "utf8")));
  const theirs = publishedIn(JSON.parse((await fetched(site, `/${PUBLISHED}`)).bytes.toString("utf8")));
  if (ours === undefined || theirs === undefined) throw new Error(`${site.origin} publishes nothing that can be compared`);
  const policies = readFileSync(join(output, HEADERS), "utf8");
  const paths = Object.entries({ ...ours.files, ...ours.others }).filter(([path]) => path !== HEADERS);
  const differences = publishedDifferences(ours, theirs);
  for (const [path, digest] of paths) differences.push(...(await servedDifferences(site, path, digest, policies)));
  return { differences, commit: theirs.commit, fetched: paths.length };
}

function publishedDifferences(ours: Published, theirs: Published): string[] {
  const [mine, others] = [
    { ...ours.files, ...ours.others },
    { ...theirs.files, ...theirs.others },
  ];
  const paths = [...new Set([...Object.keys(mine), ...Object.keys(others)])].toSorted();
  const lines = paths.filter((path) => mine[path] !== others[path]).map((path) => `${path}: another digest is published`);
  return theirs.app === ours.app ? lines : [`the app: ${theirs.app} is published, and these sources build ${ours.app}`, ...lines];
}

async function servedDifferences(site: URL, path: string, digest: string, policies: string): Promise<string[]> {
  try {
    const { bytes, policy } = await fetched(site, path);
    const served = createHash("sha256").update(bytes).digest("hex");
    const found = served === digest ? [] : [`${path}: other bytes are served`];
    const isOurs = policies.split("\n").some((line) => line.trim() === `${POLICY}: ${policy ?? ""}`);
    return isOurs ? found : [...found, `${path}: served with another content security policy`];
  } catch (error) {
    return [`${path}: ${(error as Error).message}`];
  }
}

/** Of that server alone, and not from any cache. */
async function fetched(site: URL, path: string): Promise<{ readonly bytes: Buffer; readonly policy: string | null }> {
  const signal = AbortSignal.timeout(PATIENCE_MILLISECONDS);
  const response = await fetch(new URL(path, site), { signal, cache: "no-store" });
  if (new URL(response.url).origin !== site.origin) throw new Error("leads to another server");
  if (!response.ok) throw new Error(`is answered with status ${response.status}`);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAXIMUM_BYTES) throw new Error("is larger than any file of the app");
    chunks.push(chunk);
  }
  return { bytes: Buffer.concat(chunks), policy: response.headers.get(POLICY) };
}
