// What relying parties ask, and how it is answered.
import type { ListedTransaction } from "../../../src/authenticator/transactions.ts";
import type { CertificateChoice, ShownTransaction } from "../../../src/protocol/claimed-transaction.ts";
import type { ArrivedLink, ScanRemark } from "../../../src/pwa/model/screen-parts.ts";
import type { CameraProblem } from "../../../src/pwa/scanner/camera.ts";
import { NOW } from "./gallery.ts";
import { account, BYTES_32, ID, JURIS, keyState, MINUTE, PARTY, UNFINISHED } from "./people.ts";
import { each, type Picture, type Pictures, type ScreenOf } from "./picture.ts";
import { NOTHING_TYPED, PROBLEMS, TYPING, WORKING } from "./problems.ts";

const CLAIMED = {
  transactionId: ID,
  suite: "rsa",
  keyVersion: 1,
  offer: {},
  expiresAt: NOW + 2 * MINUTE,
  signatureAlgorithm: "rsassa-pss",
  hashAlgorithm: "SHA-512",
  relyingPartyName: PARTY,
  brokeredRpName: "",
  flowType: "Notification",
  initialCallbackUrl: "",
  sessionSecretDigest: "",
  interactions: "",
  interactionTypeUsed: "confirmationMessage",
} as const satisfies Partial<ShownTransaction>;

const LOGIN: ShownTransaction = {
  ...CLAIMED,
  kind: "authentication",
  purpose: "auth",
  schemeName: "tally",
  rpChallenge: "",
  serverRandom: "",
};
const SIGNATURE: ShownTransaction = { ...CLAIMED, kind: "signature", purpose: "sign", digest: "", verificationCode: "4821" };

const TEXT = "Log in to the self-service of Example Bank & Insurance?";
/** As long as it may be. */
const LONG_TEXT =
  "Contract 2026/118: pay EUR 12 480.00 to Kuldkepp & Daughters OÜ, EE38 2200 2210 2014 5685, for the reconstruction of the warehouse at Tööstuse 48, Tallinn, by the thirtieth of September 2026.";
const LONG_NAME = "Põhja-Eesti Ravimite, Tarvikute ja Seadmete Hulgimüügi Aktsiaselts";
const SHOWN = { relyingPartyName: PARTY, interaction: "confirmationMessage", text: TEXT, verificationCode: "4821" } as const;
const LONG = { ...SHOWN, text: LONG_TEXT };
/** Began on the relying party's page. */
const NO_CODE = { ...LONG, verificationCode: "" };
const CODES = ["4821", "9076", "3358"];

const FLOWS: Readonly<Record<ShownTransaction["flowType"], true>> = {
  QR: true,
  App2App: true,
  Web2App: true,
  Notification: true,
};

const TWO = { accounts: [account(), JURIS] };

const asked = (part: Partial<ScreenOf<"transaction">>): ScreenOf<"transaction"> => ({
  name: "transaction",
  accountId: "mari",
  claimed: LOGIN,
  shown: SHOWN,
  busy: false,
  ...part,
});

const atPin = (part: Partial<ScreenOf<"pin">>): ScreenOf<"pin"> => ({
  name: "pin",
  accountId: "mari",
  claimed: LOGIN,
  shown: SHOWN,
  pin: TYPING,
  ...part,
});

const CHOICE: CertificateChoice = {
  kind: "certificate-choice",
  transactionId: ID,
  purpose: "sign",
  expiresAt: NOW + 2 * MINUTE,
  relyingPartyName: PARTY,
  brokeredRpName: "",
  flowType: "Web2App",
  initialCallbackUrl: "",
  sessionSecretDigest: "",
};

const SEVERAL: ListedTransaction = {
  transactionId: ID,
  purpose: "auth",
  expiresAt: NOW + 2 * MINUTE,
  relyingPartyName: PARTY,
  amongSeveral: true,
};
const useDevice = (busy: boolean): ScreenOf<"use-device"> => ({ name: "use-device", accountId: "mari", request: SEVERAL, busy });

const AWAITED = { accounts: [account({ state: keyState({ awaited: { relyingPartyName: PARTY, until: NOW + MINUTE } }) })] };
const awaiting = { name: "awaiting", accountId: "mari", relyingPartyName: PARTY, busy: false } as const;

const LINKS: Readonly<Record<ArrivedLink["sessionType"], ArrivedLink>> = {
  auth: { deviceLinkType: "QR", sessionType: "auth", sessionToken: BYTES_32, text: "" },
  sign: { deviceLinkType: "Web2App", sessionType: "sign", sessionToken: BYTES_32, text: "" },
  cert: { deviceLinkType: "App2App", sessionType: "cert", sessionToken: BYTES_32, text: "" },
};

const REMARKS: Readonly<Record<ScanRemark, true>> = {
  foreign: true,
  "no-request": true,
  stale: true,
  over: true,
  unreachable: true,
};
const CAMERA_PROBLEMS: Readonly<Record<CameraProblem, true>> = {
  denied: true,
  none: true,
  "in-use": true,
  unavailable: true,
  lost: true,
  failed: true,
  insecure: true,
};
const SCAN = { name: "scan", accountId: "mari", busy: false } as const;

