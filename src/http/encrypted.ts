// Certificates name their status service by plain HTTP, so the Worker answers by plain HTTP somewhere. Nothing but `/pki`, whose answers
// are public and signed, may be had that way: a credential or a message would have been read by whoever is on the way. Not a redirect: the
// first request has given away what it carried, and nobody would notice.
import type { MiddlewareHandler } from "hono";
import { failureResponse } from "./failures.ts";

export const encryptedOnly: MiddlewareHandler<{ Bindings: { readonly LOCAL_MODE: string } }> = async (context, next) => {
  const { protocol } = new URL(context.req.url);
  const isPublic = context.req.path === "/pki" || context.req.path.startsWith("/pki/") || context.req.path === "/health";
  if (context.env.LOCAL_MODE !== "true" && protocol !== "https:" && !isPublic) return failureResponse({ kind: "not_encrypted" });
  return next();
};
