// On a developer's machine the address of a caller says nothing: every program and, by a name that is made to lead here (DNS rebinding),
// every web page comes from the loopback interface. A page cannot choose the name that it asks for.
import type { MiddlewareHandler } from "hono";
import { failureResponse } from "./failures.ts";

const OWN_NAMES = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** In local mode, lets requests pass that were sent to this machine by one of its own names. */
export const ownNameOnly: MiddlewareHandler<{ Bindings: { readonly LOCAL_MODE: string } }> = async (context, next) => {
  const isOwn = OWN_NAMES.has(new URL(context.req.url).hostname);
  if (context.env.LOCAL_MODE === "true" && !isOwn) return failureResponse({ kind: "misdirected" });
  return next();
};
