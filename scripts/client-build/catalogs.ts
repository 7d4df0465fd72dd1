// The messages of the app on their way into its files: checked against English, parsed here so that no page holds a parser, and the
// little that the service worker says taken from them. A catalog that is not whole fails the build.
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Plugin } from "vite";
import { type Catalog, catalogFaults, type ParsedMessage, parsedMessage } from "./catalog-check.ts";

const CATALOG = /^(.*[\\/]language[\\/]catalogs[\\/][a-z]{2}\.json)\?url$/;
/** The script that asks for the first words, beside the page's own. */
const FIRST_WORDS = "first-words";
const PRELOADED = new RegExp(String.raw`<link rel="modulepreload"([^>]*) href="(/assets/${FIRST_WORDS}-[\w-]+\.js)">`);
/** Where the page says, in every language, that it does nothing without scripts. */
const NO_SCRIPT = "<!-- app.noScript -->";
/** Where it has words for when the app, or every file of messages, does not come. */
const NOT_LOADED = "<!-- app.notLoaded -->";
const FORMATTER = /[\\/]intl-messageformat[\\/]/;
const PARSER = "@formatjs/icu-messageformat-parser";

/**
 * Makes a file of messages of every catalog whose address anything imports, and puts the catalog into `loaded` by its language. Of
 * `intl-messageformat` the parser is left out.
 */
export function catalogs(loaded: Map<string, Catalog>): Plugin {
  return {
    name: "catalogs",
    enforce: "pre",
    resolveId(source, importer, options) {
      if (source !== PARSER || !FORMATTER.test(importer ?? "")) return undefined;
      return this.resolve(`${PARSER}/no-parser.js`, importer, options);
    },
    load(id) {
      const [, file] = CATALOG.exec(id) ?? [];
      if (file === undefined) return undefined;
      loaded.set(basename(file, ".json"), wholeCatalog(file));
      const messages = this.emitFile({ type: "asset", name: basename(file), source: JSON.stringify(messagesOf(file)) });
      return `export default import.meta.ROLLUP_FILE_URL_${messages};`;
    },
    transformIndexHtml: {
      order: "post",
      handler: (html) =>
        html
          .replace(NO_SCRIPT, () => noScriptWords(loaded))
          .replace(NOT_LOADED, () => lateWords(loaded))
          // It runs as soon as it is here, and not with what imports it.
          .replace(PRELOADED, '<script type="module" async$1 src="$2"></script>'),
    },
  };
}

/** In the order of their codes, so that the same sources give the same bytes. */
const byCode = (loaded: ReadonlyMap<string, Catalog>): [string, Catalog][] =>
  [...loaded].toSorted(([one], [other]) => (one < other ? -1 : 1));

/** What the service worker says of a push, by language. */
export const noticesIn = (loaded: ReadonlyMap<string, Catalog>): Readonly<Record<string, { title: string; body: string }>> =>
  Object.fromEntries(
    byCode(loaded).map(([language, catalog]) => [
      language,
      { title: plain(catalog, "notice.title"), body: plain(catalog, "notice.body") },
    ]),
  );

/** Nothing there knows the languages of its reader. */
const noScriptWords = (loaded: ReadonlyMap<string, Catalog>): string =>
  inEvery(loaded, (catalog) => escaped(plain(catalog, "app.noScript")));

/** With a link that loads the page anew. The app takes those of one language. */
const lateWords = (loaded: ReadonlyMap<string, Catalog>): string =>
  inEvery(loaded, (catalog) => {
    const [said, again] = ["app.notLoaded", "app.loadAnew"].map((key) => escaped(plain(catalog, key)));
    return `<span>${said}</span> <a href="">${again}</a>`;
  });

const inEvery = (loaded: ReadonlyMap<string, Catalog>, words: (catalog: Catalog) => string): string =>
  byCode(loaded)
    .map(([language, catalog]) => `<p lang="${language}">${words(catalog)}</p>`)
    .join("\n      ");

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** Of a message into which nothing is put. */
export function plain(catalog: Catalog, key: string): string {
  const message = parsedMessage(catalog[key] ?? "");
  if (typeof message !== "string" || message === "") throw new Error(`${key} must be there, and have no placeholders`);
  return message;
}

/** What a page is given of a catalog. Throws where it is not whole. */
export const messagesOf = (file: string): Readonly<Record<string, ParsedMessage>> =>
  Object.fromEntries(Object.entries(wholeCatalog(file)).map(([key, message]) => [key, parsedMessage(message)]));

/** Throws, with the first fault, where it is not whole. */
export function wholeCatalog(file: string): Catalog {
  const language = basename(file, ".json");
  const [fault, ...others] = catalogFaults(language, readCatalog(file), readCatalog(join(dirname(file), "en.json")));
  if (fault === undefined) return readCatalog(file);
  throw new Error(`${language}.json: ${fault}${others.length > 0 ? `, and ${others.length} more` : ""}`);
}

/** Only in the form that a program would write it in: of a key that is there twice, the first would be lost in silence. */
function readCatalog(file: string): Catalog {
  const source = readFileSync(file, "utf8");
  const catalog = JSON.parse(source) as Catalog;
  if (source.trimEnd() !== JSON.stringify(catalog, null, 2)) {
    throw new Error(`${basename(file)}: a key is there twice, or it is not formatted`);
  }
  return catalog;
}
