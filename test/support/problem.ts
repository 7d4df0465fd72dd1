// A refusal as every route has to give it.
import { expect } from "vitest";

/** A problem document (RFC 9457) of that status, or of any of the 4xx kind. */
export async function expectProblem(response: Response, status?: number): Promise<void> {
  const text = await response.text();
  if (status === undefined) {
    expect(response.status, text).toBeGreaterThanOrEqual(400);
    expect(response.status, text).toBeLessThan(500);
  } else {
    expect(response.status, text).toBe(status);
  }
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(JSON.parse(text)).toMatchObject({ type: "about:blank", status: response.status, title: expect.any(String) });
}
