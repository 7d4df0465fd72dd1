// How long a QR code may be seen at the demo bank: never longer than three seconds, whatever the clock does.
import { expect, it } from "vitest";
import { LOOK_EVERY, mayStay, OLDEST_FRAME } from "../../src/demo-bank/browser/frame-age.ts";

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
