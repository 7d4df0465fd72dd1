// The address of a push comes from a device, and this server posts to it: no spelling of an address or a name leads to this machine, its
// network or its platform. The rule is a list of the services that there are (src/push/push-hosts.ts), which needs to know none of what
// is tried here. Nothing else that this server calls comes from outside.
import { exportJWK, generateKeyPair } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { isPushEndpoint } from "../../src/push/push-hosts.ts";
import { sendPush } from "../../src/push/send-push.ts";
import { vapidDetails } from "../../src/push/vapid.ts";
import { newBrowser, pushService } from "../support/push-service.ts";

const PUSH = "fcm.googleapis.com";

/** Hosts that are inside of something. */
const INSIDE = {
  "this machine": "127.0.0.1 127.1 127.0.1 127.255.255.254 0.0.0.0 0 localhost LOCALHOST a.localhost",
  "this machine, in decimal, octal and hexadecimal":
    "2130706433 017700000001 0x7f000001 0x7f.0x0.0x0.0x1 0177.0.0.1 0177.0x0.1 127.000.000.001 0x7f.1 00000177.0.0.1 4294967295",
  "this machine, in other digits and dots": "①②⑦.⓪.⓪.① 127。0。0。1 127．0．0．1 １２７.０.０.１ %31%32%37.0.0.1 127%2e0%2e0%2e1",
  "private networks": "10.0.0.1 10.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 198.18.0.1 3232235777",
  "the local link, and the platform's own services":
    "169.254.169.254 169.254.170.2 2852039166 0xa9fea9fe 192.0.0.192 100.100.100.200 168.63.129.16",
  "many at once": "224.0.0.1 255.255.255.255 239.255.255.250",
  IPv6: "[::1] [::] [0:0:0:0:0:0:0:1] [fe80::1] [fe80::1%25eth0] [fc00::1] [fd00:ec2::254] [ff02::1] [2001:db8::1] ::1 [::1 [v1.a]",
  "IPv4 inside of IPv6":
    "[::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:169.254.169.254] [::127.0.0.1] [::ffff:0:127.0.0.1] [64:ff9b::7f00:1] " +
    "[64:ff9b:1::a00:1] [2002:7f00:1::] [2001:0:7f00:1::]",
  "names of internal zones":
    "metadata.google.internal metadata instance-data.ec2.internal kubernetes.default.svc.cluster.local router.lan db.internal " +
    "printer.local intranet server.corp nas.home.arpa x.test x.invalid workers.internal",
  "public names that lead inside": `127.0.0.1.nip.io localtest.me ${PUSH}.127.0.0.1.nip.io`,
  "names that look like a push service's":
    `${PUSH}.internal ${PUSH}. x-${PUSH} push.apple.com.local push.apple.com. a.push.apple.com. xpush.apple.com ` +
    "notify.windows.com.corp fcm-googleapis.com fcm.googleapis.co fcm.googleapis.com.evil.example 10.0.0.1.push.apple.com.",
} as const;

/** Ways to write a host down, some of which show another one first. */
const SPELLINGS: readonly ((host: string) => string)[] = [
  (host) => `https://${host}/x`,
  (host) => `https://${host}./x`,
  (host) => `https://${host}:443/x`,
  (host) => `https://${host}:8443/x`,
  (host) => `http://${host}/x`,
  (host) => `https:${host}/x`,
  (host) => `https:\\\\${host}\\x`,
  (host) => `https://${PUSH}@${host}/x`,
  (host) => `https://${PUSH}:443@${host}/x`,
  (host) => `https://${PUSH}%2f@${host}/x`,
  (host) => `https://${PUSH}\\@${host}/x`,
  (host) => `https://${PUSH}\t@${host}/x`,
  (host) => `https://${PUSH} @${host}/x`,
  (host) => `https://${host}#@${PUSH}/x`,
  (host) => `https://${host}?@${PUSH}/x`,
  (host) => `https://${host}/@${PUSH}/x`,
  (host) => `https://${host}\\@${PUSH}/x`,
  (host) => `https://${host}%23@${PUSH}/x`,
  (host) => `https://${host}\u0000.${PUSH}/x`,
  (host) => `https://${host}\r\n.${PUSH}/x`,
  (host) => `//${host}/https://${PUSH}/x`,
];

const { subscription } = await newBrowser();
const { privateKey } = await generateKeyPair("ES256", { extractable: true });
const secret = JSON.stringify(await exportJWK(privateKey));
const vapid = await vapidDetails({ VAPID_SUBJECT: "mailto:push@example.com", VAPID_PRIVATE_KEY: { get: async () => secret } });

afterEach(() => void vi.restoreAllMocks());

describe.each(Object.entries(INSIDE))("%s", (_, hosts) => {
  it("is no push endpoint in any spelling, and nothing is sent there, were it stored", async () => {
    const deliveries = pushService();
    for (const endpoint of hosts.split(" ").flatMap((host) => SPELLINGS.map((spell) => spell(host)))) {
      expect(isPushEndpoint(endpoint), endpoint).toBe(false);
      const sent = await sendPush({ subscription: { ...subscription, endpoint }, vapid, timeToLive: 60 });
      expect(sent, endpoint).toEqual({ kind: "refused", status: 0 });
    }
    expect(deliveries).toEqual([]);
  });
});

it("a push service that points inside is not followed, whatever status it says it with", async () => {
  for (const status of [300, 301, 302, 303, 307, 308]) {
    for (const location of ["http://169.254.169.254/latest", "//127.0.0.1/", "/again", "https://web.push.apple.com/x"]) {
      const headers = { location, refresh: `0; url=${location}`, link: `<${location}>; rel=next` };
      const deliveries = pushService(() => new Response(null, { status, headers }));
      expect(await sendPush({ subscription, vapid, timeToLive: 60 })).toEqual({ kind: "refused", status });
      expect(deliveries.map(({ url, init }) => [url, init.redirect])).toEqual([[subscription.endpoint, "manual"]]);
    }
  }
});

/** Why the file may call an address. */
const CALLERS: Readonly<Record<string, string>> = {
  "src/push/send-push.ts": "the services that there are",
  "src/mock/routes.ts": "of the start script of a developer's machine",
};

it("no other address is called by this server, save those that its operator or its own code names", () => {
  const sources = import.meta.glob<string>(
    // Not those that run elsewhere: in browsers, with relying parties, beside the server on a developer's machine.
    ["../../src/**/*.{ts,tsx}", "../../durable/**/*.ts", "!../../src/{authenticator,client,demo-bank,pwa,simulator}/**"],
    { query: "?raw", import: "default", eager: true },
  );
  const callers = Object.entries(sources).filter(([, text]) =>
    /(?<![.\w]|async )(fetch|connect|WebSocket)\(|sendBeacon/.test(text),
  );
  const names = callers.map(([name]) => name.replace("../../", ""));
  // The address of a key-encryption key's service stands in a variable of the operator's.
  expect(names.filter((name) => !name.startsWith("src/vault/")).toSorted()).toEqual(Object.keys(CALLERS).toSorted());
});
