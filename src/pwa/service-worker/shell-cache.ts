// The files of the app, all of one version or none. Nothing else is ever put into a cache.

/** Path of the site → integrity of its content, and their common version: from the build. */
declare const SHELL: Readonly<Record<string, string>>;
declare const SHELL_VERSION: string;

const PAGE = "/";
const PAGES = [PAGE, "/device-link"];

const files = new Map(Object.entries(SHELL));
const PREFIX = "shell-";
const NAME = `${PREFIX}${SHELL_VERSION}`;

/**
 * Rejects, and the version is not installed, unless every file arrives and is the one that was built together with this script: in the
 * middle of a deployment the server may have files of two versions, and a page of one without the scripts of the other never starts.
 */
export async function fillCache(): Promise<void> {
  const cache = await caches.open(NAME);
  // Past the browser's own cache, which may have an older "/".
  await cache.addAll([...files].map(([path, integrity]) => new Request(path, { cache: "reload", integrity })));
}

export async function dropOtherVersions(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== NAME).map((name) => caches.delete(name)));
}

/** The file of the shell that is asked for; undefined where it is none of them. */
export function shellPath(request: Request, origin: string): string | undefined {
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== origin) return undefined;
  // "/?check" is the same page, and so is a device link, whose query is nothing to keep; others are nobody's business here.
  if (request.mode === "navigate") return PAGES.includes(url.pathname) ? PAGE : undefined;
  return url.search === "" && files.has(url.pathname) ? url.pathname : undefined;
}

/** From the network where the browser has thrown the cache away. */
export async function fromCache(path: string, request: Request): Promise<Response> {
  const cached = await caches.match(path, { cacheName: NAME });
  return cached ?? fetch(request);
}
