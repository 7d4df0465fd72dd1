import { sha512 } from "@noble/hashes/sha2.js";
import { describe, expect, test } from "vitest";
import { type AcspV2Input, acspV2Payload } from "../../src/protocol/acsp-v2.ts";
import { fromUtf8, toBase64 } from "../../src/protocol/encoding.ts";

/** The example of the published specification of the relying-party API. */
const PUBLISHED: AcspV2Input = {
  schemeName: "smart-id",
  serverRandom: "MTlop6EXCrQ6FOErcKjxUhbV",
  rpChallenge: "GYS+yoah6emAcVDNIajwSs6UB/M95XrDxMzXBUkwQJ9YFDipXXzGpPc7raWcuc2+TEoRc7WvIZ/7dU/iRXenYg==",
  userChallenge: "GnsWXXEjTCKR89fj9uo5u5ReBZ9JR7_pezLAI5jMS00",
  relyingPartyName: "DEMO",
  brokeredRpName: "Example RP",
  interactions:
    "W3sidHlwZSI6ImNvbmZpcm1hdGlvbk1lc3NhZ2UiLCJkaXNwbGF5VGV4dDIwMCI6IkxvbmdlciBkZXNjcmlwdGlvbiBvZiB0aGUgdHJhbnNhY3Rpb24gY29udGV4dCJ9LHsidHlwZSI6ImRpc3BsYXlUZXh0QW5kUElOIiwiZGlzcGxheVRleHQ2MCI6IlNob3J0IGRlc2NyaXB0aW9uIG9mIHRoZSB0cmFuc2FjdGlvbiBjb250ZXh0In1d",
  interactionTypeUsed: "confirmationMessage",
  initialCallbackUrl: "https://rp.example.com/callback-url?value=RrKjjT4aggzu27YBddX1bQ",
  flowType: "Web2App",
};

describe("ACSP_V2", () => {
  test("the published example hashes to the published SHA-512", () => {
    expect(toBase64(sha512(acspV2Payload(PUBLISHED)))).toBe(
      "pKOjbNl/5Fy8NfrFqsj6pSn8W8O+Ik8rM33QSsbyD3J9qDJvEm90SboUciuY4wHGWa0Pnq8BgT3NJKmJiUDfKg==",
    );
  });

  test("absent fields stay as empty strings between the bars", () => {
    const payload = fromUtf8(acspV2Payload({ ...PUBLISHED, brokeredRpName: "", flowType: "Notification" }));
    expect(payload.split("|")).toEqual([
      "smart-id",
      "ACSP_V2",
      PUBLISHED.serverRandom,
      PUBLISHED.rpChallenge,
      PUBLISHED.userChallenge,
      "REVNTw==",
      "",
      expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
      "confirmationMessage",
      "",
      "Notification",
    ]);
  });

  test.each(["QR", "Notification"] as const)("the callback URL is no part of %s, even where one is registered", (flowType) => {
    const other = { ...PUBLISHED, flowType, initialCallbackUrl: "https://elsewhere.example" };
    expect(acspV2Payload({ ...PUBLISHED, flowType })).toEqual(acspV2Payload(other));
  });

  test("the scheme name is the deployment's", () => {
    expect(fromUtf8(acspV2Payload({ ...PUBLISHED, schemeName: "smart-id-demo" }))).toMatch(/^smart-id-demo\|ACSP_V2\|/);
  });

  test("a bar in a name cannot move the fields", () => {
    const payload = fromUtf8(acspV2Payload({ ...PUBLISHED, relyingPartyName: "a|b", brokeredRpName: "c|d" }));
    expect(payload.split("|")).toHaveLength(11);
  });
});
