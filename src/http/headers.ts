// Headers of whatever the Worker answers: nothing of it is a page. A browser that is led to an answer must not take it for one, frame
// it or give it to another site; programs do not care. The pages have their own: src/pwa/public/_headers and the demo bank.
import type { MiddlewareHandler } from "hono";

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  // Browsers ignore it over plain HTTP, so it changes nothing on localhost.
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
};

/** Adds what an answer does not say by itself, to refusals and errors too. */
export const answerHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  // The answer that opens a WebSocket has nothing that a browser could show.
  if (context.res.status === 101) return;
  for (const [name, value] of Object.entries(HEADERS)) {
    if (!context.res.headers.has(name)) context.res.headers.set(name, value);
  }
};
