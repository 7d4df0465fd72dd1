// The configuration CERTIFICATE_POLICIES.
import { describe, expect, it } from "vitest";
import { DEFAULT_POLICIES, parsePolicies } from "../../src/certificates/policies.ts";

describe("CERTIFICATE_POLICIES", () => {
  it("left empty gives what existing client libraries insist on", () => {
    for (const configuration of ["", "  ", "{}"]) {
      const policies = parsePolicies(configuration);
      expect(policies.auth).toEqual({
        QUALIFIED: ["1.3.6.1.4.1.10015.17.2", "0.4.0.2042.1.2"],
        ADVANCED: ["1.3.6.1.4.1.10015.17.1", "0.4.0.2042.1.1"],
      });
      expect(policies.sign).toEqual({
        QUALIFIED: ["1.3.6.1.4.1.10015.17.2", "0.4.0.194112.1.2"],
        ADVANCED: ["1.3.6.1.4.1.10015.17.1", "0.4.0.2042.1.1"],
      });
      expect(policies.disclosure).toBeUndefined();
    }
  });

  it("changes only what it names", () => {
    const policies = parsePolicies(
      '{"sign":{"QUALIFIED":["1.2.3.4"]},"disclosure":[{"url":"https://a.example/en","language":"en"}]}',
    );
    expect(policies.sign.QUALIFIED).toEqual(["1.2.3.4"]);
    expect(policies.sign.ADVANCED).toEqual(DEFAULT_POLICIES.sign.ADVANCED);
    expect(policies.auth).toEqual(DEFAULT_POLICIES.auth);
    expect(policies.disclosure).toEqual([{ url: "https://a.example/en", language: "en" }]);
  });

  it.each([
    ["no JSON", "{"],
    ["another type", "[]"],
    ["an unknown field", '{"signing":{}}'],
    ["an unknown level", '{"auth":{"QSCD":["1.2.3"]}}'],
    ["an empty list", '{"auth":{"QUALIFIED":[]}}'],
    ["a policy twice", '{"auth":{"QUALIFIED":["1.2.3","1.2.3"]}}'],
    ["what is no object identifier", '{"auth":{"QUALIFIED":["1.2.03"]}}'],
    ["an arc that does not exist", '{"auth":{"QUALIFIED":["3.1.2"]}}'],
    ["a second arc over 39", '{"auth":{"QUALIFIED":["1.40.2"]}}'],
    ["a disclosure statement that is not in English alone", '{"disclosure":[{"url":"https://a.example/et","language":"et"}]}'],
    ["an address that is not ASCII", '{"disclosure":[{"url":"https://ä.example/","language":"en"}]}'],
  ])("is refused, by its name, for %s", (_, configuration) => {
    expect(() => parsePolicies(configuration)).toThrow("CERTIFICATE_POLICIES");
  });
});
