// What became of requests, PINs and accounts.
import type { ClosedReason, OutcomeKind, OutcomeScreen } from "../../../src/pwa/model/screen-parts.ts";
import { NOW } from "./gallery.ts";
import { account, DAY, DEAD, HOUR, ID, JURIS, keyState, LOCKED, PARTY } from "./people.ts";
import { each, type Picture, type Pictures } from "./picture.ts";
import { NOTHING_TYPED, PROBLEMS, TYPING, WORKING } from "./problems.ts";

const PAGE = "https://self-service.example.com/back?value=1";

type Outcome = Omit<OutcomeScreen, "name" | "outcome">;

const OF_LOGIN: Outcome = { purpose: "auth", relyingPartyName: PARTY };
const OF_SIGNATURE: Outcome = { purpose: "sign", relyingPartyName: PARTY };
const UNASKED: Outcome = { ...OF_LOGIN, transactionId: ID };
/** Never became a request, or is none. */
const OF_NOBODY: Outcome = {};

const OUTCOMES: Readonly<Record<OutcomeKind, Outcome>> = {
  confirmed: OF_LOGIN,
  refused: UNASKED,
  "wrong-code": UNASKED,
  "timed-out": UNASKED,
  "answered-elsewhere": UNASKED,
  "claimed-elsewhere": UNASKED,
  "not-presentable": OF_SIGNATURE,
  failed: OF_LOGIN,
  "not-done": OF_NOBODY,
  "app-too-old": OF_NOBODY,
  "account-active": OF_NOBODY,
  "application-wrong": OF_NOBODY,
  interrupted: OF_SIGNATURE,
  "not-supported": OF_SIGNATURE,
  "key-missing": OF_SIGNATURE,
  "certificate-given": OF_SIGNATURE,
  "waiting-stopped": OF_SIGNATURE,
  "nothing-came": OF_SIGNATURE,
  "link-broken": OF_NOBODY,
  "link-over": OF_NOBODY,
  "link-stale": OF_NOBODY,
  "link-forged": OF_NOBODY,
  "link-not-mine": OF_NOBODY,
  "link-must-wait": OF_NOBODY,
  "link-too-many": OF_NOBODY,
  "link-to-scan": OF_NOBODY,
};

/** How a practice can end. */
const PRACTISED = { confirmed: true, refused: true, "wrong-code": true, "timed-out": true, failed: true } as const;

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

const outcome = (kind: OutcomeKind, part: Outcome): Picture<"outcome"> => ({
  screen: { name: "outcome", outcome: kind, ...part },
});

export const ENDINGS: Pictures<"outcome" | "locked" | "dead" | "challenge" | "delete-account" | "closed"> = {
  outcome: {
    ...each(OUTCOMES, (kind) => outcome(kind, OUTCOMES[kind])),
    ...each(PRACTISED, (kind) => outcome(kind, { ...OF_LOGIN, practice: true }), "practice "),
    signed: outcome("confirmed", OF_SIGNATURE),
    "going back": outcome("confirmed", { ...OF_LOGIN, returnTo: PAGE }),
    "to go back": outcome("refused", { ...UNASKED, returnTo: PAGE }),
    "too old, to go back": outcome("app-too-old", { returnTo: PAGE }),
    "failed for nobody": outcome("failed", OF_NOBODY),
  },
  locked: {
    PIN1: { screen: { name: "locked", accountId: "mari", purpose: "auth", until: NOW + 3 * HOUR } },
    PIN2: {
      screen: { name: "locked", accountId: "mari", purpose: "sign", until: NOW + DAY, returnTo: PAGE },
      accounts: [account({ state: keyState({ pins: { auth: DEAD, sign: LOCKED } }) }), JURIS],
    },
    over: { screen: { name: "locked", accountId: "mari", purpose: "sign", until: NOW } },
  },
  dead: {
    PIN1: { screen: { name: "dead", accountId: "mari", purpose: "auth" } },
    PIN2: { screen: { name: "dead", accountId: "mari", purpose: "sign", returnTo: PAGE }, accounts: [account(), JURIS] },
    "both PINs": {
      screen: { name: "dead", accountId: "mari", purpose: "auth" },
      accounts: [account({ state: keyState({ pins: { auth: DEAD, sign: DEAD } }) })],
    },
  },
  challenge: {
    PIN1: { screen: { name: "challenge", accountId: "mari", pin: NOTHING_TYPED } },
    wrong: {
      screen: { name: "challenge", accountId: "mari", pin: TYPING, problem: PROBLEMS["wrong-pin"] },
      accounts: [account(), JURIS],
    },
    working: { screen: { name: "challenge", accountId: "mari", pin: WORKING } },
  },
  "delete-account": {
    asked: { screen: { name: "delete-account", accountId: "mari", from: "settings", busy: false } },
    busy: { screen: { name: "delete-account", accountId: "mari", from: "settings", busy: true } },
    problem: {
      screen: { name: "delete-account", accountId: "mari", from: "elsewhere", busy: false, problem: PROBLEMS.unreachable },
    },
  },
  closed: each(CLOSED_REASONS, (reason): Picture<"closed"> => ({ screen: { name: "closed", accountId: "mari", reason } })),
};
