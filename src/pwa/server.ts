// The server that this app came from, as the engine reaches it. In pages and in workers alike.
import type { ServerConnection } from "../authenticator/server-connection.ts";

export const server: ServerConnection = {
  url: location.origin,
  // Cookies of other pages of this origin are none of the device channel's business, and nothing of it may lie in a cache.
  fetch: (input, init) => fetch(input, { ...init, credentials: "omit", cache: "no-store", redirect: "error" }),
};
