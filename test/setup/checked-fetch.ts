// Runs before every test file in Node: what comes back from a server's relying-party API is held against the published document. That is
// loaded with the first such answer, because most files never ask.
import { afterEach } from "vitest";

const fetched = globalThis.fetch;
const BASES = /^https?:\/\/[^/]+\/+(v3|smart-id-rp|mock)\//;
let checks = Promise.resolve();
let observed: typeof import("../openapi/observed.ts") | undefined;

globalThis.fetch = async (input, init) => {
  const answer = await fetched(input, init);
  const url = input instanceof Request ? input.url : String(input);
  if (BASES.test(url)) {
    const check = hold(input, init, url, answer.clone());
    checks = checks.then(() => check);
  }
  return answer;
};

async function hold(input: unknown, init: RequestInit | undefined, url: string, answer: Response): Promise<void> {
  const { isObserved, observe } = (observed ??= await import("../openapi/observed.ts"));
  const method = (init?.method ?? (input instanceof Request ? input.method : "GET")).toUpperCase();
  if (!isObserved(method, url)) return;
  // Whoever asked may go away in the middle.
  const body = await answer.text().catch(() => undefined);
  if (body === undefined) return;
  const requestBody = typeof init?.body === "string" ? init.body : "";
  observe({ method, url, requestBody, status: answer.status, headers: answer.headers, body });
}

afterEach(async () => {
  await checks;
  observed?.refuseFaults();
});
