// A refusal as every route has to give it.
import { expect } from "vitest";

/** A problem document (RFC 9457) of that status, or of any of the 4xx kind. */
export async function expectProblem(response: Response, status?: number): Promise<void> {
  const text = await response.text();
  const answer = { status: response.status, text };
  const isExpected = (given: number) => (status === undefined ? given >= 400 && given < 500 : given === status);
  expect(answer).toEqual({ ...answer, status: expect.toSatisfy(isExpected, `to be ${status ?? "4xx"}`) as number });
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(JSON.parse(text)).toMatchObject({ type: "about:blank", status: response.status, title: expect.any(String) });
}
