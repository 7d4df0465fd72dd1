// Whole logins under load, over HTTP against a started server: 1, 16 and 64 of them in flight at all times, each by a person of its
// own. Next to the trivial route and to an object call that writes one row, with as many in flight.
import { Worker } from "node:worker_threads";
import { untilQuiet } from "./authentication.ts";
import type { BenchWorker } from "./bench-worker.ts";
import { bodyOf, start as startSession } from "./flow-party.ts";
import type { DevicesAsked, DevicesSaid } from "./load-devices.ts";
import { type Floor, type Row, type Samples, type Section, timed } from "./measurement.ts";
import { residentMemory } from "./resident-memory.ts";

/** In flight, and how many logins are counted. */
const LEVELS = [
  [1, 60],
  [16, 320],
  [64, 640],
] as const;
const MOST = Math.max(...LEVELS.map(([inFlight]) => inFlight));
/** Of the floors, for each level. */
const FLOOR_CALLS = 1200;

export async function loadSections(url: string, stateFolder: string, worker: BenchWorker): Promise<readonly Section[]> {
  const devices = await Devices.enrol(url, MOST);
  try {
    await untilQuiet();
    const before = residentMemory(stateFolder);
    const sections: Section[] = [];
    for (const [inFlight, logins] of LEVELS) sections.push(await level(url, worker, devices, inFlight, logins));
    const [last] = sections.slice(-1);
    const memory = memoryRemark(before, residentMemory(stateFolder));
    return last === undefined ? [] : [...sections.slice(0, -1), { ...last, remarks: [memory] }];
  } finally {
    await devices.end();
  }
}

async function level(url: string, worker: BenchWorker, devices: Devices, inFlight: number, logins: number): Promise<Section> {
  const trivial = async (): Promise<unknown> => (await fetch(`${url}/health`)).arrayBuffer();
  const health = await keepInFlight(inFlight, FLOOR_CALLS, () => twice(trivial));
  const write = await keepInFlight(inFlight, FLOOR_CALLS, (lane) => twice(() => worker.post("/write", { name: `row ${lane}` })));
  const waits: number[] = [];
  const whole = await keepInFlight(inFlight, logins, async (lane, counts) => {
    const wait = await login(url, devices, lane);
    if (counts) waits.push(wait);
  });
  const floor: Floor = { name: "object call", samples: write.samples };
  const rows: readonly Row[] = [
    { what: "GET /health", ...health },
    { what: "object call that writes a row", ...write },
    { what: "login, from the PIN to COMPLETE", samples: waits, perSecond: whole.perSecond, floor },
    { what: "login, from the POST to COMPLETE", ...whole, floor },
  ];
  return { title: `Logins under load, ${inFlight} in flight`, rows, hasTail: true };
}

interface Kept {
  readonly samples: Samples;
  readonly perSecond: number;
}

/** In as many lanes, each one after the other. What is under way when the counting begins or ends is not counted. */
async function keepInFlight(
  lanes: number,
  runs: number,
  work: (lane: number, counts: boolean) => Promise<unknown>,
): Promise<Kept> {
  const samples: number[] = [];
  const warmUp = 2 * lanes;
  let begun = 0;
  let start = 0;
  let end = 0;
  const lane = async (number: number): Promise<void> => {
    while (samples.length < runs) {
      const counts = begun++ >= warmUp;
      if (counts) start ||= performance.now();
      const { milliseconds } = await timed(() => work(number, counts));
      if (!counts || samples.length >= runs) continue;
      samples.push(milliseconds);
      end = performance.now();
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
  return { samples, perSecond: (1000 * samples.length) / (end - start) };
}

/** Milliseconds from the device's sending its contribution to the relying party's hearing of the end. */
async function login(url: string, devices: Devices, device: number): Promise<number> {
  const sessionID = await twice(() => startLogin(url, devices.documentNumbers[device] ?? ""));
  const ended = twice(() => endOf(url, sessionID)).then((end) => ({ end, at: performance.timeOrigin + performance.now() }));
  const sentAt = await devices.approve(device);
  const { end, at } = await ended;
  if (end !== "OK") throw new Error(`a login ended as ${end}`);
  return at - sentAt;
}

/** A connection that was kept may have been closed by the other side just as it is used again, which is no answer. */
const twice = <Value>(ask: () => Promise<Value>): Promise<Value> =>
  ask().catch((error: unknown) => {
    if (error instanceof TypeError) return ask();
    throw error;
  });

const startLogin = async (url: string, documentNumber: string): Promise<string> =>
  (await startSession(url, `authentication/notification/document/${documentNumber}`, "auth", bodyOf("auth"))).sessionID;

async function endOf(url: string, sessionID: string): Promise<string> {
  const response = await fetch(`${url}/v3/session/${sessionID}?timeoutMs=120000`);
  const status = (await response.json()) as { result?: { endResult: string } };
  return status.result?.endResult ?? `${response.status}`;
}

/** The people, in a thread of their own: what their devices compute holds up no stop-watch here. */
class Devices {
  readonly documentNumbers: readonly string[];
  readonly #thread: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<number>>();

  private constructor(thread: Worker, documentNumbers: readonly string[]) {
    this.documentNumbers = documentNumbers;
    this.#thread = thread;
    thread.on("message", (said: DevicesSaid) => {
      if (!("approved" in said)) return;
      this.#waiting.get(said.approved)?.resolve(said.sentAt);
      this.#waiting.delete(said.approved);
    });
    thread.on("error", (error) => {
      for (const { reject } of this.#waiting.values()) reject(error);
    });
  }

  static async enrol(url: string, count: number): Promise<Devices> {
    const thread = new Worker(new URL("load-devices.ts", import.meta.url));
    const enrolled = new Promise<readonly string[]>((resolve, reject) => {
      thread.once("error", reject);
      thread.once("message", (said: DevicesSaid) => "enrolled" in said && resolve(said.enrolled));
    });
    const asked: DevicesAsked = { enrol: count, url };
    thread.postMessage(asked, []);
    return new Devices(thread, await enrolled);
  }

  /** When its contribution was sent, by the clock that `performance.timeOrigin` belongs to. */
  approve(device: number): Promise<number> {
    const waiting = Promise.withResolvers<number>();
    this.#waiting.set(device, waiting);
    const asked: DevicesAsked = { approve: device };
    this.#thread.postMessage(asked, []);
    return waiting.promise;
  }

  async end(): Promise<void> {
    await this.#thread.terminate();
  }
}

type Memory = ReturnType<typeof residentMemory>;

function memoryRemark(before: Memory, after: Memory): string {
  if (before === undefined || after === undefined) return "resident memory of workerd: read from /proc, on Linux alone";
  const size = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  const accounts = `${MOST} accounts in memory`;
  return `resident memory of workerd: ${size(before.now)} with ${accounts} before the first login, ${size(after.now)} after the last, ${size(after.most)} at most`;
}
