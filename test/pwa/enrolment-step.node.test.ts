// A reload at any step of an enrolment leads to the step that the server's state asks for.
import { describe, expect, it } from "vitest";
import { enrolmentStep, keyProgress, NO_PROGRESS } from "../../src/pwa/model/enrolment-step.ts";
import type { KeyState } from "../../src/pwa/model/state.ts";

const owner = { givenName: "MARI", surname: "TAMM", semanticsIdentifier: "PNOEE-50001029996" };
const stateOf = (status: KeyState["status"]): KeyState => ({ status }) as KeyState;

describe("how far an enrolment is", () => {
  it.each([
    ["opened", "identity"],
    ["identified", "choose-pins"],
    ["applying", "application"],
    ["issuing", "issuing"],
    ["active", "active"],
    ["closed", "closed"],
  ] as const)("%s: %s", (status, step) => {
    expect(enrolmentStep(stateOf(status), owner)).toBe(step);
  });

  it("an identity whose acceptance was lost is given again", () => {
    expect(enrolmentStep(stateOf("identified"), undefined)).toBe("identity");
  });
});

describe("how far the keys are", () => {
  it("one after the other", () => {
    const first = keyProgress(NO_PROGRESS, { step: "joining", purpose: "auth", suite: "rsa" });
    expect(first).toEqual({ auth: "joining", sign: "waiting" });
    const second = keyProgress(first, { step: "generating", purpose: "sign", suite: "rsa" });
    expect(second).toEqual({ auth: "done", sign: "generating" });
    expect(keyProgress(second, { step: "proven" })).toEqual({ auth: "done", sign: "done" });
  });

  it("never back within one PIN: all of a further suite is a stage of its own, after the proof of the first", () => {
    const proving = keyProgress(NO_PROGRESS, { step: "proving", purpose: "auth", suite: "rsa" });
    for (const step of ["generating", "joining", "proving"] as const) {
      expect(keyProgress(proving, { step, purpose: "auth", suite: "ed25519" })).toEqual({ auth: "adding", sign: "waiting" });
    }
  });

  it("from the first on again after a lost network", () => {
    const second = keyProgress(NO_PROGRESS, { step: "generating", purpose: "sign", suite: "rsa" });
    expect(keyProgress(second, { step: "waiting-for-network" })).toEqual(second);
    expect(keyProgress(second, { step: "generating", purpose: "auth", suite: "rsa" })).toEqual({
      auth: "generating",
      sign: "waiting",
    });
  });
});
