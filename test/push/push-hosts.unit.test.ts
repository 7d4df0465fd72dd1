import { describe, expect, it } from "vitest";
import { isPushEndpoint } from "../../src/push/push-hosts.ts";

describe("a push endpoint", () => {
  it.each([
    "https://fcm.googleapis.com/fcm/send/cWJ3:APA91bE-x_y",
    "https://fcm.googleapis.com/wp/x",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABk",
    "https://updates-eu.push.services.mozilla.com/wpush/v2/x",
    "https://web.push.apple.com/QGuQyavXutnMH9JytJw",
    "https://api.push.apple.com/x",
    "https://wns2-par02p.notify.windows.com/w/?token=BQYAAAB%2bk%3d",
  ])("of a browser's maker is one: %s", (endpoint) => {
    expect(isPushEndpoint(endpoint)).toBe(true);
  });

  it.each([
    ["nothing", ""],
    ["no address", "fcm.googleapis.com/x"],
    ["not encrypted", "http://fcm.googleapis.com/x"],
    ["another scheme", "wss://fcm.googleapis.com/x"],
    ["another port", "https://fcm.googleapis.com:8443/x"],
    ["the default port, spelled out", "https://fcm.googleapis.com:443/x"],
    ["a user", "https://user@fcm.googleapis.com/x"],
    ["a user and a password", "https://user:secret@fcm.googleapis.com/x"],
    ["an empty user", "https://@fcm.googleapis.com/x"],
    ["the host as a user of another", "https://fcm.googleapis.com@evil.example/x"],
    ["the host as a user of another, with a backslash", "https://fcm.googleapis.com\\@evil.example/x"],
    ["a trailing dot", "https://fcm.googleapis.com./x"],
    ["a trailing dot below a domain", "https://a.push.apple.com./x"],
    ["upper case", "https://FCM.googleapis.com/x"],
    ["full width letters", "https://ｆcm.googleapis.com/x"],
    ["a full width dot", "https://fcm．googleapis.com/x"],
    ["an escaped dot", "https://fcm%2egoogleapis.com/x"],
    ["a fragment", "https://fcm.googleapis.com/x#y"],
    ["white space before", " https://fcm.googleapis.com/x"],
    ["a tab inside", "https://fcm.google\tapis.com/x"],
    ["a line feed behind", "https://fcm.googleapis.com/x\n"],
    ["one slash", "https:/fcm.googleapis.com/x"],
    ["dots in the path", "https://fcm.googleapis.com/a/../b"],
    ["a longer name", "https://fcm.googleapis.com.evil.example/x"],
    ["a name that ends alike", "https://evilfcm.googleapis.com/x"],
    ["a domain that ends alike", "https://evilpush.apple.com/x"],
    ["a subdomain of a host", "https://x.fcm.googleapis.com/x"],
    ["another host of the maker", "https://storage.googleapis.com/x"],
    ["the domain itself", "https://push.apple.com/x"],
    ["the domain itself, of Windows", "https://notify.windows.com/x"],
    ["an empty label", "https://.push.apple.com/x"],
    ["an underscore", "https://a_b.push.apple.com/x"],
    ["a look-alike in punycode", "https://fcm.xn--googlepis-4nf.com/x"],
    ["the retired service, which takes no VAPID", "https://android.googleapis.com/gcm/send/x"],
    ["this machine", "https://localhost/x"],
    ["a loopback address", "https://127.0.0.1/x"],
    ["a number", "https://2130706433/x"],
    ["the metadata address", "https://169.254.169.254/latest"],
    ["an IPv6 address", "https://[::1]/x"],
    ["an IPv4 address in IPv6", "https://[::ffff:10.0.0.1]/x"],
    ["no web address", "javascript:alert(1)"],
    ["a file", "file:///etc/passwd"],
  ])("is not one with %s", (_, endpoint) => {
    expect(isPushEndpoint(endpoint)).toBe(false);
  });
});
