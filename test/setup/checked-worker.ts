// The Worker under test: src/index.ts, with every answer of the relying-party API held against the published document on its way to
// the test (test/setup/contract.ts lets that test fail).
import worker from "../../src/index.ts";
import type { Environment } from "../../src/environment.ts";
import { isObserved, observe } from "../openapi/observed.ts";

export * from "../../src/index.ts";

/** The body is read to its end and given on: a copy of a stream that nobody reads would be left. */
async function checked(request: Request, environment: Environment, context: ExecutionContext): Promise<Response> {
  const { method, url } = request;
  if (!isObserved(method, url)) return worker.fetch(request, environment, context);
  const sent = method === "GET" ? undefined : await request.arrayBuffer();
  const withBody: RequestInit = { body: sent ?? null };
  const answer = await worker.fetch(sent === undefined ? request : new Request(request, withBody), environment, context);
  const body = await answer.text();
  const requestBody = new TextDecoder().decode(sent);
  observe({ method, url, requestBody, status: answer.status, headers: answer.headers, body });
  return new Response(body, answer);
}

export default { ...worker, fetch: checked };
