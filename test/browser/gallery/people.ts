// The people of the gallery, their accounts, and what a server says of them. Names are long, so that what holds them is tried out.
import type { Owner } from "../../../src/authenticator/device-record.ts";
import type { Operator } from "../../../src/protocol/registration-about.ts";
import type { AppState, AccountView, KeyState } from "../../../src/pwa/model/state.ts";
import { NOW } from "./gallery.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** 16 bytes, base64url. */
export const ID = "AQIDBAUGBwgJCgsMDQ4PEA";
/** 32 bytes, base64url. */
export const BYTES_32 = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";
export const PARTY = "Example Bank & Insurance";

export const MARI: Owner = {
  givenName: "MARI-LIIS MARGARETHE",
  surname: "TAMMSAAR-KULDKEPP",
  semanticsIdentifier: "PNOEE-50001029996",
};
const JURI: Owner = { givenName: "JÜRI", surname: "TAMM", semanticsIdentifier: "PNOEE-40504040001" };

type Pin = KeyState["pins"]["auth"];

const USABLE: Pin = { state: "usable", attemptsLeft: 3, lockedUntil: 0 };
export const LOCKED: Pin = { state: "locked", attemptsLeft: 0, lockedUntil: NOW + 3 * HOUR };
export const DEAD: Pin = { state: "dead", attemptsLeft: 0, lockedUntil: 0 };

export const keyState = (part: Partial<KeyState> = {}): KeyState => ({
  status: "active",
  closedReason: "",
  documentNumber: "PNOEE-50001029996-K2GN-Q",
  level: "QUALIFIED",
  now: NOW,
  expiresAt: NOW + 700 * DAY,
  renewFrom: NOW + 640 * DAY,
  pins: { auth: USABLE, sign: USABLE },
  suites: ["rsa"],
  keys: [
    { purpose: "auth", suite: "rsa", keyVersion: 1 },
    { purpose: "sign", suite: "rsa", keyVersion: 1 },
  ],
  reKey: null,
  outOfStep: { count: 0, lastAt: 0, unansweredForGood: false },
  pushEndpointHash: "",
  notices: [],
  awaited: null,
  ...part,
});

/** Mari's. */
export const account = (part: Partial<AccountView> = {}): AccountView => ({
  id: "mari",
  owner: MARI,
  state: keyState(),
  clockSkew: 0,
  waiting: [],
  ...part,
});

export const JURIS = account({
  id: "juri",
  owner: JURI,
  state: keyState({ level: "ADVANCED", documentNumber: "PNOEE-40504040001-H7TT-NQ" }),
});
export const CLOSED = account({
  id: "closed",
  owner: JURI,
  state: keyState({ status: "closed", closedReason: "expired", documentNumber: "PNOEE-40504040001-B3RD-Q" }),
});
export const UNFINISHED = account({
  id: "unfinished",
  owner: undefined,
  state: keyState({ status: "opened", documentNumber: "" }),
});

/** With addresses of a length that fills a line. */
const OPERATOR: Operator = {
  name: "Information System Authority of Example",
  contact: "mailto:help.for.people@identity-service.example.ee",
  terms: "https://www.identity-service.example.ee/legal/terms-of-use-for-natural-persons-2026",
  privacy: "https://www.identity-service.example.ee/legal/privacy",
};

/** The app around a screen, where a picture says nothing of it. */
export const AROUND: Omit<AppState, "screen"> = {
  accounts: [account()],
  selected: "mari",
  operator: OPERATOR,
  offered: undefined,
  online: true,
  notifications: "on",
  updateReady: false,
  tooOld: false,
  storage: "kept",
  installable: false,
  practised: true,
  passkeyOffer: "over",
  understood: [],
};
