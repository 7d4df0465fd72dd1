// The operator's settings: what is told of them, and that a malformed one is refused and not dropped in silence.
import { describe, expect, it } from "vitest";
import { operatorProblem, readOperator } from "../../src/registration/operator.ts";

describe("the operator of a deployment", () => {
  it("has said nothing where settings are absent or empty", () => {
    expect(readOperator({})).toEqual({});
    expect(readOperator({ OPERATOR_NAME: "", OPERATOR_CONTACT: "", OPERATOR_TERMS: "", OPERATOR_PRIVACY: "" })).toEqual({});
    expect(operatorProblem({})).toBeUndefined();
  });

  it("is told as the settings say", () => {
    expect(
      readOperator({
        OPERATOR_NAME: "Example",
        OPERATOR_CONTACT: "tel:+3726001234",
        OPERATOR_TERMS: "https://example.ee/terms",
        OPERATOR_PRIVACY: "https://example.ee/privacy",
      }),
    ).toEqual({
      name: "Example",
      contact: "tel:+3726001234",
      terms: "https://example.ee/terms",
      privacy: "https://example.ee/privacy",
    });
  });

  it.each([
    [
      "OPERATOR_NAME",
      "A\u202eB",
      'OPERATOR_NAME must be one line of at most 100 characters, without characters that are not seen, not "A\u202eB"',
    ],
    [
      "OPERATOR_CONTACT",
      "help@example.ee",
      'OPERATOR_CONTACT must be an https:, mailto: or tel: address in ASCII, not "help@example.ee"',
    ],
    ["OPERATOR_TERMS", "http://example.ee", 'OPERATOR_TERMS must be an https: address in ASCII, not "http://example.ee"'],
    ["OPERATOR_PRIVACY", "mailto:help@example.ee", "OPERATOR_PRIVACY must be an https: address in ASCII"],
  ])("is not told with a malformed %s: what is wrong is said, with its value", (setting, value, problem) => {
    expect(operatorProblem({ [setting]: value })).toContain(problem);
    expect(() => readOperator({ [setting]: value })).toThrow(setting);
  });
});
