// The way to an account.
import { IDENTITY_METHODS } from "../../../src/pwa/model/identity-methods.ts";
import type { KeyStage } from "../../../src/pwa/model/screen-parts.ts";
import type { Application } from "../../../src/pwa/model/state.ts";
import { NOW } from "./gallery.ts";
import { account, BYTES_32, CLOSED, DAY, HOUR, ID, keyState, MARI, UNFINISHED } from "./people.ts";
import { each, type Picture, type Pictures } from "./picture.ts";
import { IDENTITY_REFUSALS, NOTHING_TYPED, PIN_REFUSALS, PROBLEMS, TYPING, WORKING } from "./problems.ts";

const NEW = { accounts: [UNFINISHED], selected: "unfinished" };

const APPLICATION: Application = {
  kind: "application",
  transactionId: ID,
  purpose: "sign",
  suite: "rsa",
  keyVersion: 1,
  offer: {},
  expiresAt: NOW + HOUR,
  signatureAlgorithm: "rsassa-pss",
  hashAlgorithm: "SHA-512",
  nonce: ID,
  ...MARI,
  level: "QUALIFIED",
  keys: [{ purpose: "sign", suite: "rsa", publicKeyHash: BYTES_32 }],
};

/** Of the other PIN, how far it is meanwhile. */
const STAGES: Readonly<Record<KeyStage, KeyStage>> = {
  waiting: "waiting",
  generating: "waiting",
  joining: "generating",
  proving: "joining",
  adding: "proving",
  done: "adding",
};

export const ENROLMENT: Pictures<
  "starting" | "welcome" | "identity-methods" | "identity" | "choose-pin" | "making-keys" | "application"
> = {
  starting: {
    "at once": { screen: { name: "starting" } },
    unfinished: { screen: { name: "starting", problem: PROBLEMS.unreachable }, ...NEW },
    storage: { screen: { name: "starting", problem: PROBLEMS.storage } },
    "newer storage": { screen: { name: "starting", problem: { kind: "storage", newer: true } } },
    "other windows": { screen: { name: "starting", problem: PROBLEMS["close-others"] } },
  },
  welcome: {
    first: { screen: { name: "welcome", canGoBack: false }, accounts: [], selected: undefined },
    "closed account": { screen: { name: "welcome", canGoBack: true }, accounts: [CLOSED, UNFINISHED], selected: undefined },
    iphone: { screen: { name: "welcome", canGoBack: false }, accounts: [], selected: undefined, browser: "ios-browser" },
  },
  "identity-methods": {
    asked: { screen: { name: "identity-methods" }, ...NEW },
    unreachable: { screen: { name: "identity-methods", problem: PROBLEMS.unreachable }, ...NEW },
    none: { screen: { name: "identity-methods", methods: [] }, ...NEW },
    choice: { screen: { name: "identity-methods", methods: IDENTITY_METHODS, problem: PROBLEMS.refused }, ...NEW },
  },
  identity: {
    refused: { screen: { name: "identity", busy: false, problem: PROBLEMS.refused }, ...NEW },
    empty: { screen: { name: "identity", busy: false }, ...NEW },
    busy: { screen: { name: "identity", busy: true }, ...NEW },
    ...each(IDENTITY_REFUSALS, (reason): Picture<"identity"> => ({
      screen: { name: "identity", busy: false, problem: { kind: "identity-refused", reason } },
      ...NEW,
    })),
  },
  "choose-pin": {
    PIN1: { screen: { name: "choose-pin", purpose: "auth", stage: "choose", pin: NOTHING_TYPED }, ...NEW },
    PIN2: { screen: { name: "choose-pin", purpose: "sign", stage: "choose", pin: TYPING }, ...NEW },
    "PIN1 drawn": { screen: { name: "choose-pin", purpose: "auth", stage: "drawn", pin: NOTHING_TYPED }, ...NEW },
    "PIN2 drawn": { screen: { name: "choose-pin", purpose: "sign", stage: "drawn", pin: NOTHING_TYPED }, ...NEW },
    "PIN2 drawn, problem": {
      screen: { name: "choose-pin", purpose: "sign", stage: "drawn", pin: NOTHING_TYPED, problem: PROBLEMS.failed },
      ...NEW,
    },
    "PIN1 repeated": { screen: { name: "choose-pin", purpose: "auth", stage: "repeat", pin: TYPING }, ...NEW },
    ...each(PIN_REFUSALS, (refusal): Picture<"choose-pin"> => ({
      screen: {
        name: "choose-pin",
        purpose: "sign",
        stage: refusal === "differs" ? "repeat" : "choose",
        pin: TYPING,
        ...(refusal !== "same_as_before" && { refusal }),
      },
      ...NEW,
    })),
  },
  "making-keys": {
    ...each(STAGES, (auth): Picture<"making-keys"> => ({
      screen: { name: "making-keys", progress: { auth, sign: STAGES[auth] }, waitsForNetwork: false },
      ...NEW,
    })),
    "no network": {
      screen: { name: "making-keys", progress: { auth: "done", sign: "proving" }, waitsForNetwork: true },
      ...NEW,
      online: false,
    },
  },
  application: {
    "to sign": { screen: { name: "application", application: APPLICATION, pin: NOTHING_TYPED }, ...NEW },
    signing: { screen: { name: "application", application: APPLICATION, pin: WORKING }, ...NEW },
    "wrong PIN": {
      screen: { name: "application", application: APPLICATION, pin: { ...NOTHING_TYPED, attemptsLeft: 1 } },
      ...NEW,
    },
    over: { screen: { name: "application", application: APPLICATION, pin: TYPING, problem: PROBLEMS["enrolment-over"] }, ...NEW },
    renewal: {
      screen: { name: "application", application: APPLICATION, pin: TYPING },
      accounts: [
        account({ id: "before", state: keyState({ expiresAt: NOW + DAY }) }),
        account({ id: "unfinished", renews: "before", state: keyState({ status: "applying", documentNumber: "" }) }),
      ],
      selected: "unfinished",
    },
  },
};
