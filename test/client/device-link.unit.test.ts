// Links and codes, byte for byte what the API computes; one QR code a second and never an old one.
import { describe, expect, it } from "vitest";
import {
  deviceLink,
  qrFrames,
  qrLink,
  type StartedDeviceLink,
  verificationCode,
  verifyCallback,
} from "../../src/client/index.ts";
import { acspV2Payload } from "../../src/client/verification/acsp-v2.ts";
import { authCodeOf, parseDeviceLink } from "../../src/protocol/device-link.ts";
import { fromBase64 } from "../../src/protocol/encoding.ts";
import { TestClock } from "./clock.ts";
import { LINKED_CHOICE, LINKED_LOGIN, LINKED_PAYMENT, LOGIN_BACK, SESSION_SECRET, VERIFIER } from "./sessions.ts";

const { receivedAt } = LINKED_LOGIN;

/** What the server computes from the same request. */
function serversAuthCode(started: StartedDeviceLink, text: string): string {
  const signed = {
    authentication: ["ACSP_V2", LINKED_LOGIN.rpChallenge, LINKED_LOGIN.interactions],
    signature: ["RAW_DIGEST_SIGNATURE", LINKED_PAYMENT.digest, LINKED_PAYMENT.interactions],
    "certificate-choice": ["", "", ""],
  } as const;
  const [signatureProtocol, toSign, interactions] = signed[started.kind];
  const terms = {
    schemeName: "smart-id",
    signatureProtocol,
    toSign,
    relyingPartyName: "DEMO",
    brokeredRpName: "Example RP",
    interactions,
    initialCallbackUrl: started.initialCallbackUrl,
  };
  return authCodeOf(fromBase64(SESSION_SECRET)!, terms, parseDeviceLink(text)!);
}

describe("a device link", () => {
  it.each([
    ["auth", LINKED_LOGIN],
    ["sign", LINKED_PAYMENT],
    ["cert", LINKED_CHOICE],
  ] as const)("of the type %s is what the server computes, for each way to open it", async (sessionType, started) => {
    const rest = `&sessionToken=${started.sessionToken}&sessionType=${sessionType}&version=1.0`;
    const qr = await qrLink(started, receivedAt + 7999);
    expect(qr).toContain(`https://id.example.com/device-link?deviceLinkType=QR&elapsedSeconds=7${rest}&lang=eng&authCode=`);
    const web = await deviceLink(started, "Web2App", { language: "est" });
    expect(web).toContain(`https://id.example.com/device-link?deviceLinkType=Web2App${rest}&lang=est&authCode=`);
    const app = await deviceLink(started, "App2App");
    for (const link of [qr, web, app]) expect(parseDeviceLink(link)?.authCode).toBe(serversAuthCode(started, link));
    expect(qr).not.toContain(SESSION_SECRET);
  });

  it("is not made of what would make another one", async () => {
    const without = { ...LINKED_LOGIN, initialCallbackUrl: "" };
    expect(() => deviceLink(without, "Web2App")).toThrow("needs an initialCallbackUrl");
    await expect(qrLink(without, receivedAt, { language: "en&x=1" })).rejects.toThrow("language");
    await expect(qrLink({ ...LINKED_LOGIN, sessionSecret: "no base64" })).rejects.toThrow("sessionSecret");
    expect(await qrLink(LINKED_LOGIN, receivedAt - 5000)).toContain("&elapsedSeconds=0&");
  });
});

