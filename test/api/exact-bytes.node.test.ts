// The relying party of these tests, judged by the vectors of the public documentation before it judges the server; and that it stands on
// its own feet.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { acspV2Payload, deviceLink, type LinkParts, type LinkTerms, verificationCode } from "./exact-bytes.ts";

const CHALLENGE = "GYS+yoah6emAcVDNIajwSs6UB/M95XrDxMzXBUkwQJ9YFDipXXzGpPc7raWcuc2+TEoRc7WvIZ/7dU/iRXenYg==";
const DIGEST = "FNZFFya5wGLv9b27fZngaWrOBqle4tGwxZuDFRBdPl1RQvxJsfoqvTbjafd+8BcehMOQGvak6zlP+F8tga4bfQ==";
const INTERACTIONS =
  "W3sidHlwZSI6ImNvbmZpcm1hdGlvbk1lc3NhZ2UiLCJkaXNwbGF5VGV4dDIwMCI6IkxvbmdlciBkZXNjcmlwdGlvbiBvZiB0aGUgdHJhbnNhY3Rpb24gY29udGV4dCJ9LHs" +
  "idHlwZSI6ImRpc3BsYXlUZXh0QW5kUElOIiwiZGlzcGxheVRleHQ2MCI6IlNob3J0IGRlc2NyaXB0aW9uIG9mIHRoZSB0cmFuc2FjdGlvbiBjb250ZXh0In1d";
const CALLBACK = "https://rp.example.com/callback-url?value=RrKjjT4aggzu27YBddX1bQ";
const NAMES = { relyingPartyName: "DEMO", brokeredRpName: "Example RP" };

describe("the relying party of these tests computes what the public documentation has computed", () => {
  it("signs the payload of ACSP_V2 (page Signature protocols)", () => {
    const payload = acspV2Payload({
      serverRandom: "MTlop6EXCrQ6FOErcKjxUhbV",
      rpChallenge: CHALLENGE,
      userChallenge: "GnsWXXEjTCKR89fj9uo5u5ReBZ9JR7_pezLAI5jMS00",
      ...NAMES,
      interactions: INTERACTIONS,
      interactionTypeUsed: "confirmationMessage",
      initialCallbackUrl: CALLBACK,
      flowType: "Web2App",
    });
    expect(createHash("sha512").update(payload).digest("base64")).toBe(
      "pKOjbNl/5Fy8NfrFqsj6pSn8W8O+Ik8rM33QSsbyD3J9qDJvEm90SboUciuY4wHGWa0Pnq8BgT3NJKmJiUDfKg==",
    );
  });

  it("shows the verification code of the challenge (page Notification based flows)", () => {
    expect(verificationCode(CHALLENGE)).toBe("7180");
  });

  const authentication = { ...NAMES, signed: CHALLENGE, interactions: INTERACTIONS };
  const signature = { ...NAMES, signed: DIGEST, interactions: INTERACTIONS };
  const returning = { initialCallbackUrl: CALLBACK };
  // Pages "Device link flows" and "authCode calculation" of version 3.2: the same secret and token throughout.
  const links: readonly (readonly [LinkParts["deviceLinkType"], LinkParts["sessionType"], LinkTerms, authCode: string])[] = [
    ["QR", "auth", { ...authentication, ...returning }, "OY1eHaD4UYedrBwtqUbSkpa0w7ttm4FllPkCD_3wlE0"],
    ["QR", "sign", signature, "5PZVhiNDTnt1MjLz8_YCjnNtR7p0iGevaL2G1ajfMco"],
    ["QR", "cert", NAMES, "T5pDDPAjoMS0byqS-FoaWVjlubODXoCCF4XDB4HeYNo"],
    ["Web2App", "auth", { ...authentication, ...returning }, "aegUh6gCKkXBJhhvtJqSTWB5_2W8TDQt5eZ7db6krv0"],
    ["App2App", "sign", { ...signature, ...returning }, "8QZ16rkBW_ffkq6osT7UH1DbUlF9gEOZevgj-A0VNbM"],
    ["Web2App", "cert", { ...NAMES, ...returning }, "PI1qYa9_l6zR-v6Pkre6ycSm7S3BGiOQSe5OQlw4UJg"],
  ];
  it.each(links)("makes the authCode of a link (%s, %s)", (deviceLinkType, sessionType, terms, authCode) => {
    const deviceLinkBase = "https://smart-id.com/device-link";
    const parts = { deviceLinkBase, deviceLinkType, elapsedSeconds: 22, sessionToken: "wGIrqveE6AuGDATZKmR1mtAZ", sessionType };
    const elapsed = deviceLinkType === "QR" ? "&elapsedSeconds=22" : "";
    expect(deviceLink(parts, terms, "B98ODiVCebRedSwdTk51zFSaGYyHtY1H2A0ocAi3/Ps=")).toBe(
      `https://smart-id.com/device-link?deviceLinkType=${deviceLinkType}${elapsed}&sessionToken=wGIrqveE6AuGDATZKmR1mtAZ` +
        `&sessionType=${sessionType}&version=1.0&lang=eng&authCode=${authCode}`,
    );
  });
});

// What judges the server must not be the server: one mistake would be made twice and never be seen.
it("nothing in this folder imports the server's code", () => {
  const imported = readdirSync(import.meta.dirname).flatMap((file) => {
    const text = readFileSync(join(import.meta.dirname, file), "utf8");
    const specifiers = text.matchAll(/(?:from|import)\s*\(?\s*["']([^"'\n]+)["']/g);
    return [...specifiers].map(([, specifier = ""]) => ({ file, specifier }));
  });
  expect(imported.length).toBeGreaterThan(10);
  // The server is started by the script that starts it for everybody, by one file alone.
  const allowed = /^(node:[a-z/_]+|vitest|\.\/[a-z-]+\.ts|\.\.\/support\/openssl\.ts)$/;
  const others = imported.filter(({ specifier }) => !allowed.test(specifier));
  expect(others).toEqual([
    { file: "local-people.ts", specifier: "../../scripts/server.ts" },
    { file: "local-people.ts", specifier: "../../scripts/simulator/start-simulator.ts" },
  ]);
});
