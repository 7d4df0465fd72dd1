// The Worker as a process that can be killed at any instant and started again on the same folder, as often as a test likes.
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { prepareStorage } from "../../scripts/local-runtime.ts";
import { localVariables } from "../../scripts/local-secrets.ts";
import { openStateFolder } from "../../scripts/state-folder.ts";
import { comeAsUsual } from "./priority.ts";
import { bundle, describeRuntime } from "./runtime-description.ts";
import { until } from "./until.ts";

/** It has them all from the beginning. The first is that of a deployment which never had another. */
export const KEKS = ["kek-1", "kek-2"] as const;

export interface KillableServer {
  /** Without a trailing slash. */
  readonly url: string;
  readonly folder: string;
  /** Private JWK, as JSON: signs orders of the operator. */
  readonly operatorKey: string;
  /** Resolves when the Worker answers. Only where none runs. */
  start(): Promise<void>;
  /** With that KEK as the current one, from the next start on. Only where none runs. */
  useKek(id: (typeof KEKS)[number]): Promise<void>;
  /** SIGKILL, before this returns. */
  killNow(): void;
  /** Resolves when the process is gone that was killed. Throws where it ended by itself before. */
  gone(): Promise<void>;
  /** For good. */
  stop(): Promise<void>;
}

/** `folder`: empty, for everything that the server keeps. It runs when this resolves. */
export async function killableServer(folder: string): Promise<KillableServer> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const pkiBaseUrl = `${url}/pki`;
  const state = await openStateFolder(folder, pkiBaseUrl);
  const keys = KEKS.map((id, place) => `${id}:${place === 0 ? state.secrets.KEK : randomBytes(32).toString("base64")}`);
  const prepared = prepareStorage(folder, { ...state, secrets: { ...state.secrets, KEK: keys.join(" ") } });
  const [script] = await Promise.all([bundle(folder), prepared]);
  const variables = { LOCAL_MODE: "true", SHARE_POOL_SIZE: "0", PKI_BASE_URL: pkiBaseUrl, ...localVariables(state) };
  const describe = (id: string) => describeRuntime({ folder, port, script, variables: { ...variables, KEK_ID: id } });

  let description = await describe(KEKS[0]);
  let current: ChildProcess | undefined;
  let brokeDown: number | string | undefined;
  const log = openSync(join(folder, "runtime.log"), "a");
  const server: KillableServer = {
    url,
    folder,
    operatorKey: state.operatorKey,
    start: async () => {
      if (current !== undefined) throw new Error("the server runs");
      const configuration = openSync(description.configuration, "r");
      const env = { ...process.env, TZ: "UTC" };
      const child = spawn(description.command, description.arguments, { stdio: [configuration, log, log], env });
      closeSync(configuration);
      comeAsUsual(child.pid);
      current = child;
      await until("the Worker answers", () => answers(url, child));
    },
    useKek: async (id) => {
      if (current !== undefined) throw new Error("the server runs");
      await description.dispose();
      description = await describe(id);
    },
    killNow: () => {
      if (current === undefined) return;
      brokeDown = current.exitCode ?? current.signalCode ?? undefined;
      current.kill("SIGKILL");
    },
    gone: async () => {
      const child = current;
      if (child === undefined) return;
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      if (brokeDown !== undefined) throw new Error(`the runtime ended by itself: ${brokeDown}`);
      current = undefined;
    },
    stop: async () => {
      server.killNow();
      await server.gone();
      await description.dispose();
      closeSync(log);
    },
  };
  // Nothing of it outlives its test.
  process.once("exit", () => current?.kill("SIGKILL"));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
  await server.start();
  return server;
}

async function answers(url: string, child: ChildProcess): Promise<boolean> {
  if (child.exitCode !== null) throw new Error(`the runtime did not start: exit code ${child.exitCode}`);
  try {
    const response = await fetch(`${url}/health`);
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** Below those that systems give to whoever connects: it is to be free again after each kill. */
const PORTS = { first: 20_000, count: 12_000 };

async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + randomInt(PORTS.count);
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once("error", () => resolve(false));
      probe.listen(port, "localhost", () => resolve(true));
    });
    probe.close();
    if (isFree) return port;
  }
}
