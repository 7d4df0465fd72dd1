import { describe, expect, it } from "vitest";
import { SUITES } from "../../../src/account/purpose.ts";
import { enrol, PINS } from "../../support/headless-device.ts";
import { shareOf } from "../../support/handmade-messages.ts";
import { lockoutCampaign } from "./lockout-campaign.ts";

describe("the lockout of an account", () => {
  it("agrees with the reference over ten thousand random events with evictions and crashes, keys of each suite", async () => {
    const { storage } = await enrol();
    const { record } = storage;
    if (record === undefined) throw new Error("no account");
    let compared = 0;
    for (const suite of SUITES) {
      const share = await shareOf(record, "auth", PINS.auth, suite);
      compared += await lockoutCampaign({ record, suite, share, runs: 55, eventsInARun: 100 });
    }
    expect(compared).toBeGreaterThanOrEqual(10_000);
  }, 180_000);
});
