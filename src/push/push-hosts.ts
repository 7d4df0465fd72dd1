// Where pushes may be sent: the services of the browsers' makers, and nowhere else. A subscription's address comes from a device,
// and this server posts to it: without the list every device could make it call any machine that it can reach (SSRF).
// Each host is one that its owner documents: Google (FCM), Mozilla (autopush), Apple ("allow *.push.apple.com"), Microsoft (WNS).

const HOSTS: ReadonlySet<string> = new Set(["fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com"]);
/** Any name below these domains, whose owners give out all of them. */
const DOMAINS = [".push.services.mozilla.com", ".push.apple.com", ".notify.windows.com"];
const HOST_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/**
 * Whether this is the address of a push service, spelled as a URL parser would spell it: https, default port, no credentials, no
 * fragment. Every other spelling is refused, since two parsers could read two hosts in it.
 */
export function isPushEndpoint(endpoint: string): boolean {
  if (!URL.canParse(endpoint)) return false;
  const { href, protocol, port, username, password, hash, hostname } = new URL(endpoint);
  if (href !== endpoint || protocol !== "https:" || `${port}${username}${password}${hash}` !== "") return false;
  return HOSTS.has(hostname) || (HOST_NAME.test(hostname) && DOMAINS.some((domain) => hostname.endsWith(domain)));
}
