// When a waiting page of the demo bank stops asking.
import { expect, it } from "vitest";
import { goesOn } from "../../src/demo-bank/browser/remaining.ts";

it("a waiting page goes on when there is news, and when trouble outlasts the person's time; otherwise it asks again", () => {
  const at = (now: number) =>
    (["running", "confirmed", "over", "trouble", "woken"] as const).filter((told) => goesOn(told, 1_000, now));
  expect(at(999)).toEqual(["over"]);
  expect(at(1_000)).toEqual(["over", "trouble"]);
});
