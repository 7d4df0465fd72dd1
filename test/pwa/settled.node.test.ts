// What a person is told of an attempt with a PIN that was cut off: confirmed only where the server says so, and never asked to pay for
// an attempt that was made already.
import { describe, expect, it } from "vitest";
import type { Settled } from "../../src/authenticator/channel-client.ts";
import { settledConsequence } from "../../src/pwa/model/settled.ts";
import type { KeyState } from "../../src/pwa/model/state.ts";

const usable = { state: "usable", attemptsLeft: 3, lockedUntil: 0 } as const;
const locked = { state: "locked", attemptsLeft: 0, lockedUntil: 99 } as const;
const dead = { state: "dead", attemptsLeft: 0, lockedUntil: 0 } as const;
const stateWith = (pins: KeyState["pins"]): KeyState => ({ pins }) as KeyState;
const state = stateWith({ auth: usable, sign: usable });

const settledWith = (outcome: Settled["outcome"], received = true): Settled => ({
  request: { requestId: "r", operation: "performSignature", transactionId: "t", oneTimePassword: "o" },
  received,
  outcome,
});
const done = { ok: true, value: { signed: true } } as const;
const wrong = (attemptsLeft: number, lockedUntil: number) =>
  ({ ok: false, failure: { code: "wrong_pin", attemptsLeft, lockedUntil } }) as const;
const about = { accountId: "a" };

describe("an interrupted attempt", () => {
  it("that the server had finished is confirmed", () => {
    expect(settledConsequence(settledWith(done), state, about)).toEqual({
      kind: "screen",
      screen: { name: "outcome", outcome: "confirmed" },
    });
  });

  it("that never arrived is not confirmed: the PIN is asked again", () => {
    expect(settledConsequence(settledWith(done, false), state, about)).toEqual({ kind: "again" });
  });

  it("with a wrong PIN is asked again, with the attempts that are left", () => {
    expect(settledConsequence(settledWith(wrong(1, 0)), state, about)).toEqual({ kind: "again", attemptsLeft: 1 });
  });

  it.each([
    ["auth", stateWith({ auth: locked, sign: usable })],
    ["sign", stateWith({ auth: usable, sign: locked })],
    ["sign", stateWith({ auth: { ...locked, lockedUntil: 98 }, sign: locked })],
  ] as const)("that locked the PIN of %s shows the lock of that one", (purpose, after) => {
    const screen = { name: "locked", accountId: "a", purpose, until: 99 };
    expect(settledConsequence(settledWith(wrong(0, 99)), after, about)).toEqual({ kind: "screen", screen });
  });

  it("that was the last one says that the key is destroyed", () => {
    const after = stateWith({ auth: usable, sign: dead });
    const settled = settledWith({ ok: false, failure: { code: "pin_dead" } });
    expect(settledConsequence(settled, after, about)).toMatchObject({ screen: { name: "dead", purpose: "sign" } });
  });

  it("whose answer is not there any more is neither confirmed nor failed", () => {
    const settled = settledWith({ ok: false, failure: { code: "refused", plaintextHash: "" } });
    expect(settledConsequence(settled, state, about)).toMatchObject({ screen: { name: "outcome", outcome: "interrupted" } });
  });
});
