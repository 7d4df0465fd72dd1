// Makes the package of the TypeScript client: JavaScript, types, package.json and README in dist/relying-party-client/, and a tarball
// that npm, Deno and bundlers install. Publishes nothing.
import { execFileSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SOURCE = "src/client";
const TARGET = "dist/relying-party-client";
const NAME = "tally-relying-party-client";
/** What src/client imports; versions as this project has them, later ones of the same major too. */
const PACKAGES = [
  "@peculiar/asn1-ocsp",
  "@peculiar/asn1-schema",
  "@peculiar/asn1-x509",
  "@peculiar/x509",
  "reflect-metadata",
] as const;

interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

rmSync(TARGET, { recursive: true, force: true });
compile();
nameEmittedFiles();
const project = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
writeFileSync(join(TARGET, "package.json"), `${JSON.stringify(manifestOf(project), undefined, 2)}\n`);
copyFileSync(join(SOURCE, "README.md"), join(TARGET, "README.md"));
copyFileSync("LICENSE", join(TARGET, "LICENSE"));
const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", ".."], { cwd: TARGET, encoding: "utf8" });
console.log(`${TARGET} and ${join("dist", packed.trim())}`);

function compile(): void {
  const compiler = join("node_modules", ".bin", "tsc");
  const emitting = ["--noEmit", "false", "--declaration", "--rewriteRelativeImportExtensions", "--outDir", TARGET];
  execFileSync(compiler, ["-p", "tsconfig.client.json", ...emitting], { stdio: "inherit" });
}

/** The compiler renames imports in programs, not in types: not every reader of types finds `x.d.ts` by `x.ts`. */
function nameEmittedFiles(): void {
  for (const file of readdirSync(TARGET, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".d.ts"))) {
    const path = join(TARGET, file);
    writeFileSync(path, readFileSync(path, "utf8").replaceAll(/(from|import\() ?"(\.[^"]+)\.ts"/g, '$1 "$2.js"'));
  }
}

function manifestOf({ version, license, dependencies }: Manifest): object {
  const entry = (name: string) => ({ types: `./${name}.d.ts`, default: `./${name}.js` });
  return {
    name: NAME,
    version,
    description: "Client of a relying-party API that is compatible with the public Smart-ID RP API v3",
    license,
    type: "module",
    engines: { node: ">=20.3" },
    exports: { ".": entry("index"), "./ocsp": entry("ocsp") },
    dependencies: Object.fromEntries(PACKAGES.map((name) => [name, `^${dependencies[name]}`])),
  };
}
