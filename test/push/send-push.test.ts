// One push, caught on its way: what a push service and a browser make of it.
import { env } from "cloudflare:workers";
import { decodeProtectedHeader, importJWK, jwtVerify } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fromBase64Url, toBase64Url } from "../../src/protocol/encoding.ts";
import { noticeWords } from "../../src/push/notice-words.ts";
import { noticeAddress, sendPush } from "../../src/push/send-push.ts";
import { canBeEncryptedTo } from "../../src/push/subscription.ts";
import { vapidDetails } from "../../src/push/vapid.ts";
import { decryptPush, importPrivateKey, newBrowser, pushService, RFC_8291 } from "../support/push-service.ts";

afterEach(() => void vi.restoreAllMocks());

const vapid = await vapidDetails(env);
const browser = await newBrowser();
const { subscription } = browser;
const send = (given = subscription) => sendPush({ subscription: given, vapid, timeToLive: 170 });

it("the browser of these tests decrypts the example of RFC 8291", async () => {
  const privateKey = await importPrivateKey(RFC_8291.privateKey, RFC_8291.publicKey);
  const [publicKey, auth, body] = [RFC_8291.publicKey, RFC_8291.auth, RFC_8291.body].map((text) => fromBase64Url(text)!);
  expect(await decryptPush({ privateKey, publicKey: publicKey!, auth: auth! }, body!)).toBe(
    "When I grow up, I want to be a watermelon",
  );
});

describe("a push", () => {
  it("says that something waits, and nothing else, to the one browser that can read it", async () => {
    const deliveries = pushService();
    expect(await send()).toEqual({ kind: "sent" });
    const { url, body } = deliveries[0]!;
    expect(url).toBe(subscription.endpoint);
    expect(JSON.parse(await browser.decrypt(body))).toEqual({ waiting: true });
    await expect((await newBrowser()).decrypt(body)).rejects.toThrow();
  });

  it("in the device's language is one that a browser shows by itself, and says nothing else", async () => {
    const deliveries = pushService();
    const notice = { lang: "et", navigate: "https://id.example.ee/?check" };
    expect(await sendPush({ subscription, notice, vapid, timeToLive: 170 })).toEqual({ kind: "sent" });
    expect(JSON.parse(await browser.decrypt(deliveries[0]!.body))).toEqual({
      web_push: 8030,
      mutable: true,
      notification: { ...notice, title: "Midagi ootab teid", body: "Vaatamiseks avage Tally.", dir: "auto", tag: "waiting" },
    });
  });

  it("has one length, whatever it says, in whichever language, and at the longest address", async () => {
    const deliveries = pushService();
    const navigate = noticeAddress(`https://${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(61)}:65535`)!;
    await send();
    for (const lang of ["en", "et", "lv", "lt", "ru", "nl", "fr", "de"]) {
      const notice = { lang, navigate: lang === "et" ? "https://id.example.ee/?check" : navigate };
      expect(await sendPush({ subscription, notice, vapid, timeToLive: 170 })).toEqual({ kind: "sent" });
    }
    expect(deliveries).toHaveLength(9);
    expect(new Set(deliveries.map(({ body }) => body.length)).size).toBe(1);
  });

  it("is in English where there are no words of a language", () => {
    for (const lang of ["xx", "constructor", ""]) expect(noticeWords(lang)).toEqual(noticeWords("en"));
  });

  it.each([
    ["https://id.example.ee", "https://id.example.ee/?check"],
    ["http://localhost:8787", "http://localhost:8787/?check"],
    ["http://id.example.ee", undefined],
    ["javascript:alert(1)", undefined],
    ["null", undefined],
    ["", undefined],
  ])("of a device that reaches the server at %j leads to %s", (origin, address) => {
    expect(noticeAddress(origin)).toBe(address);
  });

  it("is worth the time that is left, and urgent", async () => {
    const deliveries = pushService();
    await send();
    const { headers, init } = deliveries[0]!;
    expect(init.method).toBe("POST");
    expect(Object.fromEntries(headers)).toEqual({
      "content-encoding": "aes128gcm",
      "content-type": "application/octet-stream",
      authorization: expect.any(String),
      ttl: "170",
      urgency: "high",
    });
  });

  it("is signed for this push service alone, with the key that browsers subscribe with", async () => {
    const deliveries = pushService();
    await send();
    const { headers } = deliveries[0]!;
    const [, token = "", key = ""] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(headers.get("authorization") ?? "") ?? [];
    expect(key).toBe(vapid.publicKey);
    const point = fromBase64Url(key)!;
    expect([point.length, point[0]]).toEqual([65, 4]);
    const jwk = { kty: "EC", crv: "P-256", x: toBase64Url(point.slice(1, 33)), y: toBase64Url(point.slice(33)) };
    const audience = "https://fcm.googleapis.com";
    const { payload } = await jwtVerify(token, await importJWK(jwk, "ES256"), { audience, algorithms: ["ES256"] });
    expect(decodeProtectedHeader(token)).toEqual({ typ: "JWT", alg: "ES256" });
    expect(payload).toEqual({ aud: audience, exp: expect.any(Number), sub: env.VAPID_SUBJECT });
    const hours = (payload.exp! - Date.now() / 1000) / 3600;
    expect(hours).toBeGreaterThan(0);
    expect(hours).toBeLessThanOrEqual(24);
  });

  it.each([
    [200, { kind: "sent" }],
    [201, { kind: "sent" }],
    [202, { kind: "sent" }],
    [301, { kind: "refused", status: 301 }],
    [307, { kind: "refused", status: 307 }],
    [400, { kind: "refused", status: 400 }],
    [403, { kind: "refused", status: 403 }],
    [404, { kind: "gone" }],
    [410, { kind: "gone" }],
    [413, { kind: "refused", status: 413 }],
    [429, { kind: "refused", status: 429 }],
    [500, { kind: "refused", status: 500 }],
  ])("that is answered with %i has the outcome %j", async (status, outcome) => {
    pushService(() => new Response(null, { status, headers: { location: "https://169.254.169.254/" } }));
    expect(await send()).toEqual(outcome);
  });

  it("follows no redirect", async () => {
    const deliveries = pushService(() => new Response(null, { status: 307, headers: { location: "https://evil.example/" } }));
    await send();
    expect(deliveries).toHaveLength(1);
    expect(deliveries[0]!.init.redirect).toBe("manual");
  });

  it("reads nothing of an answer", async () => {
    let pulled = 0;
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(++pulled && 1024)) });
    pushService(() => new Response(endless, { status: 201 }));
    expect(await send()).toEqual({ kind: "sent" });
    expect(pulled).toBeLessThan(3);
  });

  it("to a service that cannot be reached, or does not answer in time, has an outcome too", async () => {
    pushService(() => Promise.reject(new TypeError("connection refused")));
    expect(await send()).toEqual({ kind: "unreachable" });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    vi.mocked(fetch).mockImplementation(
      (_, init) => new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(new Error("aborted")))),
    );
    const sending = send();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await sending).toEqual({ kind: "unreachable" });
    vi.useRealTimers();
  });

  it("to anything but a push service is not sent, also where it was stored when that was still allowed", async () => {
    const deliveries = pushService();
    for (const endpoint of ["https://localhost/x", "https://10.0.0.1/x", "https://fcm.googleapis.com:8443/x"]) {
      expect(await send({ ...subscription, endpoint })).toEqual({ kind: "refused", status: 0 });
    }
    expect(deliveries).toEqual([]);
  });
});

