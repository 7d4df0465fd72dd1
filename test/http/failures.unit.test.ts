import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { answerError, answerNotFound } from "../../src/http/errors.ts";
import { type Failure, failureResponse, malformed } from "../../src/http/failures.ts";
import { jsonPointer } from "../../src/http/problem.ts";
import { requestPath } from "../../src/http/path.ts";
import { validate } from "../../src/http/validation.ts";

afterEach(() => vi.restoreAllMocks());

describe("a failure", () => {
  const cases: readonly (readonly [number, Failure])[] = [
    [400, malformed("no")],
    [401, { kind: "relying_party_not_identified" }],
    [401, { kind: "unauthorized" }],
    [401, { kind: "not_the_operator" }],
    [403, { kind: "unknown_relying_party" }],
    [403, { kind: "forbidden", detail: "no" }],
    [404, { kind: "not_found" }],
    [404, { kind: "no_such_account" }],
    [404, { kind: "no_suitable_account" }],
    [404, { kind: "no_such_session" }],
    [404, { kind: "no_such_certificate" }],
    [409, { kind: "conflict", detail: "no" }],
    [408, { kind: "body_too_slow" }],
    [413, { kind: "body_too_large" }],
    [415, { kind: "body_is_encoded" }],
    [415, { kind: "unsupported_media_type" }],
    [421, { kind: "misdirected" }],
    [403, { kind: "not_encrypted" }],
    [426, { kind: "upgrade_required" }],
    [429, { kind: "too_many_requests", retryAfterSeconds: 2.5 }],
    [429, { kind: "rate_limit_reached", retryAfterSeconds: 60 }],
    [500, { kind: "internal" }],
  ];

  test.each(cases)("is answered with %i: %j", async (status, failure) => {
    const response = failureResponse(failure);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toMatchObject({ type: "about:blank", status, title: expect.any(String) });
  });

  test("of too many requests says when to come back, in whole seconds", () => {
    expect(failureResponse({ kind: "too_many_requests", retryAfterSeconds: 2.5 }).headers.get("retry-after")).toBe("3");
    expect(failureResponse({ kind: "too_many_requests", retryAfterSeconds: -1 }).headers.get("retry-after")).toBe("1");
  });

  test("of who asks carries a challenge", () => {
    expect(failureResponse({ kind: "relying_party_not_identified" }).headers.has("www-authenticate")).toBe(true);
  });
});

test("an unexpected error is a 500 that tells nothing of it", async () => {
  const log = vi.spyOn(console, "error").mockReturnValue();
  const response = answerError(new Error("the secret detail"));
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("secret");
  expect(log).toHaveBeenCalledOnce();
});

test("a path that leads nowhere is a problem document too", async () => {
  expect(await answerNotFound().json()).toEqual({ type: "about:blank", status: 404, title: "Not Found" });
});

test("doubled slashes of a joined base URL name the same path", () => {
  expect(requestPath(new Request("http://localhost/v3//session/x?y=//z"))).toBe("/v3/session/x");
});

describe("validation", () => {
  const schema = z.object({
    name: z.string().max(3),
    inner: z.object({ "a/b~c": z.number() }),
    choice: z.enum(["x", "y"]),
    own: z.string().superRefine((_value, context) => context.addIssue({ code: "custom", params: { code: "special" } })),
  });

  test("points at each field that is wrong, with a stable code", () => {
    const body = { name: "long", inner: { "a/b~c": "text" }, own: "" };
    const verdict = validate(schema, body);
    const errors = !verdict.ok && verdict.failure.kind === "malformed" ? verdict.failure.errors : [];
    expect(errors?.map(({ code, pointer }) => [code, pointer])).toEqual([
      ["too_long", "#/name"],
      ["invalid_type", "#/inner/a~1b~0c"],
      ["required", "#/choice"],
      ["special", "#/own"],
    ]);
  });

  test("never repeats what was sent", () => {
    const verdict = validate(schema, { name: "s3cret-and-long", inner: "s3cret", choice: "s3cret", own: "s3cret" });
    expect(JSON.stringify(verdict)).not.toContain("s3cret");
  });

  test("names a limited number of errors", () => {
    const verdict = validate(z.array(z.number()), Array<string>(1000).fill("x"));
    expect(!verdict.ok && verdict.failure.kind === "malformed" && verdict.failure.errors).toHaveLength(20);
  });

  test("a pointer is a URI fragment", () => {
    expect(jsonPointer(["ä", 0, "\ud800"])).toBe("#/%C3%A4/0/%EF%BF%BD");
  });
});
