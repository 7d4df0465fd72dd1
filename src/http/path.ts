// The path that routes are matched on, for `new Hono({ getPath })`. Clients that join a base URL ending in "/" to a path
// beginning with "/" mean the same resource.
import { getPath } from "hono/utils/url";

export const requestPath = (request: Request): string => getPath(request).replaceAll(/\/{2,}/g, "/");
