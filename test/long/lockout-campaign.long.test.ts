import { expect, it } from "vitest";
import { SUITES } from "../../src/account/purpose.ts";
import { campaign } from "../account/lockout-model.ts";
import { lockoutCampaign } from "../durable/account/lockout-campaign.ts";
import { enrol, PINS } from "../support/headless-device.ts";
import { shareOf } from "../support/handmade-messages.ts";

const HOURS = 3_600_000;

it(
  "the rules of the lockout agree with the reference over ten million steps",
  () => {
    expect(campaign({ runs: 100_000, commands: 100 })).toBeGreaterThanOrEqual(10_000_000);
  },
  HOURS,
);

it.each(SUITES)(
  "an account's lockout agrees with the reference over a million random events with evictions and crashes, of a key of suite %s",
  async (suite) => {
    const { storage } = await enrol();
    if (storage.record === undefined) throw new Error("no account");
    const share = await shareOf(storage.record, "auth", PINS.auth, suite);
    let compared = 0;
    while (compared < 1_000_000) {
      const seed = Math.floor(Math.random() * 2 ** 31);
      compared += await lockoutCampaign({ record: storage.record, suite, share, runs: 500, eventsInARun: 200, seed });
      // So that a person who watches sees it move, and can repeat a run that failed.
      console.error(`${suite}: ${compared} events compared, last seed ${seed}`);
    }
  },
  4 * HOURS,
);
