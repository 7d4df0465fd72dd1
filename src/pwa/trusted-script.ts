// The one Trusted Types policy of the app: of all strings only the addresses of its own two workers become scripts. Whatever an
// injection wrote into the page's values, no script of another address starts.
// The linter looks for the export in the source; the bundler makes it.
// oxlint-disable-next-line import/default
import keyWorkerUrl from "./key-work/key-worker.ts?worker&url";

export const SERVICE_WORKER_URL = "/service-worker.js";

/** The policy's name stands in the Content Security Policy (`trusted-types tally`), and may be taken once. */
const policy = (globalThis as { trustedTypes?: TrustedTypesFactory }).trustedTypes?.createPolicy("tally", {
  createScriptURL(url) {
    if (url === keyWorkerUrl || url === SERVICE_WORKER_URL) return url;
    throw new TypeError("not a script of this app");
  },
});

/** What TypeScript's library does not know yet. */
interface TrustedTypesFactory {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): { toString(): string } };
}

/**
 * A TrustedScriptURL where the browser knows them; the constructors that take it are typed for strings. Throws a TypeError for the
 * address of anything else.
 */
export const trustedScriptUrl = (url: string): string => (policy?.createScriptURL(url) ?? url) as string;

export { keyWorkerUrl };
