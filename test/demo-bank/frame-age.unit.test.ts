// How long a QR code may be seen at the demo bank: never longer than three seconds, whatever the clock does.
import { expect, it } from "vitest";
import { FRAME_EVERY, LOOK_EVERY, madeAt, mayStay, OLDEST_FRAME, untilNext } from "../../src/demo-bank/browser/frame-age.ts";

const NOW = 1_795_000_000_000;

it("a code that stays until the next look at the clock is never seen when it is older than three seconds", () => {
  expect(OLDEST_FRAME).toBe(3_000);
  for (let age = 0; age < 10_000; age += 1) {
    const seenUntil = age + LOOK_EVERY;
    expect(mayStay(NOW, NOW + age), String(age)).toBe(seenUntil < 3_000);
  }
});

it("a clock that was put back, or slept for hours, lets no code stay", () => {
  for (const jump of [-1, -3_600_000, 3_600_000]) expect(mayStay(NOW, NOW + jump), String(jump)).toBe(false);
});

it("a code is as old as the second that stands in it; without a word of that, a whole second older than its request", () => {
  expect([0, 1, 999].map((age) => NOW - madeAt(NOW, age))).toEqual([0, 1, 999]);
  for (const age of [undefined, null, "5", -1, 1_000, Number.NaN]) expect(NOW - madeAt(NOW, age), String(age)).toBe(1_000);
});

it("the next code is asked for when its second has begun, and within little more than one whatever the clock does", () => {
  expect(untilNext(NOW, NOW)).toBeGreaterThan(FRAME_EVERY);
  expect(untilNext(NOW - 999, NOW)).toBeGreaterThan(0);
  expect(untilNext(NOW - 5_000, NOW)).toBe(0);
  for (const jump of [-500, 0, 10, 1_500, 600_000, 1e12]) {
    expect(untilNext(NOW, NOW - jump), String(jump)).toBeLessThan(FRAME_EVERY + 200);
    expect(untilNext(NOW, NOW + jump), String(jump)).toBeGreaterThanOrEqual(0);
  }
});
