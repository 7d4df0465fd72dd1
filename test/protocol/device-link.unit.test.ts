import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  authCodeOf,
  callbackAddress,
  type DeviceLink,
  deviceLinkText,
  isCallbackUrl,
  parseDeviceLink,
  sessionSecretDigest,
  unprotectedLinkText,
  userChallengeOf,
} from "../../src/protocol/device-link.ts";

const LINK: DeviceLink = {
  deviceLinkBase: "https://id.example.ee/device-link",
  deviceLinkType: "QR",
  elapsedSeconds: 7,
  sessionToken: "S2gPzh0R9tNHjvCz4mmuQmxZ2PSY1X3lQFcFRQXkq0b",
  sessionType: "auth",
  language: "eng",
  authCode: "A".repeat(43),
};
const QR =
  "https://id.example.ee/device-link?deviceLinkType=QR&elapsedSeconds=7&sessionToken=S2gPzh0R9tNHjvCz4mmuQmxZ2PSY1X3lQFcFRQXkq0b" +
  `&sessionType=auth&version=1.0&lang=eng&authCode=${"A".repeat(43)}`;

describe("a device link", () => {
  test("has its parameters in one order, and elapsedSeconds only as a QR code", () => {
    expect(deviceLinkText(LINK)).toBe(QR);
    const { elapsedSeconds: _, ...button } = { ...LINK, deviceLinkType: "Web2App" as const };
    expect(unprotectedLinkText(button)).toBe(
      `https://id.example.ee/device-link?deviceLinkType=Web2App&sessionToken=${LINK.sessionToken}&sessionType=auth&version=1.0&lang=eng`,
    );
  });

  test("is read back as it was written", () => {
    expect(parseDeviceLink(QR)).toEqual(LINK);
    const web = QR.replace("QR&elapsedSeconds=7", "Web2App");
    expect(deviceLinkText(parseDeviceLink(web) as DeviceLink)).toBe(web);
  });

  test.each([
    ["no scheme that a browser opens", QR.replace("https://", "javascript:")],
    ["a fragment", `${QR}#x`],
    ["another order", QR.replace("&version=1.0&lang=eng", "&lang=eng&version=1.0")],
    ["another version", QR.replace("version=1.0", "version=2.0")],
    ["a parameter more", `${QR}&x=1`],
    ["a parameter less", QR.replace("&lang=eng", "")],
    ["a leading zero", QR.replace("elapsedSeconds=7", "elapsedSeconds=07")],
    ["a QR code without its seconds", QR.replace("&elapsedSeconds=7", "")],
    ["a button with seconds", QR.replace("=QR", "=App2App")],
    ["an unknown type", QR.replace("=QR", "=NFC")],
    ["an unknown session type", QR.replace("=auth&", "=pay&")],
    ["URL encoding", QR.replace("S2gP", "%53gP")],
    ["a short token", QR.replace(/sessionToken=\w+/, "sessionToken=short")],
    ["a padded authCode", `${QR}=`],
    ["two lines", QR.replace("&lang", "\n&lang")],
    ["more than 2048 characters", QR.replace("id.example.ee", `id.${"x".repeat(2000)}.ee`)],
  ])("is not what has %s", (_what, text) => {
    expect(parseDeviceLink(text)).toBeUndefined();
  });
});

describe("the authCode", () => {
  const secret = new Uint8Array(32).map((_, index) => index);
  const terms = {
    schemeName: "smart-id",
    signatureProtocol: "ACSP_V2",
    toSign: "GYS+yoah6emAcVDNIajwSs6UB/M95XrDxMzXBUkwQJ9YFDipXXzGpPc7raWcuc2+TEoRc7WvIZ/7dU/iRXenYg==",
    relyingPartyName: "DEMO",
    brokeredRpName: "",
    interactions: "W10=",
    initialCallbackUrl: "https://rp.example.com/back",
  } as const;
  const expected = (fields: readonly string[]): string =>
    createHmac("sha256", secret).update(fields.join("|"), "utf8").digest("base64url");

  test("of a QR code covers every field, and the empty callback", () => {
    const link = unprotectedLinkText(LINK);
    const code = expected(["smart-id", "ACSP_V2", terms.toSign, "REVNTw==", "", "W10=", "", link]);
    expect(authCodeOf(secret, terms, LINK)).toBe(code);
  });

  test("of a button covers the callback", () => {
    const { elapsedSeconds: _, ...button } = { ...LINK, deviceLinkType: "App2App" as const };
    const link = unprotectedLinkText(button);
    const code = expected(["smart-id", "ACSP_V2", terms.toSign, "REVNTw==", "", "W10=", terms.initialCallbackUrl, link]);
    expect(authCodeOf(secret, terms, button)).toBe(code);
  });

  test.each(Object.keys(terms).filter((field) => field !== "initialCallbackUrl"))("changes with %s", (field) => {
    expect(authCodeOf(secret, { ...terms, [field]: "other" }, LINK)).not.toBe(authCodeOf(secret, terms, LINK));
  });
});

describe("the way back", () => {
  test("carries the digest of the secret, and the verifier where there is one", () => {
    const values = { sessionSecretDigest: "d", userChallengeVerifier: "v" };
    expect(callbackAddress("https://rp.example/", values)).toBe(
      "https://rp.example/?sessionSecretDigest=d&userChallengeVerifier=v",
    );
    expect(callbackAddress("https://rp.example/?value=1", { sessionSecretDigest: "d" })).toBe(
      "https://rp.example/?value=1&sessionSecretDigest=d",
    );
  });

  test("hashes the decoded secret, and the verifier's characters", () => {
    const secret = new Uint8Array([1, 2, 3]);
    expect(sessionSecretDigest(secret)).toBe(createHash("sha256").update(secret).digest("base64url"));
    expect(userChallengeOf("abc")).toBe(createHash("sha256").update("abc", "ascii").digest("base64url"));
  });

  test.each([
    "https://rp.example.com/callback?value=RrKjjT4aggzu27YBddX1bQ",
    "http://localhost:8080/back",
    "http://127.0.0.1/back",
    "http://[::1]:9000/",
  ])("may lead to %s", (address) => {
    expect(isCallbackUrl(address)).toBe(true);
  });

  test.each([
    "http://rp.example.com/",
    "http://localhost.example.com/",
    "http://127.0.0.1.example.com/",
    "javascript:alert(1)",
    "HTTPS://rp.example.com/",
    "https://user@rp.example.com/",
    "https://user:pw@rp.example.com/",
    "https://rp.example.com/#x",
    "https://rp.example.com/a|b",
    "https://rp.example.com\\@evil.example/",
    "https://rp.example.com/ ",
    "https://rp.example.com/ü",
    "https://rp.example.com/\u0000",
    "https://rp.example.com/\u202e",
    "https://",
    "",
    `https://rp.example.com/${"x".repeat(1800)}`,
  ])("may not lead to %s", (address) => {
    expect(isCallbackUrl(address)).toBe(false);
  });

  test("may not lead to half a character", () => {
    expect(isCallbackUrl("https://rp.example.com/\ud800")).toBe(false);
  });
});
