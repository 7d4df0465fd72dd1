// The command line of the certificate tool, checked: which command, which options it takes, and their values. No I/O.
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { CertificateLevel } from "../../src/account/purpose.ts";
import type { Target } from "../wrangler/run.ts";
import { CA_REVOCATION_REASONS, LEVEL_WORDS } from "./deployment.ts";
import { ROOT_KEY_FILE } from "./folder.ts";
import { PkiFailure } from "./pki-failure.ts";

const OPTIONS = {
  folder: { type: "string" },
  "root-key": { type: "string" },
  config: { type: "string" },
  test: { type: "boolean" },
  yes: { type: "boolean" },
  "new-keys-passphrase": { type: "boolean" },
  level: { type: "string" },
  revoke: { type: "string" },
  reason: { type: "string" },
  remote: { type: "boolean" },
  local: { type: "boolean" },
  "persist-to": { type: "string" },
  "wrangler-config": { type: "string" },
  state: { type: "string" },
  out: { type: "string" },
  der: { type: "string" },
  pem: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

type OptionName = keyof typeof OPTIONS;

/** What each command takes. */
export const COMMANDS = {
  init: ["folder", "root-key", "config", "test", "yes"],
  show: ["folder", "root-key"],
  "rotate-issuer": ["folder", "root-key", "level", "new-keys-passphrase", "yes"],
  "rotate-ocsp": ["folder"],
  "renew-root-crl": ["folder", "root-key", "revoke", "reason", "yes"],
  publish: ["folder", "remote", "local", "persist-to", "wrangler-config"],
  "export-trust": ["folder", "state", "out", "der", "pem"],
} as const satisfies Readonly<Record<string, readonly OptionName[]>>;
export type Command = keyof typeof COMMANDS;

/** Paths are absolute. */
export interface Options {
  /** Empty for export-trust --state alone. */
  readonly folder: string;
  readonly rootKeyFile: string;
  readonly config: string | undefined;
  readonly test: boolean;
  /** The clock is right. */
  readonly yes: boolean;
  /** Every key in keys/ is given up. */
  readonly newKeysPassphrase: boolean;
  readonly level: CertificateLevel | undefined;
  readonly revoke: string | undefined;
  readonly reason: (typeof CA_REVOCATION_REASONS)[number] | undefined;
  /** Where `publish` writes. */
  readonly target: Target | undefined;
  readonly wranglerConfig: string;
  readonly state: string | undefined;
  readonly out: string | undefined;
  readonly der: string | undefined;
  readonly pem: string | undefined;
}

/** Undefined where help was asked for. PkiFailure for a call that makes no sense. */
export function readOptions(
  parameters: readonly string[],
  environment: NodeJS.ProcessEnv,
): { readonly command: Command; readonly options: Options } | undefined {
  const { values, positionals } = parse(parameters);
  const [name, ...more] = positionals;
  if (values.help === true || name === "help") return undefined;
  const command = (Object.keys(COMMANDS) as Command[]).find((known) => known === name);
  if (command === undefined) {
    const names = `there are: ${Object.keys(COMMANDS).join(", ")}; --help says everything`;
    throw new PkiFailure(name === undefined ? `say what to do; ${names}` : `there is no command "${name}"; ${names}`);
  }
  if (more.length > 0) throw new PkiFailure(`${command} takes no "${more[0]}"`);
  const allowed: readonly string[] = COMMANDS[command];
  const stray = Object.keys(values).find((option) => !allowed.includes(option));
  if (stray !== undefined) throw new PkiFailure(`${command} takes no --${stray}`);
  // npm runs scripts in the project's folder and says here where it was called.
  const absolute = (path: string | undefined) => (path === undefined ? undefined : resolve(environment["INIT_CWD"] ?? ".", path));
  const folder = absolute(values.folder);
  const state = absolute(values.state);
  if (folder === undefined && state === undefined) {
    throw new PkiFailure(`say which deployment: --folder DIR, outside the folder of this project`);
  }
  if (folder !== undefined && state !== undefined) throw new PkiFailure("either --folder or --state, not both");
  const rootKey = absolute(values["root-key"]) ?? join(folder ?? "", ROOT_KEY_FILE);
  if (basename(rootKey) === "pki.json") throw new PkiFailure("--root-key names the file of the root key, not pki.json");
  return {
    command,
    options: {
      folder: folder ?? "",
      rootKeyFile: rootKey,
      config: absolute(values.config),
      test: values.test === true,
      yes: values.yes === true,
      newKeysPassphrase: values["new-keys-passphrase"] === true,
      level: levelOf(values.level),
      revoke: values.revoke,
      reason: reasonOf(values.reason),
      target: command === "publish" ? targetOf(values, absolute(values["persist-to"])) : undefined,
      wranglerConfig: absolute(values["wrangler-config"]) ?? join(import.meta.dirname, "../../wrangler.toml"),
      state,
      out: absolute(values.out),
      der: absolute(values.der),
      pem: absolute(values.pem),
    },
  };
}

function parse(parameters: readonly string[]) {
  try {
    return parseArgs({ args: [...parameters], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new PkiFailure(error instanceof Error ? (error.message.split(/\. |\n/)[0] ?? "") : "unknown option");
  }
}

function levelOf(word: string | undefined): CertificateLevel | undefined {
  if (word === undefined) return undefined;
  const level = (Object.keys(LEVEL_WORDS) as CertificateLevel[]).find((known) => LEVEL_WORDS[known] === word);
  if (level === undefined) throw new PkiFailure(`--level is qualified or non-qualified, not ${word}`);
  return level;
}

function reasonOf(word: string | undefined): Options["reason"] {
  if (word === undefined) return undefined;
  const reason = CA_REVOCATION_REASONS.find((known) => known === word);
  if (reason === undefined) throw new PkiFailure(`--reason is ${CA_REVOCATION_REASONS.join(", ")}, not ${word}`);
  return reason;
}

function targetOf({ remote, local }: { remote?: boolean; local?: boolean }, persistTo: string | undefined): Target {
  if ((remote === true) === (local === true)) throw new PkiFailure("say where to: --remote, or --local --persist-to DIR");
  if (remote === true) {
    if (persistTo !== undefined) throw new PkiFailure("--persist-to goes with --local");
    return { kind: "remote" };
  }
  if (persistTo === undefined)
    throw new PkiFailure("--local needs --persist-to DIR: the folder that the local Worker keeps its data in");
  return { kind: "local", folder: persistTo };
}
