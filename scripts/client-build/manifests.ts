// The manifest of the installed app in each language: the system shows its words, outside of the app.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { plain } from "./catalogs.ts";
import type { Catalog } from "./catalog-check.ts";

/** What has no language, with the shortcuts in the order of `SHORTCUTS`. */
interface Template {
  readonly name: string;
  readonly shortcuts: readonly object[];
}

const SHORTCUTS = ["home.scan", "home.check"];

/** Of the template, an address of the site `/manifest/et.webmanifest` for each language. */
export function writeManifests(template: string, output: string, spoken: ReadonlyMap<string, Catalog>): void {
  const common = JSON.parse(readFileSync(template, "utf8")) as Template;
  mkdirSync(join(output, "manifest"), { recursive: true });
  for (const [language, catalog] of spoken) {
    const manifest = {
      ...common,
      lang: language,
      description: plain(catalog, "welcome.words"),
      shortcuts: common.shortcuts.map((shortcut, index) => ({ name: plain(catalog, SHORTCUTS[index] ?? ""), ...shortcut })),
    };
    writeFileSync(join(output, `manifest/${language}.webmanifest`), JSON.stringify(manifest));
  }
}
