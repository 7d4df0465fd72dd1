// What this app is: its version, the digest of its files as this browser keeps them, and the one that its server publishes. Not covered are
// the service worker's own script and the headers, for which no page can vouch. A server that gave out another app would have it say what
// it likes: what counts is the comparison with what somebody else built from the source.

/** From the build. */
declare const TALLY_VERSION: string;

const PUBLISHED = "/.well-known/tally-client.json";
const LICENCES = "/licences.txt";
/** As service-worker/shell-cache.ts names them. */
const CACHE_PREFIX = "shell-";

export const version = (): string => TALLY_VERSION;

export interface Build {
  /** SHA-256 in hexadecimal. Undefined where this browser keeps no copy, or one of two versions. */
  readonly kept: string | undefined;
  /** What the server says. Undefined where it was not reached. */
  readonly published: string | undefined;
  /** Of the sources, as the server says; absent where it says nothing. */
  readonly commit?: string | undefined;
}

export async function lookAtBuild(): Promise<Build> {
  const [kept, published] = await Promise.all([digestOfKept().catch(() => undefined), fetchPublished().catch(() => undefined)]);
  return { kept, published: published?.app, commit: published?.commit };
}

/** Undefined where the server was not reached. */
export async function fetchLicences(): Promise<string | undefined> {
  const response = await fetch(LICENCES).catch(() => undefined);
  return response?.ok === true ? response.text() : undefined;
}

/** Of the files that the app starts from without a network. */
async function digestOfKept(): Promise<string | undefined> {
  const names = (await caches.keys()).filter((name) => name.startsWith(CACHE_PREFIX));
  const [name, ...others] = names;
  // A newer version waits: which of both this page belongs to cannot be told.
  if (name === undefined || others.length > 0) return undefined;
  const cache = await caches.open(name);
  const requests = await cache.keys();
  const files = await Promise.all(
    requests.map(async (request): Promise<readonly [string, string]> => {
      const response = await cache.match(request);
      return [new URL(request.url).pathname, await sha256(await (response ?? new Response()).arrayBuffer())];
    }),
  );
  return files.length === 0 ? undefined : digestOfFiles(files);
}

/**
 * One line for each file, by its path: digest, two spaces, path, as `sha256sum` writes it. Paths are in ASCII and compared by their
 * characters. scripts/client-build/published.ts does the same.
 */
export async function digestOfFiles(files: readonly (readonly [path: string, digest: string])[]): Promise<string> {
  const lines = files.toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([path, digest]) => `${digest}  ${path}\n`);
  return sha256(new TextEncoder().encode(lines.join("")));
}

async function fetchPublished(): Promise<{ readonly app: string; readonly commit: string | undefined } | undefined> {
  const response = await fetch(PUBLISHED, { cache: "no-store" });
  const published: unknown = response.ok ? await response.json() : undefined;
  if (typeof published !== "object" || published === null) return undefined;
  const { app, commit } = published as Readonly<Partial<Record<"app" | "commit", unknown>>>;
  if (typeof app !== "string" || !/^[0-9a-f]{64}$/.test(app)) return undefined;
  return { app, commit: typeof commit === "string" && /^[0-9a-f]{40}$/.test(commit) ? commit : undefined };
}

const sha256 = async (bytes: ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<string> =>
  toHexadecimal(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

const toHexadecimal = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
