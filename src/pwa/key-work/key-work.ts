// The page's end of key work: a worker for one job, terminated whatever happens. Strings and numbers cannot be overwritten, so
// that ending the worker is what forgets a PIN and a share.
import { keyWorkerUrl, trustedScriptUrl } from "../trusted-script.ts";
import { type Ahead, type JobName, type Jobs, type KeyWorkProgress, pinsOf, type Report, wipePins } from "./jobs.ts";
import type { Settled } from "../../authenticator/channel-client.ts";

interface KeyWorkOptions {
  readonly progress?: (progress: KeyWorkProgress) => void;
  /** Told of an interrupted request of the account, whose fate the job learned on its way. */
  readonly settled?: (settled: Settled) => void;
  readonly signal?: AbortSignal;
}

/**
 * The buffers of the input are taken from the caller, whatever happens. Expected failures are in the result; undefined where the worker
 * did not load, which another window's update may have replaced: nothing was tried. Throws where the worker itself failed or was
 * cancelled by `signal`. `started`: a worker that was told ahead what the job is about; it ends with this job.
 */
export async function runKeyWork<Name extends JobName>(
  job: Name,
  input: Jobs[Name]["input"],
  options: KeyWorkOptions = {},
  started?: StartedKeyWork,
): Promise<Jobs[Name]["result"] | undefined> {
  let worker = started?.take();
  try {
    worker ??= startWorker();
    return await resultOf(worker, job, input, options);
  } finally {
    worker?.terminate();
    wipePins(input);
  }
}

const startWorker = (): Worker => new Worker(trustedScriptUrl(keyWorkerUrl), { type: "module", name: "tally-key-work" });

/**
 * A worker that loads, and does what it can without a PIN, while the person reads. For one job like every other: whoever starts it lets
 * it end, by its job or without one.
 */
export class StartedKeyWork {
  #worker: Worker | undefined;

  constructor(ahead: Ahead) {
    const worker = startWorker();
    this.#worker = worker;
    // It will say nothing more: the job gets a fresh one, and finds out for itself what is wrong.
    worker.addEventListener("error", () => this.end());
    worker.postMessage({ ahead }, []);
  }

  /** Once. Undefined where it did not load. */
  take(): Worker | undefined {
    const worker = this.#worker;
    this.#worker = undefined;
    return worker;
  }

  /** All that it computed goes with it. */
  end(): void {
    this.take()?.terminate();
  }
}

function resultOf<Name extends JobName>(
  worker: Worker,
  job: Name,
  input: Jobs[Name]["input"],
  { progress, settled, signal }: KeyWorkOptions,
): Promise<Jobs[Name]["result"] | undefined> {
  return new Promise((resolve, reject) => {
    worker.addEventListener("message", ({ data }: MessageEvent<Report<Name>>) => {
      if ("progress" in data) progress?.(data.progress);
      else if ("settled" in data) settled?.(data.settled);
      else if ("result" in data) resolve(data.result);
      else reject(new Error(data.broken));
    });
    // What a job throws is reported: this is a script that did not arrive, or not whole.
    worker.addEventListener("error", () => resolve(undefined));
    worker.addEventListener("messageerror", () => reject(new Error("the key worker was not understood")));
    signal?.addEventListener("abort", () => reject(new Error("the key work was cancelled")));
    worker.postMessage({ job, input }, [...pinsOf(input)]);
  });
}
