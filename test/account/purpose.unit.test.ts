import { expect, it } from "vitest";
import { parseSuites } from "../../src/account/purpose.ts";

it("the suites of new accounts are the main suite and what is named beside it; without a word the main suite alone", () => {
  expect(parseSuites("rsa,ed25519")).toEqual(["rsa", "ed25519"]);
  expect(parseSuites(" ed25519 , rsa,rsa")).toEqual(["rsa", "ed25519"]);
  expect([parseSuites("rsa"), parseSuites(undefined)]).toEqual([["rsa"], ["rsa"]]);
  for (const text of ["", "ed25519", "rsa,", "rsa,RSA", "rsa;ed25519"]) expect(() => parseSuites(text)).toThrow("KEY_SUITES");
});
