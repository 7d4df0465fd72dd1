// `npm run secrets -- COMMAND`: the Worker's own secrets; see secrets/help.ts.
import { resolve } from "node:path";
import { CommandFailure, usageFailure } from "./authenticator/command-failure.ts";
import { readCommandLine } from "./command-line.ts";
import { PkiFailure } from "./pki/pki-failure.ts";
import { openTerminal } from "./pki/terminal.ts";
import { HELP } from "./secrets/help.ts";
import { initSecrets } from "./secrets/init.ts";
import { WranglerFailure, type WranglerInput } from "./wrangler/run.ts";

const OPTIONS = {
  backup: { type: "string" },
  remote: { type: "boolean" },
  local: { type: "boolean" },
  "persist-to": { type: "string" },
  "wrangler-config": { type: "string" },
  "another-store": { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;
const COMMANDS = { init: ["backup", "remote", "local", "persist-to", "wrangler-config", "another-store"] } as const;

interface Call {
  readonly file: string;
  readonly another: boolean;
  readonly wrangler: WranglerInput;
}

function readCall(): Call | undefined {
  const { command, values, subjects } = readCommandLine(process.argv.slice(2), OPTIONS, COMMANDS);
  if (command === undefined) return undefined;
  if (subjects.length > 0) throw usageFailure(`${command} takes no "${subjects[0]}"`);
  // npm runs scripts in the project's folder and says here where it was called.
  const absolute = (path: string): string => resolve(process.env["INIT_CWD"] ?? ".", path);
  const { backup, remote = false, local = false, "persist-to": folder } = values;
  if (backup === undefined) throw usageFailure("say where the backup goes: --backup FILE");
  if (remote === local || local !== (folder !== undefined)) {
    throw usageFailure("say which store: --remote, or --local --persist-to DIR");
  }
  const wrangler: WranglerInput = {
    target: folder === undefined ? { kind: "remote" } : { kind: "local", folder: absolute(folder) },
    configuration: absolute(values["wrangler-config"] ?? resolve(import.meta.dirname, "../wrangler.toml")),
    environment: process.env,
  };
  return { file: absolute(backup), another: values["another-store"] ?? false, wrangler };
}

const terminal = openTerminal();
try {
  const call = readCall();
  if (call === undefined) console.log(HELP);
  else {
    // Loaded only now: it brings wrangler along, which takes a second or two.
    const { openStore } = await import("./secrets/places.ts");
    await initSecrets({
      ...openStore(call.wrangler),
      file: call.file,
      another: call.another,
      asking: { environment: process.env, terminal },
      out: (line) => console.log(line),
      note: (line) => console.error(line),
    });
  }
} catch (error) {
  if (!(error instanceof CommandFailure || error instanceof PkiFailure || error instanceof WranglerFailure)) throw error;
  console.error(error.message);
  if (error instanceof CommandFailure) console.error("(npm run secrets -- help says everything)");
  process.exitCode = error instanceof CommandFailure ? error.exitCode : 1;
} finally {
  terminal?.close();
}