describe("QR codes", () => {
  it("come one a second, each made when it is asked for, until the session's time is over", async () => {
    const clock = new TestClock(receivedAt + 250);
    const seconds: number[] = [];
    for await (const frame of qrFrames(LINKED_LOGIN, { clock })) {
      expect(frame.link).toBe(await qrLink(LINKED_LOGIN, clock.time));
      expect(frame.link).toContain(`&elapsedSeconds=${frame.elapsedSeconds}&`);
      expect(frame.staleAt).toBe(receivedAt + frame.elapsedSeconds * 1000 + 3000);
      seconds.push(frame.elapsedSeconds);
    }
    expect(seconds).toEqual(Array.from({ length: 180 }, (_, second) => second));
  });

  it("are never old: whoever is slow gets the one of now, and none that waited", async () => {
    const clock = new TestClock(receivedAt);
    const seconds: number[] = [];
    for await (const { elapsedSeconds, staleAt } of qrFrames(LINKED_LOGIN, { clock })) {
      expect(staleAt - clock.time).toBeGreaterThan(2000);
      seconds.push(elapsedSeconds);
      clock.time += 10_400;
      if (seconds.length === 4) break;
    }
    expect(seconds).toEqual([0, 10, 20, 31]);
  });

  it("come once a second again to whoever was slow once, and not in a burst", async () => {
    const clock = new TestClock(receivedAt);
    const seconds: number[] = [];
    for await (const { elapsedSeconds } of qrFrames(LINKED_LOGIN, { clock })) {
      seconds.push(elapsedSeconds);
      if (seconds.length === 1) clock.time += 10_400;
      if (seconds.length === 4) break;
    }
    expect(seconds).toEqual([0, 10, 11, 12]);
  });

  it("go on, each with a later second, where the clock is set back, and where it is right again", async () => {
    const clock = new TestClock(receivedAt - 60_000);
    const seconds: number[] = [];
    for await (const { link, elapsedSeconds, staleAt } of qrFrames(LINKED_LOGIN, { clock })) {
      expect(link).toContain(`&elapsedSeconds=${elapsedSeconds}&`);
      // By the clock that whoever shows the code has, too.
      expect(staleAt - clock.time).toBeGreaterThan(2000);
      expect(staleAt - clock.time).toBeLessThanOrEqual(3000);
      seconds.push(elapsedSeconds);
      if (seconds.length === 3) clock.time += 60_000;
      if (seconds.length === 6) clock.time -= 600_000;
      if (seconds.length === 9) break;
    }
    expect(seconds).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(clock.slept).toEqual(Array.from({ length: 8 }, () => 1000));
  });

  it("end with the signal, before the first one, between two and while one is waited for", async () => {
    const framesUntil = async (controller: AbortController, aborting: TestClock) => {
      let frames = 0;
      for await (const _ of qrFrames(LINKED_LOGIN, { clock: aborting, signal: controller.signal }))
        if (++frames === 3) controller.abort();
      return frames;
    };
    const clock = new TestClock(receivedAt);
    expect(await framesUntil(new AbortController(), clock)).toBe(3);
    const before = new AbortController();
    before.abort();
    expect(await framesUntil(before, clock)).toBe(0);
    const during = new AbortController();
    const waiting = new (class extends TestClock {
      override async sleep(milliseconds: number) {
        this.time += milliseconds / 2;
        during.abort();
      }
    })(receivedAt);
    expect(await framesUntil(during, waiting)).toBe(1);
  });
});

describe("a callback", () => {
  it("of the session tells the verifier, where there is one", async () => {
    expect(await verifyCallback(LINKED_LOGIN, LOGIN_BACK)).toEqual({ ok: true, value: { userChallengeVerifier: VERIFIER } });
    const refused = LOGIN_BACK.replace(/&userChallengeVerifier=.*/, "");
    expect(await verifyCallback(LINKED_LOGIN, refused)).toEqual({ ok: true, value: {} });
    expect(await verifyCallback({ ...LINKED_LOGIN, initialCallbackUrl: "" }, LOGIN_BACK)).toEqual({
      ok: false,
      failure: { code: "callback_url" },
    });
  });
});

describe("the published examples", () => {
  const rpChallenge = "GYS+yoah6emAcVDNIajwSs6UB/M95XrDxMzXBUkwQJ9YFDipXXzGpPc7raWcuc2+TEoRc7WvIZ/7dU/iRXenYg==";

  it("of a verification code", async () => {
    expect(await verificationCode(rpChallenge)).toBe("7180");
    await expect(verificationCode("no base64")).rejects.toThrow("rpChallenge");
  });

  it("of ACSP_V2", async () => {
    const started = {
      ...LINKED_LOGIN,
      rpChallenge,
      interactions:
        "W3sidHlwZSI6ImNvbmZpcm1hdGlvbk1lc3NhZ2UiLCJkaXNwbGF5VGV4dDIwMCI6IkxvbmdlciBkZXNjcmlwdGlvbiBvZiB0aGUgdHJhbnNhY3Rpb24gY29udGV4dCJ9LHsidHlwZSI6ImRpc3BsYXlUZXh0QW5kUElOIiwiZGlzcGxheVRleHQ2MCI6IlNob3J0IGRlc2NyaXB0aW9uIG9mIHRoZSB0cmFuc2FjdGlvbiBjb250ZXh0In1d",
      initialCallbackUrl: "https://rp.example.com/callback-url?value=RrKjjT4aggzu27YBddX1bQ",
    };
    const added = {
      serverRandom: "MTlop6EXCrQ6FOErcKjxUhbV",
      userChallenge: "GnsWXXEjTCKR89fj9uo5u5ReBZ9JR7_pezLAI5jMS00",
      interactionTypeUsed: "confirmationMessage",
      flowType: "Web2App",
    } as const;
    const hash = await crypto.subtle.digest("SHA-512", await acspV2Payload(started, added));
    expect(btoa(String.fromCharCode(...new Uint8Array(hash)))).toBe(
      "pKOjbNl/5Fy8NfrFqsj6pSn8W8O+Ik8rM33QSsbyD3J9qDJvEm90SboUciuY4wHGWa0Pnq8BgT3NJKmJiUDfKg==",
    );
  });
});
