// `/openapi.json` for programs and `/docs` for people, of the same document. Public: nothing here knows who asks.
import { Hono } from "hono";
import type { Environment } from "../environment.ts";
import { openApiDocument } from "./document.ts";
import { documentationPage } from "./page/page.ts";
import { STYLE } from "./page/style.ts";

/** The server's own style and icon, and nothing else: no script at all, no form, no other origin. */
const PAGE_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const FOR_MINUTES = { "cache-control": "public, max-age=300" };

export const documentationRoutes = new Hono<{ Bindings: Environment }>();

/** Made once an isolate. */
let json: string | undefined;
let page: string | undefined;

// Tools that run in browsers fetch it from their own origin.
documentationRoutes.get("/openapi.json", (context) => {
  json ??= `${JSON.stringify(openApiDocument(), undefined, 2)}\n`;
  return context.body(json, 200, {
    ...FOR_MINUTES,
    "content-type": "application/json",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
  });
});

documentationRoutes.get("/docs", async (context) => {
  page ??= String(await documentationPage(openApiDocument()));
  return context.html(page, 200, {
    ...FOR_MINUTES,
    "content-security-policy": PAGE_POLICY,
    "cross-origin-opener-policy": "same-origin",
  });
});
documentationRoutes.get("/docs/", (context) => context.redirect("/docs", 308));

documentationRoutes.get("/docs/style.css", (context) =>
  context.body(STYLE, 200, { ...FOR_MINUTES, "content-type": "text/css; charset=utf-8" }),
);
