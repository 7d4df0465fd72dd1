import { describe, expect, it } from "vitest";
import { lockoutStatus, pay, settleReplay, settleRight, settleWrong, UNUSED_LOCKOUT } from "../../src/account/lockout.ts";
import { campaign } from "./lockout-model.ts";

const HOUR = 3_600_000;

/** The lockout after that many wrong PINs in a row, each as soon as it is possible, and the time of the last. */
function afterWrong(count: number): { lockout: typeof UNUSED_LOCKOUT; now: number } {
  let lockout = UNUSED_LOCKOUT;
  let now = 1_000_000;
  for (let attempt = 0; attempt < count; attempt++) {
    now = Math.max(now, lockout.lockedUntil);
    lockout = settleWrong(pay(lockout), now);
  }
  return { lockout, now };
}

describe("the lockout of a PIN", () => {
  it("counts down from three attempts", () => {
    expect(lockoutStatus(UNUSED_LOCKOUT, 0)).toEqual({ state: "usable", attemptsLeft: 3 });
    expect(lockoutStatus(afterWrong(1).lockout, 0)).toEqual({ state: "usable", attemptsLeft: 2 });
    expect(lockoutStatus(afterWrong(2).lockout, 0)).toEqual({ state: "usable", attemptsLeft: 1 });
  });

  it("locks for 3 hours after the third, for 24 after the sixth, for ever after the ninth", () => {
    const third = afterWrong(3);
    expect(lockoutStatus(third.lockout, third.now)).toEqual({ state: "locked", until: third.now + 3 * HOUR });
    const sixth = afterWrong(6);
    expect(lockoutStatus(sixth.lockout, sixth.now)).toEqual({ state: "locked", until: sixth.now + 24 * HOUR });
    const ninth = afterWrong(9);
    expect(lockoutStatus(ninth.lockout, Number.MAX_SAFE_INTEGER)).toEqual({ state: "dead" });
  });

  it("holds until the last millisecond of a lock and not longer", () => {
    const { lockout, now } = afterWrong(3);
    expect(lockoutStatus(lockout, now + 3 * HOUR - 1).state).toBe("locked");
    expect(lockoutStatus(lockout, now + 3 * HOUR)).toEqual({ state: "usable", attemptsLeft: 3 });
  });

  it("counts a paid attempt even when nothing settled it", () => {
    expect(lockoutStatus(pay(afterWrong(1).lockout), 0)).toEqual({ state: "usable", attemptsLeft: 1 });
  });

  it("forgives everything for a right PIN", () => {
    expect(settleRight()).toEqual(UNUSED_LOCKOUT);
  });

  it("gives a replayed contribution back its own payment and nothing more", () => {
    const { lockout } = afterWrong(2);
    expect(settleReplay(lockout)).toEqual(lockout);
  });

  it("agrees with a reference of twenty lines over random sequences of right, wrong and waiting", () => {
    expect(campaign({ runs: 300, commands: 60 })).toBeGreaterThanOrEqual(10_000);
  });
});
