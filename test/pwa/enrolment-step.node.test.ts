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
    const first = keyProgress(NO_PROGRESS, { step: "joining", purpose: "auth" });
    expect(first).toEqual({ auth: "joining", sign: "waiting" });
    const second = keyProgress(first, { step: "generating", purpose: "sign" });
    expect(second).toEqual({ auth: "done", sign: "generating" });
    expect(keyProgress(second, { step: "proven" })).toEqual({ auth: "done", sign: "done" });
  });

  it("from the first on again after a lost network", () => {
    const second = keyProgress(NO_PROGRESS, { step: "generating", purpose: "sign" });
    expect(keyProgress(second, { step: "waiting-for-network" })).toEqual(second);
    expect(keyProgress(second, { step: "generating", purpose: "auth" })).toEqual({ auth: "generating", sign: "waiting" });
  });
});
