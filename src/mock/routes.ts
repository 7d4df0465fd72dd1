// Mounted at /mock: a test person opens a device link, in place of a phone. Exists only where the start script of a developer's machine
// names the simulator that the test people live in; anywhere else its paths are nobody's.
import { Hono } from "hono";
import type { Environment } from "../environment.ts";
import { readJson } from "../http/body.ts";
import { failureResponse } from "../http/failures.ts";
import { ownNameOnly } from "../http/local-host.ts";
import { validate } from "../http/validation.ts";
import { mockDeviceLinkSchema } from "../protocol/mock-device-link.ts";

/** The link is opened meanwhile; a PIN is not waited for. */
const TIME_LIMIT_MS = 30_000;

export const mockRoutes = new Hono<{ Bindings: Environment }>();
mockRoutes.use(ownNameOnly);

/** 200 `{opened, reason?}`: also where the link leads nowhere, as with the public service. */
mockRoutes.post("/device-link", async (context) => {
  const { LOCAL_MODE, TEST_PEOPLE_SERVICE } = context.env;
  if (LOCAL_MODE !== "true" || TEST_PEOPLE_SERVICE === undefined) return failureResponse({ kind: "not_found" });
  const body = await readJson(context.req.raw);
  if (!body.ok) return failureResponse(body.failure);
  const asked = validate(mockDeviceLinkSchema, body.value);
  if (!asked.ok) return failureResponse(asked.failure);
  const answer = await fetch(`${TEST_PEOPLE_SERVICE}/device-link`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(asked.value),
    signal: AbortSignal.timeout(TIME_LIMIT_MS),
  }).catch(() => undefined);
  switch (answer?.status) {
    case 200:
      return context.json(await answer.json<object>());
    case 404:
      return failureResponse({ kind: "no_such_account" });
    case 409:
      return failureResponse({ kind: "conflict", detail: "This test person is still being enrolled: try again in a moment." });
    case 410:
      return failureResponse({ kind: "conflict", detail: "This test person's account could not be made, or is closed." });
    default:
      return failureResponse({
        kind: "conflict",
        detail: "The process of the test people does not answer: start the server again.",
      });
  }
});
