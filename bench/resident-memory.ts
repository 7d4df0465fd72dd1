// How much memory the runtime of one server holds, as Linux counts it. The server's process tells nobody which child is its runtime:
// it is the workerd that has files open in the server's folder.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

/** In bytes; undefined on other systems, and where there is no such process. */
export function residentMemory(stateFolder: string): { readonly now: number; readonly most: number } | undefined {
  const status = runtimes(stateFolder).map((process) => read(() => readFileSync(`/proc/${process}/status`, "utf8"), ""))[0];
  if (status === undefined) return undefined;
  const bytes = (name: string): number => 1024 * Number(new RegExp(`^${name}:\\s*(\\d+) kB`, "m").exec(status)?.[1]);
  return { now: bytes("VmRSS"), most: bytes("VmHWM") };
}

function runtimes(folder: string): readonly string[] {
  const processes = read(() => readdirSync("/proc"), []).filter((name) => /^\d+$/.test(name));
  return processes.filter((process) => {
    if (basename(read(() => readlinkSync(`/proc/${process}/exe`), "")) !== "workerd") return false;
    const files = read(() => readdirSync(`/proc/${process}/fd`), []);
    return files.some((file) => read(() => readlinkSync(`/proc/${process}/fd/${file}`), "").startsWith(`${folder}/`));
  });
}

/** Processes end while they are looked at, and others belong to somebody else. */
function read<Value>(look: () => Value, otherwise: Value): Value {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
