// A dedicated worker that lives for one job: here a PIN meets a share, and nowhere else. The page terminates it after the result;
// what it leaves in memory ends with it. It writes nothing but the device record. What it may be told ahead of the job it prepares
// while there is no PIN yet.
import "../zod-without-eval.ts";
import type { Settled } from "../../authenticator/channel-client.ts";
import type { Preparation } from "../../split-key/scheme.ts";
import type { Ahead, JobName, KeyWorkProgress, Report } from "./jobs.ts";
import { type Job, prepare, runJob } from "./run-job.ts";

const scope = self as unknown as DedicatedWorkerGlobalScope;
const report = (message: Report<JobName>): void => scope.postMessage(message, []);

let preparing: Promise<Preparation | undefined> | undefined;

scope.addEventListener("message", ({ data }: MessageEvent<Job | { readonly ahead: Ahead }>) => {
  if ("ahead" in data) {
    preparing = prepare(data.ahead);
    return;
  }
  const telling = {
    progress: (progress: KeyWorkProgress) => report({ progress }),
    settled: (settled: Settled) => report({ settled }),
  };
  runJob(data, telling, preparing).then(
    (result) => report({ result }),
    // The name alone: a message could hold what it complains about.
    (error: unknown) => report({ broken: error instanceof Error ? error.name : "unknown" }),
  );
});
