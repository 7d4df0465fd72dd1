// Home: what waits, what was found, and everything that home tells of.
import type { AccountNotice } from "../../../src/protocol/device-messages.ts";
import type { BrowserFamily } from "../../../src/pwa/model/browser-family.ts";
import type { PinChangeNews } from "../../../src/pwa/model/pin-change-news.ts";
import type { ClosedReason } from "../../../src/pwa/model/screen-parts.ts";
import type { AccountView, NotificationState, Screen, StorageState } from "../../../src/pwa/model/state.ts";
import { NOW } from "./gallery.ts";
import { account, CLOSED, DAY, DEAD, ID, JURIS, keyState, LOCKED, MINUTE, PARTY, UNFINISHED } from "./people.ts";
import { each, type Picture, type Pictures } from "./picture.ts";

type Home = Extract<Screen, { readonly name: "home" }>;

const IDLE: Home = { name: "home", check: "idle" };

const CHECKS: Readonly<Record<Home["check"], true>> = { idle: true, checking: true, nothing: true, unreachable: true };
const NOTIFICATIONS: Readonly<Record<NotificationState, true>> = { on: true, off: true, denied: true, unavailable: true };
const STORAGE: Readonly<Record<StorageState, true>> = { kept: true, loose: true, refused: true };
const BROWSERS: Readonly<Record<BrowserFamily, true>> = {
  "ios-browser": true,
  "ios-app": true,
  android: true,
  firefox: true,
  safari: true,
  chromium: true,
};

/** What the server says, and since when, where a change of PIN1 was interrupted. */
const PIN_CHANGES: Readonly<Record<PinChangeNews, Partial<AccountView>>> = {
  changed: { pinChangeIs: "heard", pinChange: { purpose: "auth", keyVersion: 0 } },
  unchanged: { pinChangeIs: "heard", pinChange: { purpose: "auth", keyVersion: 1 } },
  late: {
    pinChangeIs: "heard",
    pinChange: { purpose: "auth", keyVersion: 1 },
    state: keyState({
      reKey: { purpose: "auth", change: "replace", suites: ["rsa"], state: "issuing", until: NOW + MINUTE },
    }),
  },
  unknown: { pinChange: { purpose: "auth", keyVersion: 1 } },
};

/** As it is told of another account; two are told where that account is alone. */
const CLOSED_REASONS: Readonly<Record<ClosedReason, true>> = {
  owner: true,
  renewed: true,
  cloned: true,
  rolled_back: true,
  expired: true,
  operator: true,
  unknown: true,
  out_of_step: true,
};

/** Told on Mari's home, of an account that is elsewhere. */
const told = (part: { kind: "closed"; reason: string } | { kind: "pin_dead"; purpose: "sign" } | { kind: "new_account" }) => {
  const notice: AccountNotice = { id: ID, documentNumber: "PNOEE-50001029996-H7TT-NQ", at: NOW - DAY, ...part };
  return { screen: IDLE, accounts: [account({ state: keyState({ notices: [notice] }) })] };
};

const mari = (part: Partial<AccountView>): Picture<"home"> => ({ screen: IDLE, accounts: [account(part)] });

export const HOME: Pictures<"home"> = {
  home: {
    ...each(CHECKS, (check): Picture<"home"> => ({ screen: { name: "home", check } })),
    first: { screen: IDLE, practised: false },
    "several accounts": { screen: { name: "home", check: "nothing" }, accounts: [account(), JURIS, CLOSED, UNFINISHED] },
    waiting: mari({
      waiting: [
        { transactionId: ID, purpose: "auth", expiresAt: NOW + 2 * MINUTE, relyingPartyName: PARTY },
        { transactionId: `${ID}2`, purpose: "sign", expiresAt: NOW + MINUTE / 2, relyingPartyName: "Post" },
      ],
    }),
    "not heard of yet": mari({ state: undefined }),
    offline: { screen: IDLE, online: false },
    "out of step": mari({ state: keyState({ outOfStep: { count: 2, lastAt: NOW - DAY, unansweredForGood: true } }) }),
    "PIN1 locked": mari({
      state: keyState({ pins: { auth: LOCKED, sign: { state: "usable", attemptsLeft: 3, lockedUntil: 0 } } }),
    }),
    "PIN2 dead": mari({ state: keyState({ pins: { auth: LOCKED, sign: DEAD } }) }),
    "no passkey": mari({ missesPasskey: true }),
    "passkey offered": { screen: IDLE, passkeyOffer: "due" },
    "to renew": mari({ state: keyState({ expiresAt: NOW + 10 * DAY, renewFrom: NOW - DAY }) }),
    "new keys": mari({ state: keyState({ suites: ["rsa", "ed25519"] }) }),
    "too old": { screen: IDLE, tooOld: true },
    "new version": { screen: IDLE, updateReady: true },
    "wrong clock": mari({ clockSkew: -7 * MINUTE }),
    "to be installed": { screen: IDLE, storage: "refused", installable: true },
    "new account": told({ kind: "new_account" }),
    "other PIN dead": told({ kind: "pin_dead", purpose: "sign" }),
    ...each(PIN_CHANGES, (news) => mari(PIN_CHANGES[news]), "PIN change "),
    ...each(CLOSED_REASONS, (reason): Picture<"home"> => told({ kind: "closed", reason }), "other account closed, "),
    ...each(NOTIFICATIONS, (notifications): Picture<"home"> => ({ screen: IDLE, notifications }), "notifications "),
    ...each(STORAGE, (storage): Picture<"home"> => ({ screen: IDLE, storage }), "storage "),
    ...each(BROWSERS, (browser): Picture<"home"> => ({ screen: IDLE, storage: "refused", browser }), "storage refused by "),
    iphone: { screen: IDLE, notifications: "unavailable", storage: "loose", browser: "ios-browser" },
    everything: {
      screen: { name: "home", check: "unreachable" },
      accounts: [
        account({
          clockSkew: 7 * MINUTE,
          missesPasskey: true,
          pinChange: { purpose: "auth", keyVersion: 1 },
          state: keyState({
            pins: { auth: LOCKED, sign: DEAD },
            expiresAt: NOW + 10 * DAY,
            renewFrom: NOW - DAY,
            outOfStep: { count: 2, lastAt: NOW - DAY, unansweredForGood: false },
          }),
        }),
      ],
      online: false,
      notifications: "off",
      storage: "loose",
      updateReady: true,
    },
  },
};
