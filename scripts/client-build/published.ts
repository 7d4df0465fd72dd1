// What is published of a build, so that anybody who builds the same sources can tell whether a server gives out the same bytes, and whoever
// uses the app whether their browser holds them. src/pwa/build.ts computes the same from what the service worker keeps.
import { createHash } from "node:crypto";

/** Where it stands in the build. */
export const PUBLISHED = ".well-known/tally-client.json";

export interface Published {
  readonly version: string;
  /** Of the sources, where they are in one; what it names is not in `app`. Forty hexadecimal digits. */
  readonly commit?: string;
  readonly algorithm: "SHA-256";
  /** Of `files`, as `digestOfFiles` puts them together: what the app shows. In hexadecimal, as every digest here. */
  readonly app: string;
  /** Path of the site → digest: what the app consists of, and keeps in the browser. */
  readonly files: Readonly<Record<string, string>>;
  /** What is given out besides: the script that keeps the files in browsers, and the headers that the server sends with each of them. */
  readonly others: Readonly<Record<string, string>>;
}

type Digests = Readonly<Record<string, string>>;

export const publishedOf = (version: string, commit: string | undefined, files: Digests, others: Digests): Published => ({
  version,
  ...(commit !== undefined && { commit }),
  algorithm: "SHA-256",
  app: digestOfFiles(Object.entries(files)),
  files,
  others,
});

/** One line for each file, by its path: digest, two spaces, path, as `sha256sum` writes it. */
export function digestOfFiles(files: readonly (readonly [path: string, digest: string])[]): string {
  const lines = files.toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([path, digest]) => `${digest}  ${path}\n`);
  return createHash("sha256").update(lines.join("")).digest("hex");
}

const DIGEST = /^[0-9a-f]{64}$/;

/** What somebody else has published; undefined where it is nothing of the kind. */
export function publishedIn(value: unknown): Published | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { version, commit, app, files, others } = value as Readonly<Partial<Record<keyof Published, unknown>>>;
  if (typeof version !== "string" || typeof app !== "string" || !DIGEST.test(app)) return undefined;
  if (!areDigests(files) || !areDigests(others)) return undefined;
  const named = typeof commit === "string" && /^[0-9a-f]{40}$/.test(commit) ? commit : undefined;
  return { ...publishedOf(version, named, files, others), app };
}

const areDigests = (value: unknown): value is Digests =>
  typeof value === "object" &&
  value !== null &&
  Object.values(value).every((digest) => typeof digest === "string" && DIGEST.test(digest));