export const REQUESTS: Pictures<"use-device" | "transaction" | "pin" | "certificate-choice" | "awaiting"> = {
  "use-device": {
    "another device": { screen: useDevice(false), accounts: [account({ waiting: [SEVERAL] })] },
    refusing: { screen: useDevice(true), accounts: [account({ waiting: [SEVERAL] })] },
    "several here": { screen: useDevice(false), accounts: [account({ waiting: [SEVERAL] }), { ...JURIS, waiting: [SEVERAL] }] },
  },
  transaction: {
    ...each(FLOWS, (flowType): Picture<"transaction"> => {
      const shown = flowType === "Notification" ? LONG : NO_CODE;
      return { screen: asked({ claimed: { ...SIGNATURE, flowType }, shown }) };
    }),
    "log in": { screen: asked({}), ...TWO },
    "nearly over": { screen: asked({ claimed: { ...LOGIN, expiresAt: NOW + 17_000 } }) },
    codes: { screen: asked({ codes: CODES }) },
    "codes, long text": { screen: asked({ claimed: SIGNATURE, shown: LONG, codes: CODES }), ...TWO },
    "codes, long name": { screen: asked({ shown: { ...LONG, relyingPartyName: LONG_NAME }, codes: CODES }) },
    "codes, refusing": { screen: asked({ codes: CODES, busy: true }) },
    "code to type": { screen: asked({ shown: LONG, typing: { digits: "" } }), ...TWO },
    "wrong code typed": { screen: asked({ typing: { digits: "48", triesLeft: 1 } }) },
  },
  pin: {
    PIN1: { screen: atPin({ pin: NOTHING_TYPED }) },
    PIN2: { screen: atPin({ claimed: SIGNATURE, shown: LONG }), ...TWO },
    "no code": { screen: atPin({ claimed: SIGNATURE, shown: NO_CODE }) },
    "code was typed": { screen: atPin({ typing: { digits: "4821" } }) },
    "wrong, two left": { screen: atPin({ pin: { ...NOTHING_TYPED, attemptsLeft: 2 } }) },
    "wrong, one left": { screen: atPin({ claimed: SIGNATURE, pin: { ...NOTHING_TYPED, attemptsLeft: 1 } }) },
    "at the passkey": { screen: atPin({ pin: { length: 4, state: "passkey" } }) },
    working: { screen: atPin({ pin: WORKING }) },
    ...each(PROBLEMS, (kind): Picture<"pin"> => ({ screen: atPin({ problem: PROBLEMS[kind] }) }), "problem "),
  },
  "certificate-choice": {
    asked: { screen: { name: "certificate-choice", accountId: "mari", claimed: CHOICE, busy: false }, ...TWO },
    problem: {
      screen: { name: "certificate-choice", accountId: "mari", claimed: CHOICE, busy: false, problem: PROBLEMS.unreachable },
    },
    busy: { screen: { name: "certificate-choice", accountId: "mari", claimed: CHOICE, busy: true } },
  },
  awaiting: {
    asked: { screen: awaiting, ...AWAITED },
    problem: { screen: { ...awaiting, problem: PROBLEMS.unreachable }, ...AWAITED },
  },
};

export const LINKED: Pictures<"link-opening" | "link-accounts" | "no-account" | "scan"> = {
  "link-opening": {
    busy: { screen: { name: "link-opening", accountId: "mari", link: LINKS.auth, busy: true } },
    problem: {
      screen: { name: "link-opening", accountId: "mari", link: LINKS.sign, busy: false, problem: PROBLEMS.unreachable },
    },
  },
  "link-accounts": {
    which: { screen: { name: "link-accounts", link: LINKS.cert, tried: [], rescan: false }, ...TWO },
    another: { screen: { name: "link-accounts", link: LINKS.sign, tried: ["mari"], rescan: false }, ...TWO },
    "scanned anew": { screen: { name: "link-accounts", link: LINKS.auth, tried: ["juri"], rescan: true }, ...TWO },
    "no other": { screen: { name: "link-accounts", link: LINKS.auth, tried: ["mari"], rescan: false } },
    basic: { screen: { name: "link-accounts", link: LINKS.sign, tried: ["juri"], rescan: false }, accounts: [JURIS] },
  },
  "no-account": {
    ...each(LINKS, (type): Picture<"no-account"> => {
      return { screen: { name: "no-account", link: LINKS[type], enrolling: false }, accounts: [], selected: undefined };
    }),
    unfinished: {
      screen: { name: "no-account", link: LINKS.auth, enrolling: true },
      accounts: [UNFINISHED],
      selected: "unfinished",
    },
  },
  scan: {
    starting: { screen: SCAN },
    pointing: { screen: SCAN, camera: "on" },
    opening: { screen: { ...SCAN, busy: true }, camera: "on" },
    ...each(REMARKS, (remark): Picture<"scan"> => ({ screen: { ...SCAN, remark }, camera: "on" })),
    ...each(CAMERA_PROBLEMS, (camera): Picture<"scan"> => ({ screen: SCAN, camera }), "camera "),
  },
};
