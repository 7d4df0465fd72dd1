// Whose work goes into the app, and under which licence: of the packages whose modules are really in a script, and of no others. A package
// without the text of its licence fails the build.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What the bundler itself adds to a script. */
const HELPERS: readonly (readonly [beginning: string, name: string])[] = [
  ["vite/", "vite"],
  ["rolldown/", "rolldown"],
];
const LICENCE_FILES = "{LICENSE,LICENCE,LICENSE-*,LICENSE.*,LICENCE.*,NOTICE,NOTICE.*}";
/** Of packages that list what they themselves contain: no module of that is in a script but under its own name. */
const CONTENTS = /^# Licenses of bundled dependencies$/m;
const RULE = "-".repeat(72);

/** `modules`: paths from the root of the project. */
export function licencesOf(project: string, modules: readonly string[]): string {
  const names = [...new Set(modules.flatMap((module) => packageOf(module) ?? []))].toSorted();
  const own = ["Tally", "Apache-2.0", readFileSync(join(project, "LICENSE"), "utf8").trim()];
  const others = names.map((name) => licenceOf(join(project, "node_modules", name), name));
  return `${[own, ...others].map((parts) => parts.join("\n\n")).join(`\n\n${RULE}\n\n`)}\n`;
}

/** Undefined for a module of this project. */
export function packageOf(module: string): string | undefined {
  const [, name] = /(?:^|.*\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(module) ?? [];
  if (name !== undefined) return name;
  const virtual = module.slice(module.lastIndexOf("\0") + 1);
  return virtual === module ? undefined : HELPERS.find(([beginning]) => virtual.startsWith(beginning))?.[1];
}

function licenceOf(folder: string, name: string): readonly string[] {
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, unknown>;
  const texts = globSync(LICENCE_FILES, { cwd: folder }).toSorted();
  if (texts.length === 0 || typeof license !== "string") throw new Error(`${name} says nothing of its licence`);
  return [`${name} ${String(version)}`, license, ...texts.map((text) => textOf(join(folder, text)))];
}

const textOf = (file: string): string => (readFileSync(file, "utf8").split(CONTENTS)[0] ?? "").trim();
