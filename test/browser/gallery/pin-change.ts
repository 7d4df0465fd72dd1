// New PINs and new keys for an account that stands.
import type { KeyStage, PinChangeEnd } from "../../../src/pwa/model/screen-parts.ts";
import { account, JURIS } from "./people.ts";
import { each, type Picture, type Pictures, type ScreenOf } from "./picture.ts";
import { NOTHING_TYPED, PIN_REFUSALS, PROBLEMS, TYPING } from "./problems.ts";

type Change = ScreenOf<"change-pin">;

const STAGES: Readonly<Record<Change["stage"], true>> = { old: true, choose: true, drawn: true, repeat: true };
const KEY_STAGES: Readonly<Record<KeyStage, true>> = {
  waiting: true,
  generating: true,
  joining: true,
  proving: true,
  adding: true,
  done: true,
};
const ENDS: Readonly<Record<PinChangeEnd, true>> = {
  changed: true,
  added: true,
  "added-one": true,
  "changed-before": true,
  late: true,
  "given-up": true,
};

const TWO = { accounts: [account(), JURIS] };

const change = (part: Partial<Change>): Picture<"change-pin"> => ({
  screen: { name: "change-pin", accountId: "mari", purpose: "sign", stage: "choose", pin: TYPING, ...part },
});
const changing = (part: Partial<ScreenOf<"changing-pin">>): Picture<"changing-pin"> => ({
  screen: {
    name: "changing-pin",
    accountId: "mari",
    purpose: "sign",
    change: "replace",
    stage: "waiting",
    waitsForNetwork: false,
    ...part,
  },
});

export const PIN_CHANGE: Pictures<"change-pin" | "add-keys" | "changing-pin" | "pin-changed"> = {
  "change-pin": {
    ...each(STAGES, (stage) => change({ stage })),
    ...each(PIN_REFUSALS, (refusal) => change({ refusal, stage: refusal === "differs" ? "repeat" : "choose" }), "refused: "),
    "old, wrong": { ...change({ stage: "old", pin: { ...NOTHING_TYPED, attemptsLeft: 1 } }), ...TWO },
    "other window": change({ stage: "old", problem: PROBLEMS["other-window"] }),
  },
  "add-keys": {
    PIN1: { screen: { name: "add-keys", accountId: "mari", purpose: "auth", pin: TYPING } },
    PIN2: {
      screen: { name: "add-keys", accountId: "mari", purpose: "sign", pin: NOTHING_TYPED, problem: PROBLEMS.passkey },
      ...TWO,
    },
  },
  "changing-pin": {
    ...each(KEY_STAGES, (stage) => changing({ stage })),
    "adding to what is there": changing({ change: "add", purpose: "auth", stage: "generating" }),
    "no network": changing({ stage: "proving", waitsForNetwork: true }),
  },
  "pin-changed": each(ENDS, (end): Picture<"pin-changed"> => ({
    screen: { name: "pin-changed", accountId: "mari", purpose: "auth", end },
  })),
};
