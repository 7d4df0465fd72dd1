// The settings and what stands behind them, but for changed PINs; and practice.
import type { AccountCertificate } from "../../../src/protocol/account-certificates.ts";
import type { TestPush } from "../../../src/pwa/model/screen-parts.ts";
import type { NotificationState } from "../../../src/pwa/model/state.ts";
import type { BrowserFamily } from "../../../src/pwa/model/browser-family.ts";
import { NOW } from "./gallery.ts";
import { account, BYTES_32, CLOSED, DAY, ID, JURIS, UNFINISHED } from "./people.ts";
import { each, type Picture, type Pictures, type ScreenOf } from "./picture.ts";
import { PROBLEMS } from "./problems.ts";

const PASSKEY = { credentialId: ID, salt: BYTES_32 };

const CERTIFICATE: AccountCertificate = {
  purpose: "auth",
  suite: "rsa",
  der: "MIIB",
  subject: "SERIALNUMBER=PNOEE-50001029996, GIVENNAME=MARI-LIIS MARGARETHE, SURNAME=TAMMSAAR-KULDKEPP, C=EE",
  issuer: "CN=TEST of Tally EID-Q 2026E, O=Tally, C=EE",
  issuerName: "TEST of Tally EID-Q 2026E",
  serialNumber: "3fa2b0c97d81e4f65a0b1c2d3e4f5061",
  notBefore: NOW - 30 * DAY,
  notAfter: NOW + 700 * DAY,
  key: { algorithm: "RSA", bits: 6144 },
};

const TOLD: ScreenOf<"account-details">["told"] = {
  appliedAt: NOW - 30 * DAY,
  certificates: [
    CERTIFICATE,
    { ...CERTIFICATE, suite: "ed25519", serialNumber: "4fa2", key: { algorithm: "Ed25519", bits: 256 } },
    { ...CERTIFICATE, purpose: "sign", serialNumber: "5fa2" },
  ],
};

const NOTIFICATIONS: Readonly<Record<NotificationState, true>> = { on: true, off: true, denied: true, unavailable: true };
const TESTS: Readonly<Record<TestPush, true>> = {
  idle: true,
  sending: true,
  arrived: true,
  offline: true,
  failed: true,
  sent: true,
  gone: true,
  refused: true,
  unreachable: true,
  none: true,
  too_soon: true,
};
/** Each with words of its own for what is to be allowed. */
const BROWSERS: Readonly<Record<BrowserFamily, true>> = {
  "ios-browser": true,
  "ios-app": true,
  android: true,
  firefox: true,
  safari: true,
  chromium: true,
};

const STEPS: Readonly<Record<ScreenOf<"passkey">["step"], true>> = {
  offer: true,
  try: true,
  on: true,
  "turned-off": true,
  impossible: true,
};
const passkey = (step: ScreenOf<"passkey">["step"], part: Partial<ScreenOf<"passkey">> = {}): Picture<"passkey"> => ({
  screen: { name: "passkey", accountId: "mari", step, busy: false, ...part },
});

const KEPT = "0123456789abcdef".repeat(4);
const BUILD = { kept: KEPT, published: KEPT, commit: "0f1e2d3c4b5a69788796a5b4c3d2e1f001234567" };

const details = (part: Partial<ScreenOf<"account-details">>): Picture<"account-details"> => ({
  screen: { name: "account-details", accountId: "mari", asking: false, ...part },
});
const practice = { name: "practice", accountId: "mari", rpChallenge: "", code: "4821", from: "settings", busy: false } as const;

export const SETTINGS: Pictures<
  "settings" | "account-details" | "notifications" | "about" | "passkey" | "passkey-lost" | "practice"
> = {
  settings: {
    plain: { screen: { name: "settings" } },
    everything: {
      screen: { name: "settings", opened: "passkey" },
      accounts: [account({ passkey: PASSKEY, typesCode: true }), JURIS, CLOSED],
      notifications: "denied",
      installable: true,
    },
    "no account shown": { screen: { name: "settings" }, accounts: [CLOSED, UNFINISHED], selected: undefined },
  },
  "account-details": {
    told: details({ told: TOLD }),
    asking: details({ asking: true }),
    trouble: details({ trouble: PROBLEMS.unreachable }),
    basic: { ...details({ accountId: "juri", told: TOLD }), accounts: [JURIS] },
  },
  notifications: {
    ...each(NOTIFICATIONS, (notifications): Picture<"notifications"> => ({
      screen: { name: "notifications", accountId: "mari", test: "idle" },
      notifications,
    })),
    ...each(TESTS, (test): Picture<"notifications"> => ({ screen: { name: "notifications", accountId: "mari", test } }), "test "),
    ...each(
      BROWSERS,
      (browser): Picture<"notifications"> => ({
        screen: { name: "notifications", accountId: "mari", test: "idle" },
        notifications: "denied",
        browser,
      }),
      "denied by ",
    ),
    "unavailable on iphone": {
      screen: { name: "notifications", accountId: "mari", test: "idle" },
      notifications: "unavailable",
      browser: "ios-browser",
    },
  },
  about: {
    looking: { screen: { name: "about", build: undefined } },
    same: { screen: { name: "about", build: BUILD, licences: { text: "Tally\n\nApache License 2.0\n\n".repeat(20) } } },
    differs: { screen: { name: "about", build: { ...BUILD, published: "fedcba9876543210".repeat(4) }, licences: "unreachable" } },
    "not kept": { screen: { name: "about", build: { ...BUILD, kept: undefined }, licences: "loading" } },
    "operator unsaid": { screen: { name: "about", build: BUILD }, operator: {} },
    "not compared": { screen: { name: "about", build: { kept: KEPT, published: undefined } } },
  },
  passkey: {
    ...each(STEPS, (step) => passkey(step)),
    "instead of another": { ...passkey("offer"), accounts: [account({ missesPasskey: true })] },
    "try once": passkey("try", { made: { passkey: PASSKEY, print: undefined } }),
    "try again": passkey("try", { made: { passkey: PASSKEY, print: BYTES_32 }, prompting: true }),
    "turning off": passkey("on", { busy: true }),
    "another window": passkey("try", { problem: PROBLEMS["passkey-elsewhere"] }),
    "part missing": passkey("on", { problem: PROBLEMS.reload }),
  },
  "passkey-lost": { asked: { screen: { name: "passkey-lost", accountId: "mari" } } },
  practice: {
    code: { screen: practice },
    busy: { screen: { ...practice, busy: true } },
    ...each(PROBLEMS, (kind): Picture<"practice"> => ({ screen: { ...practice, problem: PROBLEMS[kind] } }), "problem "),
  },
};