describe("a subscription's keys", () => {
  it("encrypt where they are a point on the curve and 16 bytes", async () => {
    expect(await canBeEncryptedTo(subscription)).toBe(true);
    const offCurve = toBase64Url(Uint8Array.of(4, ...new Uint8Array(64).fill(1)));
    const compressed = toBase64Url(fromBase64Url(subscription.p256dh)!.slice(0, 33).with(0, 2));
    for (const p256dh of ["", "!", offCurve, compressed]) expect(await canBeEncryptedTo({ ...subscription, p256dh })).toBe(false);
    for (const auth of ["", "AAAA", `${"A".repeat(21)}B`]) expect(await canBeEncryptedTo({ ...subscription, auth })).toBe(false);
  });
});

describe("the deployment's name with push services", () => {
  it.each(["", "operator@tally.example", "mailto:", "http://tally.example", "https://", "mailto:a b@c.example"])(
    "is refused with the subject %j",
    async (VAPID_SUBJECT) => {
      await expect(vapidDetails({ ...env, VAPID_SUBJECT })).rejects.toThrow("VAPID_SUBJECT");
    },
  );

  it("is refused with a key that has no private part", async () => {
    const { d: _, ...publicPart } = JSON.parse(await env.VAPID_PRIVATE_KEY.get()) as JsonWebKey;
    const VAPID_PRIVATE_KEY = { get: async () => JSON.stringify(publicPart) };
    await expect(vapidDetails({ ...env, VAPID_PRIVATE_KEY })).rejects.toThrow("VAPID_PRIVATE_KEY");
  });
});
