// A dedicated worker that lives for one job: here a PIN meets a share, and nowhere else. The page terminates it after the result;
// what it leaves in memory ends with it. It writes nothing but the device record.
import "../zod-without-eval.ts";
import type { JobName, Report } from "./jobs.ts";
import { type Job, runJob } from "./run-job.ts";

const scope = self as unknown as DedicatedWorkerGlobalScope;
const report = (message: Report<JobName>): void => scope.postMessage(message, []);

scope.addEventListener("message", ({ data }: MessageEvent<Job>) => {
  runJob(data, { progress: (progress) => report({ progress }), settled: (settled) => report({ settled }) }).then(
    (result) => report({ result }),
    // The name alone: a message could hold what it complains about.
    (error: unknown) => report({ broken: error instanceof Error ? error.name : "unknown" }),
  );
});
