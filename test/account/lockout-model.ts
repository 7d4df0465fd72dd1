// The lockout held against a reference: a list of the times of wrong PINs, from which everything is computed anew each time.
import fc from "fast-check";
import { expect } from "vitest";
import {
  type Lockout,
  lockoutStatus,
  pay,
  settleReplay,
  settleRight,
  settleWrong,
  UNUSED_LOCKOUT,
} from "../../src/account/lockout.ts";

const HOUR = 3_600_000;

/** What a person would say the state is, given when the PIN was wrong since it was last right. */
function reference(wrongAt: readonly number[], now: number): string {
  if (wrongAt.length >= 9) return "dead";
  const third = wrongAt.length === 3 ? (wrongAt[2] ?? 0) + 3 * HOUR : 0;
  const sixth = wrongAt.length === 6 ? (wrongAt[5] ?? 0) + 24 * HOUR : 0;
  const until = Math.max(third, sixth);
  if (now < until) return `locked until ${until}`;
  return `usable ${3 - (wrongAt.length % 3)}`;
}

function describeStatus(lockout: Lockout, now: number): string {
  const status = lockoutStatus(lockout, now);
  if (status.state === "dead") return "dead";
  return status.state === "locked" ? `locked until ${status.until}` : `usable ${status.attemptsLeft}`;
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ kind: "wrong" as const, wait: 0 }) },
  { weight: 1, arbitrary: fc.constant({ kind: "right" as const, wait: 0 }) },
  { weight: 1, arbitrary: fc.constant({ kind: "replay" as const, wait: 0 }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      wait: fc.oneof(
        fc.integer({ min: 0, max: 25 * HOUR }),
        fc.constantFrom(1, 3 * HOUR - 1, 3 * HOUR, 24 * HOUR - 1, 24 * HOUR),
      ),
    }),
  },
);

/** Runs that many sequences; the number of steps that were compared. Throws where lockout and reference differ. */
export function campaign(size: { readonly runs: number; readonly commands: number }): number {
  let steps = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: size.commands, maxLength: size.commands }), (commands) => {
      let lockout = UNUSED_LOCKOUT;
      let wrongAt: number[] = [];
      let now = 1_000;
      for (const { kind, wait } of commands) {
        steps += 1;
        now += wait;
        if (kind !== "wait" && lockoutStatus(lockout, now).state === "usable") {
          const paid = pay(lockout);
          if (kind === "wrong") [lockout, wrongAt] = [settleWrong(paid, now), [...wrongAt, now]];
          if (kind === "right") [lockout, wrongAt] = [settleRight(), []];
          if (kind === "replay") lockout = settleReplay(lockout);
        }
        expect(describeStatus(lockout, now)).toBe(reference(wrongAt, now));
      }
    }),
    { numRuns: size.runs },
  );
  return steps;
}
