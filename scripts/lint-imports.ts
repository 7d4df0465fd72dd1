// A rule for oxlint: which folder may import which. Decides by the table below alone, for every form of import, types too.
// What the table protects: the domain stays pure, routes reach objects through the environment only, and neither half of a key
// ever lies in the program that runs the other half.
import { dirname, join, relative } from "node:path";

/** The linter runs at the root of the project. */
const ROOT = process.cwd();
const DOMAIN = ["src/protocol", "src/account"];
const SERVER = [...DOMAIN, "src/environment.ts"];
const ROUTES = [...SERVER, "src/http", "src/channel", "src/vault", "src/certificates", "src/push"];
const DEVICE = [...DOMAIN, "src/channel", "src/split-key"];

/** Folder, or file directly under src/ → what it may import besides itself. A folder that is not here may import nothing. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "src/protocol": [],
  "src/account": ["src/protocol"],
  "src/split-key": DOMAIN,
  "src/channel": DOMAIN,
  "src/vault": SERVER,
  "src/certificates": SERVER,
  "src/push": SERVER,
  "src/queues": [],
  "src/metering": [...SERVER, "src/queues"],
  "src/audit": [...SERVER, "src/queues"],
  "src/http": [...DOMAIN, "package.json"],
  "src/relying-party": ROUTES,
  "src/device": ROUTES,
  "src/registration": ROUTES,
  "src/pki": ROUTES,
  "src/operator": ROUTES,
  "src/mock": ROUTES,
  "src/openapi": ["src/protocol", "src/environment.ts", "src/http", "package.json"],
  "src/authenticator": DEVICE,
  // The same reading of personal codes that the server has, so that no PIN is the date of birth in one of them.
  "src/pwa": [...DEVICE, "src/authenticator", "src/registration/personal-code.ts"],
  // For every relying party: platform APIs and packages, nothing of this server.
  "src/client": [],
  // An outsider: it reaches the API over HTTP, by its documentation.
  "src/demo-bank": ["src/client"],
  "src/simulator": [...DEVICE, "src/authenticator"],
  "src/environment.ts": DOMAIN,
  "src/index.ts": ["src", "durable"],
  durable: [...SERVER, "src/split-key", "src/channel", "src/vault", "src/certificates", "src/push", "src/metering", "src/audit"],
};

type Half = "device" | "server";

/** Whose program the folder is part of. The files under split-key/ say it by their names. */
const HALF_OF_FOLDER: Readonly<Record<string, Half>> = {
  durable: "server",
  "src/authenticator": "device",
  "src/pwa": "device",
  "src/simulator": "device",
};

/** Why the file may not import the other one, both as paths from the root of the project; undefined where it may. */
export function importFault(from: string, to: string): string | undefined {
  const folder = folderOf(from);
  if (folder === undefined) return undefined;
  const allowed = [folder, ...(MAY_IMPORT[folder] ?? [])];
  if (!allowed.some((place) => to === place || to.startsWith(`${place}/`))) {
    return `${folder} may not import ${to}: see MAY_IMPORT in scripts/lint-imports.ts`;
  }
  const mine = HALF_OF_FOLDER[folder] ?? halfOf(from);
  const other = halfOf(to);
  if (mine === undefined || other === undefined || mine === other) return undefined;
  return `${from} belongs to the ${mine}, which never holds the ${other}'s half of a key`;
}

/** Undefined for files that may import everything: tests, scripts, benchmarks. */
function folderOf(file: string): string | undefined {
  const [top, second] = file.split("/");
  if (top === "durable") return "durable";
  return top === "src" ? `src/${second}` : undefined;
}

function halfOf(file: string): Half | undefined {
  if (!file.startsWith("src/split-key/")) return undefined;
  if (/\bdevice-hal(f|ves)\b/.test(file)) return "device";
  return /\bserver-hal(f|ves)\b/.test(file) ? "server" : undefined;
}

interface Source {
  readonly type: string;
  readonly value?: unknown;
}

interface Context {
  readonly filename: string;
  report(problem: { node: object; message: string }): void;
}

const mayImport = {
  create(context: Context) {
    const from = relative(ROOT, context.filename);
    const check = ({ source }: { readonly source?: Source | null }) => {
      if (typeof source?.value !== "string" || !source.value.startsWith(".")) return;
      const fault = importFault(from, join(dirname(from), source.value));
      if (fault !== undefined) context.report({ node: source, message: fault });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
      TSImportType: check,
    };
  },
};

export default { meta: { name: "tally" }, rules: { "may-import": mayImport } };
