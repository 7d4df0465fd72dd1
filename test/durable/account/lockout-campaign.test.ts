import { describe, expect, it } from "vitest";
import { enrol, PINS } from "../../support/headless-device.ts";
import { shareOf } from "../../support/handmade-messages.ts";
import { lockoutCampaign } from "./lockout-campaign.ts";

describe("the lockout of an account", () => {
  it("agrees with the reference over ten thousand random events with evictions and crashes", async () => {
    const { storage } = await enrol();
    if (storage.record === undefined) throw new Error("no account");
    const share = await shareOf(storage.record, "auth", PINS.auth);
    const compared = await lockoutCampaign({ record: storage.record, share, runs: 110, eventsInARun: 100 });
    expect(compared).toBeGreaterThanOrEqual(10_000);
  }, 180_000);
});
