// What a job transfers: every PIN in it, so that no copy stays on the page.
import { describe, expect, it } from "vitest";
import type { SignedTransaction } from "../../src/protocol/claimed-transaction.ts";
import { pinsOf } from "../../src/pwa/key-work/jobs.ts";

const [first, second] = [new ArrayBuffer(4), new ArrayBuffer(5)];

describe("the buffers of a job", () => {
  it("are both PINs of an enrolment", () => {
    expect(pinsOf({ accountId: "a", pins: { auth: first, sign: second } })).toEqual([first, second]);
  });

  it("are the PIN and the one that it must differ from", () => {
    expect(pinsOf({ purpose: "sign", pin: second, otherPin: first, dateOfBirth: "2000-01-02" })).toEqual([second, first]);
    expect(pinsOf({ purpose: "auth", pin: first })).toEqual([first]);
  });

  it("are the PIN of an approval, and nothing of the request", () => {
    const claimed = { transactionId: "t", offer: { salt: "s" } } as unknown as SignedTransaction;
    expect(pinsOf({ accountId: "a", claimed, pin: first })).toEqual([first]);
  });
});
