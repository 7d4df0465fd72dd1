// Pauses between tries grow, end somewhere, and differ from device to device.
import { expect, it } from "vitest";
import { pauseAfter } from "../../src/pwa/pause.ts";

it("pauses double up to a minute, and half of each is left to chance", () => {
  const longest = [0, 1, 2, 3, 10, 2000].map((failures) => pauseAfter(failures, () => 1));
  expect(longest).toEqual([1_000, 2_000, 4_000, 8_000, 60_000, 60_000]);
  expect(pauseAfter(3, () => 0)).toBe(4_000);
});
