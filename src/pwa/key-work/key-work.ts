// The page's end of key work: a fresh worker for one job, terminated whatever happens. Strings and numbers cannot be overwritten, so
// that ending the worker is what forgets a PIN and a share.
import { keyWorkerUrl, trustedScriptUrl } from "../trusted-script.ts";
import { type JobName, type Jobs, type KeyWorkProgress, pinsOf, type Report } from "./jobs.ts";

/**
 * The buffers of the input are taken from the caller. Expected failures are in the result; throws where the worker itself failed
 * or was cancelled by `signal`.
 */
export function runKeyWork<Name extends JobName>(
  job: Name,
  input: Jobs[Name]["input"],
  options: { readonly progress?: (progress: KeyWorkProgress) => void; readonly signal?: AbortSignal } = {},
): Promise<Jobs[Name]["result"]> {
  const { progress, signal } = options;
  const worker = new Worker(trustedScriptUrl(keyWorkerUrl), { type: "module", name: `tally-${job}` });
  const working = new Promise<Jobs[Name]["result"]>((resolve, reject) => {
    worker.addEventListener("message", ({ data }: MessageEvent<Report<Name>>) => {
      if ("progress" in data) progress?.(data.progress);
      else if ("result" in data) resolve(data.result);
      else reject(new Error(data.broken));
    });
    worker.addEventListener("error", () => reject(new Error("the key worker does not run")));
    worker.addEventListener("messageerror", () => reject(new Error("the key worker was not understood")));
    signal?.addEventListener("abort", () => reject(new Error("the key work was cancelled")));
    worker.postMessage({ job, input }, [...pinsOf(input)]);
  });
  return working.finally(() => worker.terminate());
}
